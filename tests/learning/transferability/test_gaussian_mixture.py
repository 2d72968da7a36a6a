"""The mixture: as likely as another implementation's, and proof against points that coincide."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from study.learning.transferability.gaussian_mixture import posterior
from study.learning.transferability.principal_components import principal_components


def test_clusters_are_told_apart_as_by_scikit_learn():
    rng = np.random.default_rng(0)
    centres = np.array([[0.0, 0, 0], [6, 0, 0], [0, 7, 1]])
    owners = np.arange(300) % 3
    points = centres[owners] + rng.normal(size=(300, 3)) * np.array([1.0, 0.5, 1.5])
    ours = posterior(points, 3, seed=1)
    theirs = GaussianMixture(3, covariance_type="diag", tol=1e-6, n_init=5, random_state=0).fit(points)
    theirs = theirs.predict_proba(points)
    order = [int((ours.T @ theirs)[number].argmax()) for number in range(3)]
    assert sorted(order) == [0, 1, 2]
    assert np.abs(ours - theirs[:, order]).max() < 0.05
    assert ours.sum(axis=1) == pytest.approx(np.ones(300))


@pytest.mark.parametrize("points", [np.zeros((10, 2)), np.eye(2)[np.arange(10) % 2]])
def test_more_components_than_distinct_points_is_no_reason_for_nan(points):
    shares = posterior(points, 6, seed=0)
    assert np.isfinite(shares).all()
    assert shares.sum(axis=1) == pytest.approx(np.ones(10))


@pytest.mark.parametrize(("num", "width"), [(50, 8), (8, 50)])
def test_principal_components_are_scikit_learns_but_for_their_signs(num, width):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(num, width)) * np.linspace(1, 9, width) + 5
    ours = principal_components(features, energy=0.8)
    theirs = PCA(n_components=0.8, svd_solver="full").fit_transform(features)
    assert ours.shape == theirs.shape
    assert np.abs(ours) == pytest.approx(np.abs(theirs), abs=1e-8)
