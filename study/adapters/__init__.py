"""Floor 4: adapters. Trial to Ray Tune, Optuna to trials, records to files, TensorBoard and progress."""
