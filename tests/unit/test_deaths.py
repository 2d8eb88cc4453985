"""How a worker died, as Ray says it, in few words."""

import pytest
from ray.exceptions import RayError

from hpsearch.workers.ray.deaths import WORDLESS, cause

DEAD = "The actor is dead because its worker process has died. Worker exit type: SYSTEM_ERROR "
CAUSES = " Some common causes include: (1) the process was killed by the OOM killer"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            f"{DEAD}Worker exit detail: Worker unexpectedly exits with a connection error code 2. "
            f"End of file.{CAUSES}",
            WORDLESS,
        ),
        (
            f"{DEAD}Worker exit detail: Worker exits with an exit code 1.{CAUSES}",
            "Worker exits with an exit code 1.",
        ),
        ("The actor died unexpectedly.", "The actor died unexpectedly."),
        ("", "no reason known"),
    ],
)
def test_general_advice_is_left_out(said: str, why: str) -> None:
    assert cause(RayError(said)) == f"the worker's process died: {why}"
