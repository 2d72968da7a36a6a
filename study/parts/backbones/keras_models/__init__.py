"""Backbones from models of Keras, run on its torch backend. Keras is imported only where one is asked for."""

from study.parts.backbones.keras_models.keras_backbone import KerasBackbone
from study.parts.backbones.keras_models.keras_source import PREFIX, KerasSource

__all__ = ["PREFIX", "KerasBackbone", "KerasSource"]
