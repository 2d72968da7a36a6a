from builders import scored

from study.adapters.tensorboard.best_trials import BestTrials
from study.values.states import TrialState


def test_of_a_population_later_generations_come_first_and_what_may_be_selected_stays():
    best, kept = BestTrials(num_best=1), set()
    ends = [(1, 0.9), (1, 0.8), (2, 0.2), (2, None), (3, 0.1), (3, 0.3)]
    seen = []
    for number, (epochs, objective) in enumerate(ends):
        state = TrialState.FAILED if objective is None else TrialState.COMPLETE
        objectives = [] if objective is None else [objective]
        generation = {"epochs": epochs, "course_epochs": 3, "population_size": 2}
        record = scored(number, objectives=objectives, state=state, **generation)
        kept = (kept | {number}) - {one.plan.number for one in best.add(record)}
        seen.append(kept)
    assert seen == [{0}, {0, 1}, {0, 1, 2}, {2, 3}, {2, 3, 4}, {4, 5}]
