"""Signals: the first one stops gently, the second at once, whatever goes wrong then."""

import pytest

from hpsearch.common.errors import Fault, SearchFailed
from hpsearch.display.plain_lines import Silence
from hpsearch.usecases import Interrupts

AWAY = SearchFailed(Fault("store-away", "the store did not answer.", "it is away.", "try again."))


@pytest.mark.parametrize(("signals", "expected"), [(1, SearchFailed), (2, KeyboardInterrupt)])
def test_an_error_after_the_second_signal_is_an_interrupt(
    signals: int, expected: type[BaseException]
) -> None:
    interrupts = Interrupts(Silence())
    with pytest.raises(expected), interrupts.heeded():
        try:
            for _ in range(signals):
                interrupts.handle(2, None)
        finally:
            raise AWAY
