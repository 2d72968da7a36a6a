"""Resolve `package.module:function` and `path/to/file.py:function`, the two ways a person names own code."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from pathlib import Path
from types import ModuleType
from typing import Any

from study.values.problems import InputError, unknown_name


def is_reference(name: str) -> bool:
    """Whether `name` reads as a reference to a function: a module or a .py file, a colon, an identifier."""
    module, colon, function = name.rpartition(":")
    if not colon or not function.isidentifier():
        return False
    return module.endswith(".py") or all(part.isidentifier() for part in module.split("."))


def resolve(reference: str, *, root: Path) -> Callable[..., Any]:
    """Import what `reference` names.

    Args:
        reference: `package.module:function`, or `file.py:function` with the file relative to `root`.
        root: Folder of the spec; modules beside the spec are importable too.

    Raises:
        InputError: If the module, file or function is not there, or importing it raises.
    """
    if not is_reference(reference):
        raise InputError(
            f"{reference!r} is no reference to a function; write package.module:function or file.py:function"
        )
    module_name, _, function_name = reference.rpartition(":")
    module = _load_file(root / module_name) if module_name.endswith(".py") else _load_module(module_name, root)
    if not hasattr(module, function_name):
        names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        raise InputError(unknown_name(function_name, names, what=f"function of {module_name}"))
    found = getattr(module, function_name)
    if not callable(found):
        raise InputError(f"{reference!r} is a {type(found).__name__}, not a function")
    return found  # type: ignore[no-any-return]


def check_options(
    function: Callable[..., Any], options: Mapping[str, Any], *, reserved: set[str], what: str
) -> list[str]:
    """Return what is wrong with calling `function` with `options` as keyword arguments.

    Args:
        function: Its parameters, less `reserved`, are the options allowed.
        options: What the person gave.
        reserved: Parameters that the system fills in itself.
        what: Whose options these are, for the message.
    """
    parameters = signature(function).parameters
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return []
    allowed = [name for name in parameters if name not in reserved]
    wrong = [unknown_name(name, allowed, what=f"option of {what}") for name in options if name not in allowed]
    missing = [
        f"{what} needs the option {name!r}"
        for name in allowed
        if parameters[name].default is Parameter.empty and name not in options
    ]
    return wrong + missing


def _load_module(name: str, root: Path) -> ModuleType:
    folder = str(root.resolve())
    if folder not in sys.path:
        # After everything installed: a file beside the spec must not shadow a library.
        sys.path.append(folder)
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"cannot import {name!r}: {error}; looked in {root} and the installed packages") from error
    except Exception as error:
        raise InputError(f"importing {name!r} raised {type(error).__name__}: {error}") from error


def _load_file(path: Path) -> ModuleType:
    path = path.resolve()
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    # The path's hash keeps two files of one name apart; the stem keeps tracebacks readable.
    name = f"_study_file_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}_{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"cannot import {path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise InputError(f"importing {path} raised {type(error).__name__}: {error}") from error
    return module
