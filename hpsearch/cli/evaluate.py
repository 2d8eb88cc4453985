"""`hpsearch evaluate`: a trial's model on data that the search has not seen."""

from hpsearch.cli.options import Asked, about_a_trial

EXAMPLES = (
    ("hpsearch evaluate cnn", "the best trial's model on the held-out test set"),
    ("hpsearch evaluate cnn --trial 7 --json", "the model of trial 7, as JSON"),
)


@about_a_trial
def command(asked: Asked) -> None:
    """Evaluate a trial's model on the held-out data.

    It calls the `evaluate` function of the trainable, on data that the search has not seen. Do it
    once, at the end: if you choose between models by these numbers, the data is held out no more.
    The default is the best trial. The result is stored in the study, and added to the trial's run
    in MLflow.
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
        note(f"MLflow did not get it; run the command again to retry: {evaluation.unrecorded}")
