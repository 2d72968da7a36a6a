"""Principal components: the directions that hold most of the variance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def principal_components(features: NDArray[np.floating], *, energy: float) -> NDArray[np.float64]:
    """Return features along as few principal components as hold a share of their variance.

    Args:
        features: Shape (N, D), finite.
        energy: Share of the variance, in (0, 1].

    Returns:
        Shape (N, d), centred, d at least 1; one column of zeros where no feature varies.
    """
    centred = features.astype(np.float64)
    centred -= centred.mean(axis=0)
    # Of the smaller of the two Gram matrices: the eigenvectors wanted are those of the largest eigenvalues, which the
    # squared condition number does not harm.
    wide = centred.shape[1] > centred.shape[0]
    values, vectors = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
    values, vectors = np.clip(values[::-1], 0, None), vectors[:, ::-1]
    total = values.sum()
    if total == 0:
        return np.zeros((len(centred), 1))
    num = int(np.searchsorted(np.cumsum(values), min(energy, 1.0) * total)) + 1
    num = min(num, int((values > 0).sum()))
    kept = vectors[:, :num]
    scores: NDArray[np.float64] = kept * np.sqrt(values[:num]) if wide else centred @ kept
    return scores
