"""What a budget takes: forecast.py says it, from an earlier study or from probe.py's few trials."""

from hpsearch.usecases.forecast.forecast import (
    PROBE_TRIALS,
    Forecast,
    forecast_by_probe,
    forecast_by_study,
)

__all__ = ["PROBE_TRIALS", "Forecast", "forecast_by_probe", "forecast_by_study"]
