"""Progress of a running study in the terminal."""
