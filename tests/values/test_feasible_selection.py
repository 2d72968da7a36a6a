"""What costs more than the constraints allow is not selected, however good it is."""

from builders import scored

from study.values.metric_names import Cost
from study.values.selection import contenders, oracle, select
from study.values.states import TrialState

LIMITS = {Cost.PARAMETERS: 100.0, Cost.TRAINING_S: 10.0}


def trial(number, objective, *, epochs=2, **costs):
    record = scored(number, objectives=[objective] * epochs, state=TrialState.COMPLETE, limits=LIMITS, epochs=epochs)
    told = tuple(epoch.model_copy(update={"costs": costs}) for epoch in record.epochs)
    return record.model_copy(update={"epochs": told})


def test_the_best_of_those_within_every_limit_is_selected():
    trials = [
        trial(0, 0.9, parameters=101.0),
        trial(1, 0.8, parameters=100.0),
        trial(2, 0.7, parameters=1.0),
        trial(3, 0.95, parameters=1.0, epochs=7),  # 1.5 s an epoch
        trial(4, 0.99),  # nobody measured it
    ]
    assert [record.is_feasible for record in trials] == [False, True, True, False, False]
    assert select(trials).plan.number == 1
    assert [record.plan.number for record in contenders(trials)] == [1]
    assert select([trials[0], trials[4]]) is None
    assert contenders([trials[0], trials[4]]) == []


def test_training_seconds_are_those_of_all_epochs():
    assert trial(0, 0.9, epochs=3).costs == {"training_s": 4.5}
    assert trial(0, 0.9, parameters=5.0).lean().costs == {"parameters": 5.0, "training_s": 3.0}


def test_the_oracle_is_held_to_the_same_limits():
    def told(record, value):
        *others, last = record.epochs
        last = last.model_copy(update={"outer": {"outer/defect/balanced_accuracy": value}})
        return record.model_copy(update={"epochs": (*others, last)})

    trials = [told(trial(0, 0.9, parameters=101.0), 0.9), told(trial(1, 0.8, parameters=1.0), 0.5)]
    assert oracle(trials).plan.number == 1


def test_a_peak_of_memory_before_an_interruption_counts():
    record = scored(objectives=[0.5, 0.6])
    peaks = ({"peak_memory_mib": size} for size in (900.0, 100.0))
    epochs = [one.model_copy(update={"costs": peak}) for one, peak in zip(record.epochs, peaks, strict=True)]
    assert record.model_copy(update={"epochs": tuple(epochs)}).costs["peak_memory_mib"] == 900.0
