"""Configurations proposed by Optuna, one study an arm."""

from study.adapters.optuna_search.probing import space_problems
from study.adapters.optuna_search.search_source import SearchSource
from study.adapters.optuna_search.storage import open_storage, storage_label

__all__ = ["SearchSource", "open_storage", "space_problems", "storage_label"]
