"""Where texts come from."""

from study.parts.tasks.texts.duplicates import Duplicates, keep_distinct
from study.parts.tasks.texts.text_rows import TextRows

__all__ = ["Duplicates", "TextRows", "keep_distinct"]
