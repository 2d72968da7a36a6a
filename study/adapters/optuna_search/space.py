"""A search space: a person's define-by-run function, asked for one configuration at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError

from study.values.arm import ArmFacts
from study.values.hyperparameters import Hyperparameters, check_hyperparameters
from study.values.importing import resolve
from study.values.problems import InputError, Problem


@dataclass(frozen=True)
class Space:
    """A function from an Optuna trial and an arm's facts to a dict of hyperparameters."""

    reference: str
    """As the spec names it."""
    function: Callable[[optuna.Trial, ArmFacts], Any]

    @classmethod
    def load(cls, reference: str, root: Path) -> Space:
        """Import a space.

        Args:
            reference: `package.module:function` or `file.py:function`.
            root: Folder of the spec.

        Raises:
            InputError: If it is not there, or does not take a trial and an arm.
        """
        function = resolve(reference, root=root)
        try:
            signature(function).bind("trial", "arm")
        except (TypeError, ValueError) as error:
            raise InputError(
                f"space {reference} must take two arguments, (trial, arm), as search_spaces.fine_tuning does: {error}"
            ) from None
        return cls(reference, function)

    def suggest(self, trial: optuna.Trial, facts: ArmFacts) -> Hyperparameters:
        """Return the configuration that the space suggests.

        Args:
            trial: What its parameters are drawn from.
            facts: The arm's.

        Raises:
            InputError: If the space raises, or what it returns is no configuration of the arm; names the space.
        """
        try:
            suggested = self.function(trial, facts)
        except StorageInternalError:
            raise  # the database's fault, not the space's
        except InputError as error:
            raise InputError([Problem(message=f"space {self.reference}: {p}") for p in error.problems]) from error
        except Exception as error:
            raise InputError(
                f"space {self.reference} raised {type(error).__name__} for arm {facts.arm}: {error}"
            ) from error
        values = check_hyperparameters(
            suggested,
            num_stages=facts.num_stages,
            tasks=facts.tasks,
            space=self.reference,
            poolings=facts.poolings,
            inputs=facts.inputs,
        )
        low, high = facts.min_freezing_depth, facts.max_freezing_depth
        if not low <= values.freezing_depth <= high:
            allowed = f"{low}" if low == high else f"{low}..{high}"
            raise InputError(
                f"space {self.reference}: freezing_depth = {values.freezing_depth}, but {facts.arm} allows {allowed}"
            )
        return values
