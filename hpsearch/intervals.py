"""Intervals in which a figure lies with 95% confidence. Imports nothing of hpsearch."""

import math

NORMAL_QUANTILE = 1.959963984540054
"""Of 97.5%: 95% lie within so many standard deviations."""


def wilson_interval(share: float, examples: int) -> tuple[float, float]:
    """Return the 95% score interval of a share of right answers (E. B. Wilson, JASA 1927).

    `share` is from 0 to 1, `examples` at least 1. Unlike `share ± 2 deviations` the interval stays
    within 0 and 1 and holds where the share is near 1.
    """
    z = NORMAL_QUANTILE
    middle = share + z * z / (2 * examples)
    spread = z * math.sqrt(share * (1 - share) / examples + z * z / (4 * examples * examples))
    scale = 1 + z * z / examples
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
