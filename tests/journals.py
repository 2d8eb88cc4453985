"""Journals as versions before 0.2 wrote them."""

from hpsearch.strategies.journal_format import Log, read_lines, to_line

CREATION, PARAMETER = 4, 5
"""Optuna's codes of records."""


def as_before(journal: bytes) -> bytes:
    """Return a journal in which each hyperparameter of a trial has a record of its own."""
    found: list[Log] = []
    created = 0
    for _, log in read_lines(journal):
        assert log is not None
        found.append(log)
        if log["op_code"] == CREATION:
            distributions, params = log.pop("distributions", {}), log.pop("params", {})
            set_param = {"op_code": PARAMETER, "worker_id": "", "trial_id": created}
            found += [
                set_param
                | {"param_name": name, "param_value_internal": value}
                | {"distribution": distributions[name]}
                for name, value in params.items()
            ]
            created += 1
    return b"".join(map(to_line, found))
