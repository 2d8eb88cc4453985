"""95% confidence intervals. Imports nothing of hpsearch."""

import math
import statistics
from collections.abc import Sequence

NORMAL_QUANTILE = 1.959963984540054
"""The 97.5% quantile: 95% lie within so many standard deviations."""


def wilson_interval(share: float, examples: int) -> tuple[float, float]:
    """Return the 95% score interval of a share of right answers (E. B. Wilson, JASA 1927).

    `share` is from 0 to 1, `examples` at least 1. Unlike `share ± 2 deviations` the interval stays
    within 0 and 1 and is right for shares near 1.
    """
    z = NORMAL_QUANTILE
    middle = share + z * z / (2 * examples)
    spread = z * math.sqrt(share * (1 - share) / examples + z * z / (4 * examples * examples))
    scale = 1 + z * z / examples
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def student_interval(values: Sequence[float]) -> tuple[float, float]:
    """Return the 95% interval of a mean (Student, "The probable error of a mean", Biometrika 1908).

    For at least two independent values, such as those of several seeds.
    """
    from scipy.special import stdtrit  # 0.2 s

    middle = statistics.fmean(values)
    error = statistics.stdev(values) / math.sqrt(len(values))
    spread = float(stdtrit(len(values) - 1, 0.975)) * error
    return middle - spread, middle + spread
