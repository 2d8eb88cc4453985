"""`hpsearch schema`: the keys of an experiment file, for editors."""

EXAMPLES = (
    ("hpsearch schema > experiment.schema.json", "save it next to the YAML file"),
    (
        "# yaml-language-server: $schema=experiment.schema.json",
        "the first line of the YAML file; editors then check it",
    ),
)


def command() -> None:
    """Print the JSON Schema of the experiment file, for editors.

    It has the type, the default and the meaning of every key.
    """
    from hpsearch.cli.output import print_json
    from hpsearch.experiment import json_schema

    print_json(json_schema())
