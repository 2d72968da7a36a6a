"""Floor 6: faces. The command line."""
