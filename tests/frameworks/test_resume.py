"""A trial that was killed or paused goes on where it was: its curve is that of the unbroken one."""

from pathlib import Path

import pytest

from hpsearch.common.trial import TrialRecord, TrialState
from tests.frameworks.examples import EXAMPLES, Example, need

pytestmark = [
    pytest.mark.frameworks,
    pytest.mark.timeout(2400),
    pytest.mark.filterwarnings("ignore"),  # the frameworks warn of each other
]


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda one: one.name)
def example(request: pytest.FixtureRequest) -> Example:
    found: Example = request.param
    need(found.package)
    return found


@pytest.fixture(scope="module")
def unbroken(example: Example, tmp_path_factory: pytest.TempPathFactory) -> list[TrialRecord]:
    return example.unbroken(tmp_path_factory.mktemp("unbroken"))


def compare(example: Example, record: TrialRecord, unbroken: TrialRecord) -> None:
    """Compare a trial with the unbroken one, step by step as far as it came."""
    metric = str(example.sections()["objective"]["metric"])
    curve, whole = (
        [(m.step, m.metrics[metric]) for m in r.measurements] for r in (record, unbroken)
    )
    assert record.params == unbroken.params
    assert [step for step, _ in curve] == [step for step, _ in whole[: len(curve)]]
    if example.is_exact:
        assert curve == whole[: len(curve)]
        assert record.state is not TrialState.COMPLETE or record.values == unbroken.values


def test_a_killed_trial_ends_as_the_unbroken_one(
    example: Example, unbroken: list[TrialRecord], tmp_path: Path
) -> None:
    killed = example.killed(tmp_path)
    assert [record.attempt for record in killed] == [2, 2]
    assert {record.state for record in killed} == {TrialState.COMPLETE}
    for record in killed:
        compare(example, record, unbroken[record.number])


def test_a_trial_that_asha_paused_and_promoted_ends_as_the_unbroken_one(
    example: Example, unbroken: list[TrialRecord], tmp_path: Path
) -> None:
    records = example.promoted(tmp_path)
    assert [record.attempt for record in records] == [1, 2, 1, 1]
    states = [record.state for record in records]
    assert states == [TrialState.COMPLETE] * 2 + [TrialState.PRUNED] * 2
    for record in records:
        compare(example, record, unbroken[record.number])
