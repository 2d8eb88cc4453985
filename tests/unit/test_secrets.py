"""What is a secret by its name, and what is not."""

import pytest

from hpsearch.secrets import hide, is_secret


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
