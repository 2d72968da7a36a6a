"""The scheduler of a sweep: that of the phase it is in."""

from __future__ import annotations

from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler

from study.adapters.tune.phase import Phases


class PhaseScheduler(FIFOScheduler):  # type: ignore[misc]
    """Lets the brackets of the current phase decide, and lets go of what runs when time is up or the sweep ends."""

    def __init__(self, phases: Phases) -> None:
        """Follow the phases of a sweep."""
        super().__init__()
        self._phases = phases

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """Pass on."""
        self._phases.current.brackets.on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Let the brackets decide."""
        decision = self._phases.current.brackets.on_trial_result(tune_controller, trial, result)
        return str(self.STOP) if self._phases.are_stopping else decision

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """Pass on."""
        self._phases.current.brackets.on_trial_complete(tune_controller, trial, result)

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        """Pass on."""
        self._phases.current.brackets.on_trial_remove(tune_controller, trial)

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        """Return the next in order; stop what runs if the phase's time is up, and what has not begun if the sweep is to
        end: it can be resumed."""
        if self._phases.nothing_begins:
            controller = getattr(tune_controller, "_tune_controller", tune_controller)
            for trial in controller.get_live_trials():
                if self._phases.current.time_is_up or trial.status != Trial.RUNNING:
                    controller.request_stop_trial(trial)
        return super().choose_trial_to_run(tune_controller)
