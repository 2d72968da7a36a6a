"""Find which pretrained model, adapted how, generalizes best on your tasks, and how sure that is."""

__version__ = "0.1.0"
