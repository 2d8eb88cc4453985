"""The members of one population, compared at the end of each interval."""

from collections.abc import Iterator

from hpsearch.common.trial import TrialState
from hpsearch.strategies.population.member import Member
from hpsearch.strategies.population.settings import Settings


class Members:
    """Who is ahead and who is behind; which copies are missing follows from that."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._members: dict[int, Member] = {}

    def __iter__(self) -> Iterator[Member]:
        return iter(self._members.values())

    def __contains__(self, number: int) -> bool:
        return number in self._members

    def __getitem__(self, number: int) -> Member:
        return self._members[number]

    def get(self, number: int) -> Member | None:
        """Return the member of that number, None if there is none."""
        return self._members.get(number)

    def add(self, member: Member) -> None:
        """Add a member."""
        self._members[member.number] = member

    def clear(self) -> None:
        """Remove all: another population begins."""
        self._members.clear()

    def missing(self, left: int) -> list[int]:
        """Return the interval at which each trial that should begin now begins; 0 is the start.

        `left` is how many trials the budget still allows.
        """
        if fresh := self._count_fresh():
            return [0] * min(fresh, left)
        copies = [k for k in self.compared(left) for _ in range(self._count_missing(k))]
        return [] if self._is_over() else copies[:left]

    def compared(self, left: int) -> Iterator[int]:
        """Yield the intervals that all members have behind them, until copies are missing."""
        if self._count_fresh():
            return
        for interval in range(1, self._settings.last_interval + 1):
            if self._awaited(interval) or not self.reached(interval):
                return
            yield interval
            if self._count_missing(interval) and left:
                return

    def reached(self, interval: int) -> list[Member]:
        """Return who has an interval behind them, the best first."""
        found = [one for one in self if one.has_reached(interval)]
        return sorted(found, key=lambda one: one.rank_at(interval))

    def worst(self, interval: int) -> list[tuple[int, Member]]:
        """Return who is replaced after an interval, beside those that failed, with their ranks."""
        ranked = self.reached(interval)
        number = max(0, self._share(self._size(interval)) - self._count_lost(interval))
        return [*enumerate(ranked, start=1)][len(ranked) - number :]

    def parents(self, interval: int) -> list[Member]:
        """Return those of whom copies start after an interval."""
        return self.reached(interval)[: max(1, self._share(self._size(interval)))]

    def stays(self, member: Member) -> bool:
        """Return whether a member is not among the worst, whatever the others will come to."""
        interval, place = member.level, member.rank_at(member.level)
        worse = sum(one.rank_at(interval) > place for one in self.reached(interval))
        possible = self._size(interval) + len(self._awaited(interval))
        return worse + self._count_lost(interval) >= self._share(possible)

    def alive(self) -> list[Member]:
        """Return those that are not finished."""
        return [one for one in self if one.is_alive]

    def _count_fresh(self) -> int:
        """Return how many members are missing that train from the start."""
        fresh = sum(one.born == 0 for one in self)
        return self._settings.population - fresh if fresh else 0

    def _count_missing(self, interval: int) -> int:
        """Return how many copies are missing after an interval that was compared."""
        if any(max(one.born, _pruned_at(one)) > interval for one in self):
            return 0  # a later one was compared: the budget had no more trials at that time
        copies = sum(one.born == interval for one in self)
        return self._count_lost(interval) + len(self.worst(interval)) - copies

    def _is_over(self) -> bool:
        """Return whether the end of the search stopped its members: their checkpoints are gone."""
        return any(
            one.state is TrialState.PRUNED and one not in dict(self.worst(one.level)).values()
            for one in self
        )

    def _awaited(self, interval: int) -> list[Member]:
        """Return who is on the way to the end of an interval."""
        return [o for o in self.alive() if o.born < interval and not o.has_reached(interval)]

    def _count_lost(self, interval: int) -> int:
        return sum(one.is_lost and one.level == interval - 1 for one in self)

    def _size(self, interval: int) -> int:
        return len(self.reached(interval)) + self._count_lost(interval)

    def _share(self, size: int) -> int:
        return int(size * self._settings.quantile + 1e-9)


def _pruned_at(member: Member) -> int:
    return member.level if member.state is TrialState.PRUNED else 0
