"""The table of trials tells a method where any trial has it on, and then of every trial."""

import builders

from study.orchestration.trials_table import trials_table


def test_a_method_that_some_trials_have_on_is_told_of_all():
    records = [builders.scored(number, objectives=[0.5]) for number in range(2)]
    on = records[1].plan.hyperparameters.model_copy(update={"accumulation_steps": 2})
    other = records[1].model_copy(update={"plan": records[1].plan.model_copy(update={"hyperparameters": on})})
    assert "accumulation_steps" not in trials_table(records)
    table = trials_table([records[0], other])
    assert table["accumulation_steps"].tolist() == [1, 2]
    assert "sam_radius" not in table
    assert "task_balancing" not in table
