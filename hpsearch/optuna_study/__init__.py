"""The study behind Optuna: the only place that imports it."""

from hpsearch.optuna_study.choices import check_choices
from hpsearch.optuna_study.records import read_study
from hpsearch.optuna_study.study import OptunaStudy, repair_study

__all__ = ["OptunaStudy", "check_choices", "read_study", "repair_study"]
