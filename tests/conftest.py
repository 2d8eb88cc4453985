"""What all tests share."""

import os
import signal
from pathlib import Path

import pytest

# A shell's `&` makes its children ignore SIGINT, `nohup` SIGHUP, and these theirs; what is tested
# is what they do.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Ray kills workers if the machine's memory is nearly full, whoever has it.
os.environ.setdefault("RAY_memory_monitor_refresh_ms", "0")


@pytest.fixture(scope="session")
def empty_mlflow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of MLflow's with its tables, to be copied: it takes seconds to make them."""
    from mlflow import MlflowClient  # here: few tests need MLflow

    file = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(f"sqlite:///{file}").search_experiments()
    return file
