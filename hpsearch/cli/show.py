"""`hpsearch show`: a study and its trials, or one trial."""

from hpsearch.cli.options import Asked, about_a_trial

EXAMPLES = (
    ("hpsearch show cnn", "the best trial, all trials, and why they ended"),
    ("hpsearch show cnn --trial 7", "one trial: parameters, curve, traceback"),
    ("hpsearch show cnn --json | jq .best.params", "the best hyperparameters, in a script"),
)


@about_a_trial
def command(asked: Asked) -> None:
    """Show a study and its trials, or one trial; also while it runs.

    Without `--trial`, the best one stands at the end.
    """
    from hpsearch import usecases as compose
    from hpsearch.cli.output import print_data, print_json
    from hpsearch.cli.render.data import study_detail, trial_detail
    from hpsearch.cli.render.study import study_text, trial_text
    from hpsearch.display.console import stdout
    from hpsearch.usecases import trial_of

    view = compose.look(asked.studies, asked.study)
    record = None if asked.trial is None else trial_of(view, asked.trial)
    if asked.as_json:
        goals = view.experiment.goals
        print_json(study_detail(view) if record is None else trial_detail(record, goals))
        return
    width = stdout().width
    print_data(*(study_text(view, width) if record is None else trial_text(view, record, width)))
