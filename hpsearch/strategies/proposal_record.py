"""A proposal as one record of the journal: it is there whole, or not at all.

Optuna writes the creation of a trial, then each hyperparameter by itself. A driver that was killed
in between left a proposal with only some of them; the rest was then drawn as if it came first.
"""

from collections.abc import Sequence

from hpsearch.strategies.journal_format import Code, Log

PARTS = ("params", "distributions", "user_attrs", "system_attrs")
"""What the creation of a trial may bring along."""


def in_one_record(logs: Sequence[Log], trial_id: int) -> list[Log]:
    """Return the records of a proposal, with all that is set of the new trial in its creation.

    An enqueued trial was created before: its records stay as they are.
    """
    kept: list[Log] = []
    created: Log | None = None
    for log in logs:
        if log["op_code"] == Code.CREATE_TRIAL:
            created = log | {part: dict(log.get(part, {})) for part in PARTS}
            kept.append(created)
        elif created is None or log.get("trial_id") != trial_id or not _take(created, log):
            kept.append(log)
    return kept


def _take(created: Log, log: Log) -> bool:
    """Add what a record sets to the creation; return whether it can be added."""
    code = log["op_code"]
    if code == Code.SET_TRIAL_PARAM:
        name = log["param_name"]
        created["params"][name] = log["param_value_internal"]
        created["distributions"][name] = log["distribution"]
    elif code == Code.SET_TRIAL_USER_ATTR:
        created["user_attrs"].update(log["user_attr"])
    elif code == Code.SET_TRIAL_SYSTEM_ATTR:
        created["system_attrs"].update(log["system_attr"])
    else:
        return False
    return True
