"""What can be wrong with a command. A test renders each."""

from pathlib import Path

from hpsearch.common.errors import Fault


def removal_unconfirmed() -> Fault:
    return Fault(
        "not-confirmed",
        "nothing was removed.",
        "confirmation needs a terminal, and there is none.",
        "if the above is what you want, pass `--yes`.",
    )


def port_taken(port: int) -> Fault:
    return Fault(
        "port-taken",
        f"port {port} on this machine is taken.",
        "another program listens there, perhaps an earlier `hpsearch ui`.",
        "name another port with `--port`, or leave it out to use a free one.",
    )


def ui_ended(name: str, source: str, problem: str) -> Fault:
    return Fault(
        "no-ui",
        f"{name} of {source} has ended.",
        problem,
        "check what it shows; `hpsearch ui --tracking-uri URI` names another store of MLflow.",
    )


def store_missing(uri: str, file: Path) -> Fault:
    return Fault(
        "no-store",
        f"nothing is recorded at {uri} yet.",
        f"there is no file {str(file)!r}.",
        "go to the folder of your search, start one (`hpsearch run`), or name its store with "
        "`--tracking-uri`.",
    )


def not_for_a_terminal() -> Fault:
    return Fault(
        "not-for-a-terminal",
        "a Parquet file is not printed on a terminal.",
        "it is no text.",
        "name a file: `--output trials.parquet`; or use `--format csv`.",
    )


def study_not_named(option: str) -> Fault:
    return Fault(
        "no-study-named",
        f"`{option}` needs a study.",
        "each study has a journal of its own, and one is shown at a time.",
        f"name it: `hpsearch ui STUDY {option}`; `hpsearch ls` lists them.",
    )


def folder_needed(option: str, address: str) -> Fault:
    return Fault(
        "no-folder",
        f"`{option}` cannot show a study in {address!r}.",
        "it reads the journal as a file, so the study must be in a folder.",
        "leave the option out to see the study in MLflow's UI.",
    )


def bug(problem: str, place: str) -> Fault:
    return Fault(
        "bug",
        f"{problem}.",
        f"this is a bug of hpsearch, not of yours ({place}).",
        "add `--debug` to the command for the traceback, and report it; finished trials are saved.",
    )


def no_final_model(name: str, problem: str) -> Fault:
    return Fault(
        "no-final-model",
        f"the confirmation of `{name}` has no final model.",
        problem,
        "correct the trainable; the same command trains the final model again, and with `--fresh` "
        "everything.",
    )


def bad_map(word: str) -> Fault:
    return Fault(
        "bad-map",
        f"`--map {word}` is not a pair of names.",
        "it has no `=`, or nothing on one side of it.",
        "write `--map THEIRS=OURS`, such as `--map lr=learning_rate`.",
    )
