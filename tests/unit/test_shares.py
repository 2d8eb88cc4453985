"""Searches on one cluster share its slots, each by its own look at the workers of all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpsearch.workers.capacity import Node
from hpsearch.workers.shares import GIVE_SECONDS, Demand, FairShare, Held

CPU: Node = {"CPU": 1.0}
BUSY: dict[str, Node] = {"a": {"CPU": 0.0}}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr("time.monotonic", clock := Clock())
    return clock


def others(there: int, waiting: int, needs: Node | None = None) -> list[Demand]:
    return [
        Demand(f"other {number}", "job", number >= there, needs or CPU)
        for number in range(there + waiting)
    ]


def held(count: int) -> list[Held]:
    return [Held(("a",), CPU)] * count


def test_a_slot_is_given_to_a_search_that_has_fewer_and_waits(clock: Clock) -> None:
    share = FairShare()
    assert share.look(others(0, 2), (), held(3), BUSY) == Held(("a",), CPU)
    assert share.holds
    assert share.look(others(0, 2), (), held(2), BUSY) is None  # it takes time to start
    clock.now += GIVE_SECONDS
    assert share.look(others(1, 1), (), held(2), BUSY) is None
    assert share.holds


def test_the_last_slot_and_an_equal_share_are_kept(clock: Clock) -> None:
    share = FairShare()
    assert share.look(others(0, 2), (), held(1), BUSY) is None
    assert share.look(others(2, 2), (), held(2), BUSY) is None
    assert not share.holds


def test_what_helps_nobody_is_not_given(clock: Clock) -> None:
    share = FairShare()
    needed: list[Node] = [{"GPU": 1.0}, {"CPU": 8.0}]
    for needs in needed:
        assert share.look(others(0, 1, needs), (), held(4), BUSY) is None
    assert share.look(others(0, 1, {"CPU": 2.0}), (), held(4), BUSY) is None
    assert share.holds  # two slots of ours would make room


def test_workers_of_our_own_are_no_other_search(clock: Clock) -> None:
    share = FairShare()
    own = [one.actor for one in others(0, 2)]
    assert share.look(others(0, 2), own, held(3), BUSY) is None
    assert not share.holds


@settings(max_examples=30)
@given(slots=st.integers(1, 12), searches=st.integers(2, 5), data=st.data())
def test_whoever_starts_first_all_have_about_the_same_in_the_end(
    slots: int, searches: int, data: st.DataObject
) -> None:
    """The machine gives what is free to one that waits; each search looks in turns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.monotonic", clock := Clock())
        shares = [FairShare() for _ in range(searches)]
        has = [0] * searches
        for _ in range(60):
            clock.now += GIVE_SECONDS
            wants = [one for one, share in enumerate(shares) if not share.holds]
            while sum(has) < slots and wants:
                has[data.draw(st.sampled_from(wants))] += 1
            for one, share in enumerate(shares):
                found = [
                    Demand(f"{number} {place}", f"{number}", place >= has[number], CPU)
                    for number in range(searches)
                    for place in range(has[number] + (not shares[number].holds))
                ]
                own = [demand.actor for demand in found if demand.job == f"{one}"]
                free: dict[str, Node] = {"a": {"CPU": float(slots - sum(has))}}
                has[one] -= share.look(found, own, held(has[one]), free) is not None
        assert sum(has) == slots
        assert max(has) - min(has) <= 1
