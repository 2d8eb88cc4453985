"""A study as Python code holds it: what commands and notebooks call."""

from hpsearch.study.study import Study, list_studies, open_study, run

__all__ = ["Study", "list_studies", "open_study", "run"]
