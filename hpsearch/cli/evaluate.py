"""`hpsearch evaluate`: a trial's model on the data that the search never saw."""

from hpsearch.cli.options import Asked, about_a_trial

EXAMPLES = (
    ("hpsearch evaluate cnn", "the best trial's model on the held-out test set"),
    ("hpsearch evaluate cnn --trial 7 --json", "another trial's, for a program"),
)


@about_a_trial
def command(asked: Asked) -> None:
    """Evaluate a trial's model on the held-out data.

    That is what the trainable's own `evaluate` measures, on data that the search never saw. Look
    once, at the end: who chooses by these numbers has no held-out data any more. The default is
    the best trial. What comes of it is kept in the study and added to the trial's run in MLflow.
    """
    from hpsearch.cli.output import note, print_data, print_json
    from hpsearch.cli.render.evaluation import evaluation_text
    from hpsearch.display.console import stdout

    evaluation = asked.opened.evaluate(asked.trial)
    outcome = evaluation.outcome
    if asked.as_json:
        print_json(evaluation.data)
    else:
        examples = f", {outcome.examples} examples" if outcome.examples else ""
        note(f"trial {evaluation.record.number} of {asked.study}{examples}:", "dim")
        print_data(*evaluation_text(outcome, stdout().width))
        note(f"stored as {evaluation.address}", "dim")
    if evaluation.unrecorded:
        note(f"MLflow did not get it, `evaluate` again tries again: {evaluation.unrecorded}")
