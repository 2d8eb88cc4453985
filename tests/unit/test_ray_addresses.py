"""An address of Ray: what its text alone tells; `run` and `validate` refuse the same."""

from pathlib import Path

import pytest

from hpsearch.common.errors import UserError
from hpsearch.usecases import Source, validate
from hpsearch.workers import address_faults
from tests.support import make_experiment, write_trainables


@pytest.mark.parametrize(
    "address",
    [None, "auto", "10.0.0.7:6379", "head.example.org:6379", "head-0:1", "[fd00::7]:6379"],
)
def test_an_address_that_may_be_one_is_not_refused(address: str | None) -> None:
    assert address_faults(address) == []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        *((one, "ray-address") for one in ("", " ", "autoo", "local", "10.0.0.7", "host:port")),
        *((one, "ray-address") for one in ("host:0", "host:65536", ":6379", "a:1:2", "a b:6379")),
        *((one, "ray-address") for one in ("http://head:8265", "https://head:8265", "fd00::7:1")),
        ("ray://head:10001", "ray-client"),
    ],
)
def test_an_address_that_cannot_be_one_is_refused(address: str, code: str) -> None:
    assert [fault.code for fault in address_faults(address)] == [code]


def test_validate_refuses_it_with_what_else_is_wrong(tmp_path: Path) -> None:
    resources = {"ray_address": "http://head:8265"}
    given = make_experiment(resources=resources, on_end=["no-such-program"])
    with pytest.raises(UserError) as refused:
        validate(Source(given, None, write_trainables(tmp_path)))
    assert {fault.code for fault in refused.value.faults} == {"ray-address", "no-program"}
    (fault,) = (one for one in refused.value.faults if one.code == "ray-address")
    assert "ray job submit --address http://head:8265 -- hpsearch run" in fault.fix
