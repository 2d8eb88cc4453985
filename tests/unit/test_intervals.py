"""Intervals, compared with values worked out by hand."""

import pytest

from hpsearch.analysis.intervals import wilson_interval


def test_the_interval_is_wilsons() -> None:
    # none right: the upper end is z² / (n + z²), z = 1.959964
    assert wilson_interval(0.0, 10) == pytest.approx((0.0, 3.841459 / 13.841459), abs=1e-6)
    assert wilson_interval(0.5, 10) == pytest.approx((0.2365931, 0.7634069), abs=1e-6)
    assert wilson_interval(1.0, 10)[1] == pytest.approx(1.0)
