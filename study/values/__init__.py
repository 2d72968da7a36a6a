"""Floor 0: values. What is written down and compared; no torch, no ray, no optuna."""
