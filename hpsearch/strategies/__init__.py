"""The study behind Optuna: the only place that imports it."""

from hpsearch.strategies.choices import check_choices
from hpsearch.strategies.records import read_study
from hpsearch.strategies.study import OptunaStudy, repair_study

__all__ = ["OptunaStudy", "check_choices", "read_study", "repair_study"]
