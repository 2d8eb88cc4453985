"""What every room can use: errors, text, privacy, files, and the values of a trial.

    trial.py          a trial: states, measurements, record
    proposal.py       what to try next; decision.py: the answer to a measurement
    goal.py           an objective
    names.py          what a study can be called
    checkpoints.py    a trial's files: references to them, and the ports
    errors.py         what every error looks like; faults.py: those of several rooms
    text.py           numbers, times and hyperparameters for people; json_text.py: data for programs
    privacy.py        which hyperparameters are secrets; redaction.py: texts without credentials
    files.py          files that are whole or not there; chunks.py: of any size, in chunks
    logs.py           what attempts print
    shared_change.py  a change to the process for as long as somebody needs it
    lazy.py           names that a room loads when they are used

These have no noun in common, so this room has no door: import its modules directly.
"""
