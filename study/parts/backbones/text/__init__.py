"""Text encoders of Hugging Face `transformers`, cut into embeddings and encoder layers."""

from study.parts.backbones.text.encoder_source import EncoderSource, TransformersSource

__all__ = ["EncoderSource", "TransformersSource"]
