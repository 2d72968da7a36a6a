"""The protocols: in what way a backbone is put to a task."""

from __future__ import annotations

from enum import Enum


class Protocol(str, Enum):
    """How an arm adapts its backbone."""

    FINE_TUNING = "fine_tuning"
    """Pretrained weights, a new head, the first k stages frozen; k is searched (0..S)."""
    LINEAR_PROBE = "linear_probe"
    """Fine-tuning with all S stages frozen: only the head is trained."""
    FROM_SCRATCH = "from_scratch"
    """Fine-tuning from random weights with nothing frozen: what pretraining is compared with."""
    SHARED_REPRESENTATION = "shared_representation"
    """One backbone for all tasks, a head a task; minimises sum_t w_t L_t(f(x; theta, phi_t), y_t)."""

    @property
    def is_multi_task(self) -> bool:
        """Whether one arm trains all tasks together."""
        return self is Protocol.SHARED_REPRESENTATION

    @property
    def summary(self) -> str:
        """One line for listings."""
        return _SUMMARIES[self]

    @property
    def default_space(self) -> str:
        """Search space used when the spec names none, as `package.module:function`."""
        return _DEFAULT_SPACES[self]

    def freezing_depths(self, num_stages: int, *, pretrained: bool) -> tuple[int, int]:
        """Return the smallest and largest freezing depth that make sense, both inclusive.

        Args:
            num_stages: S, the backbone's number of stages.
            pretrained: Whether its weights come from pretraining. Random weights are worth freezing
                only in a linear probe, where they are the baseline of random features.
        """
        if self is Protocol.LINEAR_PROBE:
            return num_stages, num_stages
        if self is Protocol.FROM_SCRATCH or not pretrained:
            return 0, 0
        return 0, num_stages


_SUMMARIES = {
    Protocol.FINE_TUNING: "pretrained weights, a new head, the first k stages frozen (k searched, 0..S)",
    Protocol.LINEAR_PROBE: "the baseline with every stage frozen: only the head is trained",
    Protocol.FROM_SCRATCH: "the baseline with random weights: nothing frozen, all of it trained",
    Protocol.SHARED_REPRESENTATION: "one shared backbone, a head a task, weighted sum of the tasks' losses",
}

_DEFAULT_SPACES = {
    Protocol.FINE_TUNING: "search_spaces.fine_tuning:fine_tuning",
    Protocol.LINEAR_PROBE: "search_spaces.linear_probe:linear_probe",
    Protocol.FROM_SCRATCH: "search_spaces.fine_tuning:fine_tuning",
    Protocol.SHARED_REPRESENTATION: "search_spaces.shared_representation:shared_representation",
}
