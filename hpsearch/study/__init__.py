"""A study as Python code holds it: what commands and notebooks call.

study.py      what a study knows, and all that can be done with it
functions.py  run, plan, import_trials, open_study, list_studies
search.py     a search of this process: how it ends, and how another thread stops it
arguments.py  what is passed, checked
text.py       a study as a terminal and a notebook show it
traceback.py  errors that look raised by the call itself
"""

from hpsearch.study.functions import import_trials, list_studies, open_study, plan, run
from hpsearch.study.study import Study

__all__ = ["Study", "import_trials", "list_studies", "open_study", "plan", "run"]
