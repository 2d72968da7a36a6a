"""Floor 1: parts. Tasks, backbones, heads, objectives, metrics; torch, no ray, no optuna."""
