"""On labels that are chance, the best validation score flatters and the assessment does not."""

import numpy as np
from test_trial import own_plan

from study.statistics.selection_bias import optimism
from study.trial.assessment import assess
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.plan import Purpose

NUM_TRIALS, NUM_SEEDS, NUM_CLASSES = 16, 6, 2
TASK = [{"name": "coin", "data": "parts.py:coin_flips", "target": "coin"}]


def test_selection_flatters_where_there_is_nothing_to_learn_and_assessment_does_not(tmp_path):
    materials, random = Materials(), np.random.default_rng(0)

    def trial(seed, rate, **changes):
        values = {"head_learning_rate": rate, "backbone_learning_rate": rate / 10}
        return Trial(own_plan(tmp_path, tasks=TASK, epochs=1, seed=seed, values=values, **changes), materials)

    rates = 10 ** random.uniform(-3, -1, size=NUM_TRIALS)
    found = [next(trial(seed, rate).epochs()).objective for seed, rate in enumerate(rates)]
    best = int(np.argmax(found))
    fresh, tested = [], []
    for seed in range(100, 100 + NUM_SEEDS):
        assessed = trial(seed, rates[best], purpose=Purpose.ASSESSMENT)
        fresh.append(next(assessed.epochs()).objective)
        tested.append(assess(assessed).scores["test/coin/balanced_accuracy"])
    bias = optimism(found[best], fresh, maximize=True)
    assert bias.is_above_zero, "the best of many is better than it will be again"
    error = np.std(tested, ddof=1) / np.sqrt(NUM_SEEDS)
    assert abs(np.mean(tested) - 1 / NUM_CLASSES) < 3 * max(error, 0.01), "test is read fairly"
