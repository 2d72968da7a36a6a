from __future__ import annotations

import traceback
from pathlib import Path

import optuna
import pytest

from study.adapters.optuna_search import open_storage, storage_label
from study.values.problems import InputError

SECRET = "hunter2"


@pytest.mark.parametrize("name", ["plain", "with space", "a#b", "a%20b", "{x}", "ü", "a@b:c"])
def test_a_file_in_any_study_directory(tmp_path: Path, name: str) -> None:
    directory = tmp_path / name
    first = optuna.create_study(study_name="s", storage=open_storage(None, directory))
    first.add_trial(optuna.trial.create_trial(value=1.0))
    assert (directory / "optuna.db").is_file()
    again = optuna.load_study(study_name="s", storage=open_storage(None, directory))
    assert [trial.value for trial in again.trials] == [1.0]


def test_one_file_holds_it_all_so_that_it_can_be_copied_at_any_moment(tmp_path: Path) -> None:
    study = optuna.create_study(study_name="s", storage=open_storage(None, tmp_path))
    study.ask()
    assert [path.name for path in tmp_path.iterdir()] == ["optuna.db"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"redis://me:{SECRET}@host/0", "unknown kind of database; allowed: postgresql, mysql, sqlite"),
        (f"postgres://me:{SECRET}@host/db", "unknown kind of database"),
        (f"mysql+nosuchdriver://me:{SECRET}@host/db", "unknown kind of database"),
        (f"postgresql+psycopg2://me:{SECRET}@host:port/db", "postgresql+psycopg2://... is no database URL"),
        (f"me:{SECRET}@host", "is no database URL"),
        ("sqlite:////no/such/folder/x.db", "unable to open database file"),
        ("sqlite://", "lost with the process"),
        ("sqlite:///:memory:", "lost with the process"),
    ],
)
def test_an_unusable_url_says_why_without_its_password(tmp_path: Path, url: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        open_storage(url, tmp_path)
    assert said in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("scheme", "module"),
    [("postgresql+psycopg2", "psycopg2"), ("mysql+mysqldb", "MySQLdb"), ("mysql+pymysql", "pymysql")],
)
def test_a_missing_driver_or_server_is_named_without_the_password(tmp_path: Path, scheme: str, module: str) -> None:
    # Where the driver happens to be installed, nobody listens on that port, and that is what is said.
    with pytest.raises(InputError, match=rf"{module} is not installed|cannot be used") as caught:
        open_storage(f"{scheme}://me:{SECRET}@127.0.0.1:9/db?password={SECRET}", tmp_path)
    assert f"{scheme}://me:***@127.0.0.1:9/db" in str(caught.value)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "optuna.db").write_text("not a database, but some text that is long enough to have a header")
    with pytest.raises(InputError, match=r"optuna\.db cannot be used.*not a database"):
        open_storage(None, tmp_path)


def test_labels() -> None:
    assert storage_label(None) == "optuna.db"
    assert storage_label("mysql://me:p%40w@host:1/db?ssl_password=x") == "mysql://me:***@host:1/db"
    assert storage_label("sqlite:////tmp/x.db") == "sqlite:////tmp/x.db"
    assert SECRET not in storage_label(f"postgresql://me:{SECRET}@host:port/db")
    assert SECRET not in storage_label(SECRET)
