"""A space that can draw some of what studies made up for tests have tried."""


def without_widest_heads(trial, arm):
    return {
        "freezing_depth": trial.suggest_int("freezing_depth", 0, 2),
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-4, 1e-1, log=True),
        "backbone_learning_rate": 1e-4,
        "batch_size": 32,
        "optimizer": trial.suggest_categorical("optimizer", ["adamw", "sgd"]),
        "head_depth": trial.suggest_int("head_depth", 0, 2),
        "head_width": trial.suggest_int("head_width", 64, 256),
    }
