"""`hpsearch show`: a study and its trials, or one trial."""

from typing import TYPE_CHECKING, Any

from hpsearch.cli.options import Asked, about_a_trial

if TYPE_CHECKING:
    from hpsearch.common.trial import TrialRecord
    from hpsearch.usecases import StudyView

EXAMPLES = (
    ("hpsearch show cnn", "all trials, why they ended, and the best one"),
    ("hpsearch show cnn --trial 7", "one trial: hyperparameters, curve, traceback"),
    ("hpsearch show cnn --json | jq .best.params", "the best hyperparameters, in a script"),
)


@about_a_trial
def command(asked: Asked) -> None:
    """Show a study and its trials, or one trial; also while it runs.

    The summary and the best trial come last.
    """
    from hpsearch.cli.output import print_data, print_json
    from hpsearch.cli.render.data import study_detail
    from hpsearch.cli.render.study import study_text, trial_text
    from hpsearch.display.console import stdout
    from hpsearch.usecases import trial_of

    view = asked.opened.look()
    record = None if asked.trial is None else trial_of(view, asked.trial)
    if asked.as_json:
        print_json(study_detail(view) if record is None else _trial_data(view, record))
        return
    width = stdout().width
    print_data(*(study_text(view, width) if record is None else trial_text(view, record, width)))


def _trial_data(view: "StudyView", record: "TrialRecord") -> dict[str, Any]:
    from hpsearch.cli.render.data import trial_detail

    number, logs = record.number, view.logs
    return {
        **trial_detail(record, view.experiment.goals),
        "logs": [logs.locate(number, attempt) for attempt in logs.attempts(number)],
        "last_lines": logs.tail(number, record.attempt).splitlines(),
    }
