"""Packs: heads of several trials on the same frozen features, trained side by side as one batched program."""

from study.learning.pack.learner import PackLearner, pack_key

__all__ = ["PackLearner", "pack_key"]
