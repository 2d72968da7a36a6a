"""Configurations proposed by Optuna, one study an arm."""

from study.adapters.optuna_search.probing import space_problems
from study.adapters.optuna_search.sampler_problems import sampler_problems
from study.adapters.optuna_search.search_source import SearchSource
from study.adapters.optuna_search.soundness import check_rebuildable, file_damage, rebuild_storage, storage_damage
from study.adapters.optuna_search.storage import open_storage, storage_label

__all__ = [
    "SearchSource",
    "check_rebuildable",
    "file_damage",
    "open_storage",
    "rebuild_storage",
    "sampler_problems",
    "space_problems",
    "storage_damage",
    "storage_label",
]
