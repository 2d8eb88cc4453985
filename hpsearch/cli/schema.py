"""`hpsearch schema`: what an experiment file may hold, for editors."""

EXAMPLES = (
    ("hpsearch schema > experiment.schema.json", "write it beside the YAML, then say there:"),
    (
        "# yaml-language-server: $schema=experiment.schema.json",
        "the YAML's first line: checks while you type",
    ),
)


def command() -> None:
    """Print the JSON Schema of the experiment file, for editors.

    It says of every key what it may be, its default and what it means.
    """
    from hpsearch.cli.output import print_json
    from hpsearch.experiment import Experiment

    schema = Experiment.model_json_schema()
    print_json(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            **schema,
            "title": "hpsearch experiment",
        }
    )
