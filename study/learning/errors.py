"""What goes wrong while learning, that is a result rather than a fault of the system."""


class TrainingError(RuntimeError):
    """Training cannot go on, such as a loss that is no longer finite; the message says where and why."""
