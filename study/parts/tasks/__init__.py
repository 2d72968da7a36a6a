"""Tasks: data, labels and splits."""
