from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from study.parts.tasks.data import MISSING, Labels
from study.parts.tasks.split_checks import split_problems, target_problems
from study.parts.tasks.splits import split_examples
from study.parts.tasks.task import Splits
from study.values.spec import SplitSpec


def make_labels(values, num_classes=None):
    values = np.asarray(values, dtype=np.int64)
    return Labels(values=values, classes=tuple(f"c{i}" for i in range(num_classes or int(values.max()) + 1)))


def parts(splits):
    return {"train": splits.train, "validation": splits.validation, "test": splits.test}


def equal(one, other):
    return all(np.array_equal(parts(one)[name], parts(other)[name]) for name in parts(one))


@st.composite
def cases(draw):
    num_examples = draw(st.integers(1, 80))
    columns = draw(st.lists(st.integers(1, 12), min_size=1, max_size=3))
    labels = [
        make_labels(draw(st.lists(st.integers(-1, k - 1), min_size=num_examples, max_size=num_examples)), k)
        for k in columns
    ]
    names = st.sampled_from(["train", "validation", "test"])
    own = draw(st.none() | st.lists(names, min_size=num_examples, max_size=num_examples))
    validation = draw(st.floats(0.05, 0.6))
    spec = SplitSpec(validation=validation, test=draw(st.floats(0.05, 0.99 - validation)))
    limit = draw(st.none() | st.integers(1, 100))
    return labels, None if own is None else np.array(own), spec, limit, draw(st.integers(0, 2**31 - 1))


@settings(deadline=None)
@given(cases())
def test_any_split_is_disjoint_covering_repeatable_and_trainable(case):
    labels, own, _, limit, _ = case
    splits = split_examples(*case)
    together = np.concatenate(list(parts(splits).values()))
    num_examples = len(labels[0].values)
    assert len(np.unique(together)) == len(together) == min(num_examples, limit or num_examples)
    assert all(np.array_equal(part, np.unique(part)) for part in parts(splits).values())
    assert equal(splits, split_examples(*case))
    if own is not None:
        for name, positions in parts(splits).items():
            if name == "train":
                assert (own[positions] == "train").all()
            elif (own[together] == name).any():
                assert (own[positions] == name).all()
            else:
                assert (own[positions] == "train").all()
    else:
        for target in labels:
            seen = np.union1d(target.values[splits.validation], target.values[splits.test])
            assert set(seen) - {MISSING} <= set(target.values[splits.train])
        joint = [tuple(target.values[i] for target in labels) for i in range(num_examples)]
        drawn = [joint[i] for i in together]
        trained = {joint[i] for i in splits.train}
        assert all(combination in trained for combination in set(drawn) if drawn.count(combination) >= 3)


def test_joint_combinations_keep_their_shares():
    generator = np.random.default_rng(1)
    first = (generator.random(2000) < 0.3).astype(int)
    second = (generator.random(2000) < 0.1 + 0.5 * first).astype(int) + (generator.random(2000) < 0.2)
    second[generator.random(2000) < 0.05] = MISSING
    splits = split_examples(
        [make_labels(first), make_labels(second)], None, SplitSpec(validation=0.15, test=0.25), None, 3
    )
    assert {name: len(part) for name, part in parts(splits).items()} == {"train": 1200, "validation": 300, "test": 500}
    joint = first * 10 + second
    for combination in np.unique(joint):
        count = (joint == combination).sum()
        for part, share in ((splits.train, 0.6), (splits.validation, 0.15), (splits.test, 0.25)):
            assert abs((joint[part] == combination).sum() - share * count) <= 2


def test_another_seed_gives_another_split():
    labels = [make_labels(np.arange(200) % 4)]
    one, other = (split_examples(labels, None, SplitSpec(), None, seed) for seed in (0, 1))
    assert not np.array_equal(one.test, other.test)
    assert not np.array_equal(one.validation, other.validation)


def test_every_example_is_drawn_equally_often():
    labels = [make_labels([0] * 37 + [1] * 23)]
    drawn = np.zeros(60)
    for seed in range(600):
        drawn[split_examples(labels, None, SplitSpec(validation=0.25, test=0.25), None, seed).test] += 1
    # 600 draws at 1/4: standard deviation 10.6, so 5 of them on either side.
    assert drawn.min() > 97
    assert drawn.max() < 203


OWN = np.array(["train"] * 60 + ["test"] * 20 + ["validation"] * 20)


@pytest.mark.parametrize(
    ("own", "sizes"),
    [
        (None, (60, 20, 20)),
        (np.array(["train"] * 100), (60, 20, 20)),
        (OWN, (60, 20, 20)),
        (np.where(OWN == "validation", "train", OWN), (64, 16, 20)),
        (np.where(OWN == "test", "train", OWN), (64, 20, 16)),
    ],
)
def test_a_split_the_data_lacks_is_carved_from_train(own, sizes):
    splits = split_examples([make_labels(np.arange(100) % 2)], own, SplitSpec(), None, 0)
    assert tuple(len(part) for part in parts(splits).values()) == sizes
    if own is not None and "test" in own:
        assert splits.test.tolist() == np.flatnonzero(own == "test").tolist()


@settings(deadline=None)
@given(cases(), st.floats(0.05, 0.9))
def test_what_is_set_aside_comes_from_train_and_leaves_every_class_there(case, share):
    labels, own, _, limit, _ = case
    splits = split_examples(*case, outer=share)
    whole = [*parts(splits).values(), splits.outer]
    together = np.concatenate(whole)
    num_examples = len(labels[0].values)
    assert len(np.unique(together)) == len(together) == min(num_examples, limit or num_examples)
    if own is not None:
        assert (own[splits.outer] == "train").all()
    for target in labels:
        assert set(target.values[splits.outer]) - {MISSING} <= set(target.values[splits.train])


@pytest.mark.parametrize(
    ("own", "sizes"),
    [
        (None, (45, 20, 20, 15)),
        (OWN, (45, 20, 20, 15)),
        (np.where(OWN == "validation", "train", OWN), (48, 16, 20, 16)),
    ],
)
def test_a_share_of_what_would_be_trained_on_is_set_aside(own, sizes):
    labels = [make_labels(np.arange(100) % 2)]
    splits = split_examples(labels, own, SplitSpec(), None, 0, outer=0.25)
    assert tuple(map(len, (*parts(splits).values(), splits.outer))) == sizes
    assert labels[0].values[splits.outer].mean() == pytest.approx(0.5, abs=0.05)
    without = split_examples(labels, own, SplitSpec(), None, 0)
    assert without.outer is None
    np.testing.assert_array_equal(without.test, splits.test)
    anew = split_examples(labels, own, SplitSpec(), None, 0, validation_seed=1, outer=0.25)
    np.testing.assert_array_equal(anew.outer, splits.outer)
    assert own is OWN or not np.array_equal(anew.validation, splits.validation)


def test_an_outer_split_without_an_example_is_a_problem():
    splits = split_examples([make_labels(np.arange(10) % 2)], None, SplitSpec(), None, 0, outer=0.01)
    [problem] = split_problems(splits, data="mine")
    assert problem.message == (
        "the outer split of mine is empty (train 6, validation 2, test 2, outer 0); search.outer sets too little aside"
    )


def test_a_limit_keeps_shares_of_own_splits_and_classes():
    labels = make_labels((np.arange(1000) % 10 < 3).astype(int))
    own = np.where(np.arange(1000) < 800, "train", "test")
    splits = split_examples([labels], own, SplitSpec(), 100, 0)
    assert tuple(len(part) for part in parts(splits).values()) == (64, 16, 20)
    assert labels.values[splits.test].sum() == pytest.approx(6, abs=1)
    assert labels.values[splits.train].sum() == pytest.approx(19, abs=1)


def test_a_rare_class_is_trained_on_rather_than_only_tested():
    values = np.zeros(50, int)
    values[[7, 30]] = 1, 2
    for seed in range(20):
        splits = split_examples([make_labels(values)], None, SplitSpec(), None, seed)
        assert {7, 30} <= set(splits.train.tolist())


def make_splits(train, validation, test):
    return Splits(train=np.array(train, int), validation=np.array(validation, int), test=np.array(test, int))


def test_an_empty_split_is_a_problem():
    said = [str(problem) for problem in split_problems(make_splits([0, 1], [], [2]), data="mine", limit=10)]
    assert said == [
        "split: the validation split of mine is empty (train 2, validation 0, test 1); limit keeps 10 examples only"
    ]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0, 1, 0, 1, 0, 1], []),
        ([0, 1, 0, 1, 2, 1], ["target 'kind': in test but not in train: 'c2' (1)"]),
        ([0, 1, 2, 2, 2, 1], ["in validation but not in train: 'c2' (2)", "in test but not in train: 'c2' (1)"]),
        ([1, 1, 1, 1, 1, 1], ["target 'kind' has one class only in train: 'c1' (2 examples)"]),
        ([-1, -1, -1, -1, -1, -1], ["no example has a label for target 'kind'"]),
        ([0, 1, -1, -1, 0, 1], ["none of the 2 examples in validation has a label"]),
        ([-1, -1, 0, 0, 0, -1], ["none of the 2 examples in train", "in validation but", "in test but"]),
    ],
)
def test_what_keeps_a_target_from_being_compared(values, words):
    splits = make_splits([0, 1], [2, 3], [4, 5])
    problems = target_problems("kind", make_labels(values, 3), splits)
    assert len(problems) == len(words)
    for problem, expected in zip(problems, words, strict=True):
        assert expected in problem.message
        assert problem.location == ("target",)
