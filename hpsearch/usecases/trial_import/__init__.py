"""Finished trials of another program: import_trials.py takes them, csv_trials.py reads a table.

csv_cells.py says what a cell means, csv_states.py how a row's trial ended.
"""

from hpsearch.usecases.trial_import.import_trials import Imported, ImportRequest, import_trials

__all__ = ["ImportRequest", "Imported", "import_trials"]
