"""Optuna's database storage with fewer statements and commits: a trial, or several changes, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from optuna.storages._rdb import models  # Optuna's tables; it has no public way to write a row of each
from optuna.trial import FrozenTrial
from sqlalchemy import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from study.adapters.optuna_search.asked_file import AskedFile


class BatchingStorage(RDBStorage):
    """Writes what Optuna's own storage writes and reads it as that does."""

    asked: AskedFile | None = None
    """Where trials are written down too, for a database that is a file in the study directory."""

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Add a trial and return its id.

        Optuna's own asks the database twice a parameter whether it fits those of earlier trials, which the study in
        memory has checked. One that has values is left to it.

        Raises:
            StorageInternalError: If the database fails.
        """
        if template_trial is None or template_trial.values is not None or template_trial.intermediate_values:
            return super().create_new_trial(study_id, template_trial)
        session = self.scoped_session()
        try:
            with session.begin():
                # Numbers are counted, so two writers may not do it at once.
                models.StudyModel.find_or_raise_by_id(study_id, session, for_update=True)
                return _insert(session, study_id, template_trial)
        except SQLAlchemyError as error:
            raise StorageInternalError(f"a trial could not be written: {error}") from error
        finally:
            session.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that is written inside the block."""
        with self.engine.begin() as connection:
            self.scoped_session.remove()
            self.scoped_session.configure(bind=connection)
            try:
                yield
            finally:
                self.scoped_session.remove()
                self.scoped_session.configure(bind=self.engine)


@contextmanager
def together(storage: BaseStorage) -> Iterator[None]:
    """Make one transaction of all that is written inside the block, where the storage can."""
    if isinstance(storage, BatchingStorage):
        with storage.together():
            yield
    else:
        yield


def _insert(session: Session, study_id: int, trial: FrozenTrial) -> int:
    row = models.TrialModel(
        study_id=study_id,
        state=trial.state,
        datetime_start=trial.datetime_start,
        datetime_complete=trial.datetime_complete,
    )
    session.add(row)
    session.flush()
    row.number = row.count_past_trials(session)
    params = [
        {
            "trial_id": row.trial_id,
            "param_name": name,
            "param_value": trial.distributions[name].to_internal_repr(value),
            "distribution_json": distribution_to_json(trial.distributions[name]),
        }
        for name, value in trial.params.items()
    ]
    # A statement a table: an object a row costs several times as much.
    for table, rows in (
        (models.TrialParamModel, params),
        (models.TrialUserAttributeModel, _attributes(int(row.trial_id), trial.user_attrs)),
        (models.TrialSystemAttributeModel, _attributes(int(row.trial_id), trial.system_attrs)),
    ):
        if rows:
            session.execute(insert(table), rows)
    return int(row.trial_id)


def _attributes(trial_id: int, attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"trial_id": trial_id, "key": key, "value_json": json.dumps(value)} for key, value in attributes.items()]
