"""What is a secret by its name, and what is not."""

from datetime import UTC, datetime

import pytest

from hpsearch.cli.render.data import trial_data
from hpsearch.common.privacy import hide, is_secret
from hpsearch.common.text import parameters
from hpsearch.common.trial import TrialRecord, TrialState, Value
from hpsearch.tracking.values import params_of


@pytest.mark.parametrize(
    "name", ["token", "api_key", "HF_TOKEN", "apiKey", "db-password", "client.secret", "apikey"]
)
def test_a_text_under_such_a_name_is_a_secret(name: str) -> None:
    assert is_secret(name, "abc")
    assert not is_secret(name, 7)


@pytest.mark.parametrize("name", ["tokenizer", "keyword", "monkey", "optimizer", "secretary"])
def test_a_name_that_merely_contains_the_letters_is_none(name: str) -> None:
    assert not is_secret(name, "abc")


def test_secrets_are_hidden_at_any_depth() -> None:
    data = {"params": {"api_key": "abc", "heads_key": 8, "rest": [{"token": "x"}]}}
    hidden = {"params": {"api_key": "***", "heads_key": 8, "rest": [{"token": "***"}]}}
    assert hide(data) == hidden
    space = {"api_key": {"type": "categorical", "choices": ["abc", 8]}, "tokens": ["abc"]}
    assert hide(space)["api_key"] == {"type": "categorical", "choices": ["***", 8]}
    space = {"api_key": {"type": "categorical", "choices": ["abc", 8]}, "tokens": ["abc"]}
    assert hide(space)["api_key"] == {"type": "categorical", "choices": ["***", 8]}


def test_a_secret_reaches_neither_mlflow_nor_the_terminal_nor_json() -> None:
    params: dict[str, Value] = {"api_key": "abc", "depth": 2}
    record = TrialRecord(0, 0, params, TrialState.RUNNING, datetime.now(UTC))
    assert params_of(record) == {"api_key": "***", "depth": "2"}
    assert parameters(params) == "api_key ***, depth 2"
    assert trial_data(record, [])["params"] == {"api_key": "***", "depth": 2}
