"""The names of what a study consists of, relative to it: the same in every store."""

JOURNAL = "journal.log"
"""Optuna's journal: the truth about every trial."""

EXPERIMENT = "experiment.yaml"
"""The resolved experiment: every default and every `--set` written out."""

IDENTITY = "study.json"
"""The study's id, and the file it was started from."""

SUMMARY = "summary.json"
"""What `ls` shows of the study; without it, or with that of another journal, that is read."""

REPORT = "report.html"
"""The study as one page for people."""

CONTENDERS = "contenders.json"
"""Of a confirmation: which trials of the search it repeats, and with which seeds."""

SUGGESTIONS = "suggestions"
"""The folder of suggestions: anybody may add one, the driver tries it next."""

SLOTS = "slots.json"
"""How many trials may run at once: anybody may write it, the driver that runs then follows it."""

MANIFEST = "manifest.json"
"""Within a checkpoint: its step, its seconds, the SHA-256 of its files. Written last."""

OF_A_RUN = (IDENTITY, EXPERIMENT, SUMMARY)
"""What a `run` writes beside the journal."""

TRIALS = "trials"
LOGS = "logs"


def evaluation(number: int) -> str:
    """The metrics of the trial's model on the held-out data."""
    return f"{_trial(number)}/evaluation.json"


def suggestion(id: str) -> str:
    """One suggestion, until its trial is in the journal."""
    return f"{SUGGESTIONS}/{id}.json"


def trial_logs(number: int) -> str:
    """The folder of what a trial's attempts printed."""
    return f"{LOGS}/trial-{number:05d}"


def attempt_log(number: int, attempt: int) -> str:
    """What an attempt printed. A worker that sees the study's folder appends to it itself."""
    return f"{trial_logs(number)}/attempt-{attempt}.log"


def artifacts(number: int) -> str:
    """The folder of what the trainable put into `trial.artifacts`."""
    return f"{_trial(number)}/artifacts"


def checkpoints(number: int) -> str:
    """The folder of a trial's checkpoints."""
    return f"{_trial(number)}/checkpoints"


def checkpoint(number: int, step: int) -> str:
    """The folder of one checkpoint."""
    return f"{checkpoints(number)}/{checkpoint_name(step)}"


def checkpoint_name(step: int) -> str:
    """What a checkpoint's folder is called."""
    return f"{STEP}{step:09d}"


def incoming(number: int) -> str:
    """The folder of what workers put there for the driver to commit."""
    return f"{_trial(number)}/{INCOMING}"


INCOMING = "incoming"

PROBE = f"{TRIALS}/.probe"
"""A word of the driver: whoever reads it there sees the study's folder."""

STEP = "step-"


def step_of(folder: str) -> int | None:
    """Return the step of a checkpoint's folder, None if it is quarantined or unfinished."""
    digits = folder.removeprefix(STEP)
    return (
        int(digits) if folder.startswith(STEP) and len(digits) == 9 and digits.isdigit() else None
    )


def _trial(number: int) -> str:
    return f"{TRIALS}/{number:05d}"
