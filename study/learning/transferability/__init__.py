"""Transferability: how well features of a model that was never trained on a task fit the task."""

from study.learning.transferability.h_score import h_score
from study.learning.transferability.knn import KnnAccuracy, knn_accuracy
from study.learning.transferability.leep import leep, nleep
from study.learning.transferability.logme import logme, logme_of_numbers
from study.learning.transferability.scores import SCORES, Score

__all__ = ["SCORES", "KnnAccuracy", "Score", "h_score", "knn_accuracy", "leep", "logme", "logme_of_numbers", "nleep"]
