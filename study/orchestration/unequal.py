"""What has to be said beside a leaderboard of arms that were not searched alike."""

from __future__ import annotations

from study.orchestration.contest import Contest

RACED = (
    "search.racing gave the arms unequal numbers of trials, to find the winner sooner: this is no comparison at equal "
    "budgets, and arms are not assessed once they are stopped"
)
SCREENED = (
    "search.screening left out all backbones but the best {keep} of each protocol and task, by {score} of features of "
    "which nothing was trained: this is no comparison of all candidates, those left out have no trials and are not "
    "assessed"
)


def unequal_budgets(contest: Contest) -> tuple[str, ...]:
    """Return what is to be said beside the leaderboard where arms had not the same number of trials or epochs.

    Of screening and of a race, and of each arm that is out; of a budget in work or time, how many trials each arm had;
    of each space that was used up; and of each population that has not come to its last generation.
    """
    rule = contest.spec.search.screening
    screened = (SCREENED.format(score=rule.score.value, keep=rule.keep),) if rule and contest.screened else ()
    raced = (RACED,) if contest.stopped else ()
    out = contest.out.values()
    return (*screened, *raced, *out, *_of_budget(contest), *_of_spaces(contest), *_of_generations(contest))


def _of_budget(contest: Contest) -> tuple[str, ...]:
    given = {"arm_whole_trainings": "work", "arm_training_s": "time"}
    limits = {key: what for key, what in given.items() if getattr(contest.spec.budget, key) is not None}
    numbers = {arm: len(trials) for arm, trials in contest.searched.items() if arm not in contest.screened}
    if not limits or len(set(numbers.values())) == 1:
        return ()
    keys = " and ".join(f"budget.{key}" for key in limits)
    what = " and ".join(limits.values())
    counted = ", ".join(f"{arm} {number}" for arm, number in numbers.items())
    return (f"{keys} limits the {what} of each arm, not its trials, of which they had: {counted}",)


def _of_spaces(contest: Contest) -> tuple[str, ...]:
    trials, population = contest.spec.search.trials, contest.spec.search.population_based_training

    def why(number: int) -> str:
        if population is not None and number >= population.size:
            return f"all {population.size} trials of a generation failed"
        return "no configuration of its space is left that no trial had"

    return tuple(
        f"{arm}: {why(number)}, so it had {number} trials instead of {trials}"
        for arm, number in contest.used_up.items()
        if number < trials and arm not in contest.out
    )


def _of_generations(contest: Contest) -> tuple[str, ...]:
    plans = {arm: record.plan for arm, record in contest.selected.items() if arm not in contest.out}
    return tuple(
        f"{arm}: what is selected was trained for {plan.epochs} of {plan.course_epochs} epochs, for no later "
        "generation of its population is whole"
        for arm, plan in plans.items()
        if plan.course_epochs is not None and plan.epochs < plan.course_epochs
    )
