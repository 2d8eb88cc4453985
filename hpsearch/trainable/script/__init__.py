"""Reports from a script, which is a search's command or runs alone; the script does not care.

    script_trial.py  `report` and `trial`, and what they give
    client.py        asks the search; alone.py: answers if there is none

Scripts import this: it loads nothing that takes time.
"""

from hpsearch.trainable.script.script_trial import ScriptTrial, report, trial

__all__ = ["ScriptTrial", "report", "trial"]
