"""How a trial ranks among the others at a step."""

import statistics
from typing import Literal

import optuna
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.goal import Goal
from hpsearch.strategies.ranking import Ranking

VALUES = st.lists(st.integers(-5, 5).map(float), min_size=2, max_size=20)


@given(VALUES, st.sampled_from(["maximize", "minimize"]))
def test_a_rank_is_that_among_all_other_trials(
    values: list[float], direction: Literal["maximize", "minimize"]
) -> None:
    ranking, (*others, own) = Ranking(Goal("loss", direction), []), values
    for value in values:
        ranking.add(7, value)
    better = sum(o > own if direction == "maximize" else o < own for o in others)
    median = f"{statistics.median(others):.4g}"
    said = f"loss {own:.4g} at step 7, ranked {better + 1} of {len(values)} (median {median})"
    assert ranking.describe(7, own) == said


def test_trials_of_an_earlier_run_are_among_the_others() -> None:
    earlier = [optuna.trial.create_trial(value=v, intermediate_values={1: v}) for v in (0.25, 0.75)]
    ranking = Ranking(Goal("loss", "minimize"), earlier)
    ranking.add(1, 0.5)
    assert ranking.describe(1, 0.5) == "loss 0.5 at step 1, ranked 2 of 3 (median 0.5)"
