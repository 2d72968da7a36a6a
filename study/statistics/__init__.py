"""Above floor 0, below parts: statistics. How sure a comparison is, from predictions and scores; numpy and scipy, no torch, no pandas."""
