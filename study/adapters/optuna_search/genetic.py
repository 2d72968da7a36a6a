"""NSGA-II whose choice does not depend on how often the process was restarted."""

from __future__ import annotations

import optuna
from optuna.samplers import NSGAIISampler
from optuna.trial import FrozenTrial


class GeneticSampler(NSGAIISampler):
    """Optuna's NSGA-II (Deb et al., 2002), with the parents of a generation always in the order of their numbers.

    Optuna gives the first child of a generation its parents best first, and from then on, from its memory, by number;
    after a restart the first child is another one, and chance picks other parents.
    """

    def select_parent(self, study: optuna.Study, generation: int) -> list[FrozenTrial]:
        """Return the parents of a generation."""
        return sorted(super().select_parent(study, generation), key=lambda trial: trial.number)

    def take_in(self, study: optuna.Study, trial: optuna.Trial) -> None:
        """Count a trial to the generation that is being drawn, whichever sampler drew it."""
        self.get_trial_generation(study, study._storage.get_trial(trial._trial_id))
