"""Divide examples into train, validation and test: at random, stratified, and the same for every arm of a study."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import MISSING, Labels
from study.parts.tasks.task import Splits
from study.values.seeds import derive_seed
from study.values.spec import SplitSpec

Positions = NDArray[np.int64]

_LARGE_COMBINATION = 3
"""From how many examples on a joint combination of labels is always trained on."""


def split_examples(
    labels: Sequence[Labels],
    own_split: NDArray[np.str_] | None,
    spec: SplitSpec,
    limit: int | None,
    seed: int,
    validation_seed: int | None = None,
    outer: float = 0.0,
) -> Splits:
    """Return a split stratified by all targets' labels jointly; depends on its arguments alone.

    The data set's own test and validation examples stay what they are. A split it does not bring is drawn from its
    training examples, as the spec's share of them; a data set without any split counts as training examples only.
    Of what is drawn, a class never ends up outside train alone, however few examples it has. An example without a
    label stays: "none" is stratified like a class.

    The outer split is drawn before validation, so that it stays what it is where validation is drawn anew; of test and
    validation it takes nothing away. All three give examples back that training cannot do without, the outer one first.

    Examples are put in order of their joint labels, at random within equal ones, and every k-th is drawn: each
    combination then gets its share to within one example, and rare combinations share with their neighbours. Numbers
    count by the tenth of all that they are in; of labels of which an example has any number each counts as a target.

    Args:
        labels: Of every target on this data, one or more, each of shape (N,).
        own_split: Split of each example, shape (N,), or None.
        spec: Shares.
        limit: Draw only that many examples first, stratified by own split and joint labels.
        seed: Root of the random order.
        validation_seed: Of the validation split, where that is to be drawn anew and test to stay; `seed` if None.
        outer: Share of the training examples, as they would be without it, to be set aside; none where 0.

    Returns:
        Sorted positions below N. A split may come out empty: that is for `split_problems` to say.
    """
    codes = np.vstack([target.strata for target in labels])
    own = np.full(codes.shape[1], "train") if own_split is None else own_split
    examples = np.arange(codes.shape[1], dtype=np.int64)
    if limit is not None and limit < len(examples):
        by_split = np.unique(own, return_inverse=True)[1]
        examples = draw_stratified(examples, np.vstack([by_split, codes]), limit, derive_seed(seed, "limit"))
    train = examples[own[examples] == "train"]
    validation = examples[own[examples] == "validation"]
    test = examples[own[examples] == "test"]
    rest = train
    if not len(test):
        test = draw_stratified(rest, codes, _share(len(train), spec.test), derive_seed(seed, "test"))
        rest = np.setdiff1d(rest, test)
    num_drawn = 0 if len(validation) else _share(len(train), spec.validation)
    aside = draw_stratified(rest, codes, _share(max(0, len(rest) - num_drawn), outer), derive_seed(seed, "outer"))
    rest = np.setdiff1d(rest, aside)
    if not len(validation):
        validation_root = derive_seed(seed if validation_seed is None else validation_seed, "validation")
        validation = draw_stratified(rest, codes, num_drawn, validation_root)
        rest = np.setdiff1d(rest, validation)
    rest = _complete(rest, aside, codes)
    rest = _complete(rest, np.setdiff1d(train, rest), codes)
    return Splits(
        train=rest,
        validation=np.setdiff1d(validation, rest),
        test=np.setdiff1d(test, rest),
        outer=np.setdiff1d(aside, rest) if outer else None,
    )


def _share(num_examples: int, share: float) -> int:
    return int(num_examples * share + 0.5)


def draw_stratified(pool: Positions, keys: NDArray[np.int64], count: int, seed: int) -> Positions:
    """Return `count` positions of `pool`, sorted, spread evenly over the order that `keys` (first row first) give."""
    count = min(count, len(pool))
    if count == 0:
        return pool[:0]
    generator = np.random.default_rng(seed)
    shuffled = generator.permutation(pool)
    ordered = shuffled[np.lexsort(keys[::-1, shuffled])]
    # Whole numbers throughout: rounding could draw one position twice.
    places = (np.arange(count) * len(pool) + generator.integers(len(pool))) // count
    return np.sort(ordered[places])


def _complete(train: Positions, drawn: Positions, codes: NDArray[np.int64]) -> Positions:
    """Return `train` with an example moved back of each class, and of each larger combination, that it lacks."""
    for values in codes:
        wanted = np.unique(values[drawn][values[drawn] != MISSING])
        train, drawn = _move_back(train, drawn, values, wanted)
    joint = np.unique(codes, axis=1, return_inverse=True)[1].reshape(-1)
    pool = np.concatenate([train, drawn])
    found, counts = np.unique(joint[pool], return_counts=True)
    train, _ = _move_back(train, drawn, joint, found[counts >= _LARGE_COMBINATION])
    return train


def _move_back(
    train: Positions, drawn: Positions, values: NDArray[np.int64], wanted: NDArray[np.int64]
) -> tuple[Positions, Positions]:
    lacking = np.setdiff1d(wanted, values[train])
    moved = np.array([drawn[values[drawn] == value][0] for value in lacking], dtype=np.int64)
    return np.union1d(train, moved), np.setdiff1d(drawn, moved)
