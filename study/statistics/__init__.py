"""Between values and parts: statistics. How sure a comparison is; numpy and scipy, no torch, no pandas."""
