"""Floor 2: learning. Model, features, optimisation, checkpoint, loop and evaluation; no ray."""
