"""Backbones: models cut into ordered stages, input first."""
