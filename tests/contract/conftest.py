"""Every store, for the tests of the contract."""

from pathlib import Path

import pytest

from hpsearch.store import StudyStore
from tests.contract.stores import OPENERS, Open


@pytest.fixture(params=[*OPENERS])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    return OPENERS[request.param](tmp_path)


@pytest.fixture
def study(stores: Open) -> StudyStore:
    return stores().study("sample")
