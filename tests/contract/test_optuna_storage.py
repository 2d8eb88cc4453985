"""Optuna's own suite for storages, on our journal in every store."""

from collections.abc import Iterator
from typing import Any

import pytest
from optuna.testing.pytest_storages import StorageTestCase

from hpsearch.strategies.journal import Journal
from hpsearch.strategies.storage import TrialStorage
from tests.contract.stores import Open
from tests.support import make_experiment


class TestStorage(StorageTestCase):
    # Does not apply: a study has one writer, so an open journal never goes to another process.
    test_pickle_storage: Any = None

    @pytest.fixture
    def storage(self, stores: Open) -> Iterator[TrialStorage]:
        journal = Journal(stores().study("sample"), writable=True)
        yield TrialStorage(journal, make_experiment())
        journal.close()
