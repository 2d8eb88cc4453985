"""Every message is rendered here, as a person would meet it."""

import inspect
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import pytest

import hpsearch
from hpsearch.common.errors import Fault, HpsearchError, SearchFailed, UserError, did_you_mean
from hpsearch.common.trial import TrialRecord, TrialState
from hpsearch.engine.faults import every_trial_fails
from hpsearch.experiment import faults

ROOT = Path(hpsearch.__file__).parent
MODULES = [
    import_module(".".join(("hpsearch", *file.relative_to(ROOT).with_suffix("").parts)))
    for file in sorted(ROOT.rglob("faults.py"))
]
CATALOGUE = [
    function
    for module in MODULES
    for name, function in vars(module).items()
    if inspect.isfunction(function)
    and function.__module__ == module.__name__
    and not name.startswith("_")
]

SAMPLES = {
    str: "sample_word",
    int: 7,
    float: 2.0,
    object: "an object",
    Path: Path("a/file"),
    TrialRecord: TrialRecord(7, 0, {}, TrialState.FAILED, datetime(2026, 1, 1, tzinfo=UTC)),
}
SECTION = "sampler"
"""What a fault names a section of the experiment by: it may look up what belongs there."""


def sample(parameter: inspect.Parameter) -> object:
    if parameter.name == "section":
        return SECTION
    if parameter.annotation in SAMPLES:
        return SAMPLES[parameter.annotation]
    return ["first", "second"]  # every other argument is some collection of words


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda function: function.__name__)
def test_every_fault_has_its_three_parts_and_no_unfilled_brace(
    fault: Callable[..., Fault],
) -> None:
    arguments = {
        name: sample(parameter) for name, parameter in inspect.signature(fault).parameters.items()
    }
    made = fault(**arguments)
    text = str(made)
    assert "{" not in text and "}" not in text
    assert text.startswith(f"error[{made.code}]: ")
    assert all(part.strip() for part in (made.code, made.what, made.why, made.fix))
    assert made.what.rstrip().endswith(".")


def test_the_catalogue_was_found() -> None:
    assert len(CATALOGUE) > 30
    assert {"hpsearch.common.faults", "hpsearch.store.faults"} <= {m.__name__ for m in MODULES}


def test_a_typo_is_answered_with_the_nearest_word() -> None:
    known = ["learning_rate", "batch_size"]
    assert did_you_mean("learning_rat", known) == "did you mean `learning_rate`?"
    assert did_you_mean("zzz", known) == "use one of: batch_size, learning_rate."


def test_an_error_shows_all_its_faults_and_says_whose_it_is() -> None:
    first, second = faults.bad_override("a"), faults.bad_override("b")
    error = UserError(first, second)
    assert str(first) in str(error) and str(second) in str(error)
    assert (HpsearchError.exit_code, SearchFailed.exit_code, UserError.exit_code) == (1, 1, 2)


def test_a_long_reason_stays_indented() -> None:
    lines = str(every_trial_fails(3, "ValueError", "Traceback\n  a line")).splitlines()
    assert all(line.startswith("  ") for line in lines[1:])
