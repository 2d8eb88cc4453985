"""Whether somebody else had imported MLflow before us; looked at before any of ours does."""

import sys

WAS_IMPORTED = "mlflow" in sys.modules
