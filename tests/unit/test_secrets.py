"""What is a secret by its name, by its look or by what the experiment says, and what is not."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpsearch.common.errors import UserError, cleaned
from hpsearch.common.privacy import Privacy, is_random, is_secret
from hpsearch.common.redaction import redacted
from hpsearch.common.text import parameters
from hpsearch.common.trial import TrialRecord, TrialState, Value
from hpsearch.experiment.privacy import shown_override
from hpsearch.tracking.values import params_of
from hpsearch.usecases.data import trial_data
from tests.support import make_experiment

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----"


@pytest.mark.parametrize(
    "name",
    [
        *("token", "api_key", "HF_TOKEN", "apiKey", "db-password", "client.secret", "apikey"),
        *("OPENAI_API_KEY", "aws_secret_access_key", "authToken", "credentials", "private_key"),
        *("passwd", "wandb_key", "refresh_token", "smtp.pwd", "api_keys"),
    ],
)
def test_a_text_under_such_a_name_is_a_secret(name: str) -> None:
    assert is_secret(name, "abc")
    assert is_secret(name, 20261126)  # YAML reads such a password as a number
    assert not is_secret(name, 7) and not is_secret(name, True) and not is_secret(name, 0.5)


@pytest.mark.parametrize(
    "name",
    [
        *("tokenizer", "keyword", "monkey", "optimizer", "secretary", "key", "sort_key"),
        *("key_activation", "token_pooling", "num_key_value_heads", "pad_token", "keyboard"),
        *("api_key_env", "password_file", "tokens_per_batch", "author", "passes", "compass"),
    ],
)
def test_a_name_that_merely_contains_the_letters_is_none(name: str) -> None:
    assert not is_secret(name, "abc")


@pytest.mark.parametrize(
    "text",
    [
        *("sk-proj4abcdefgh", "ghp_16C7e42F292c6912E7", "AKIAIOSFODNN7EXAMPLE", JWT, PEM),
        *("hf_AbCdEfGhIjKlMnOp1", "glpat-aaaabbbbccccdddd", "xoxb-123456789012-abc"),
        *("https://me:pw@host/x", "postgresql://u:p@h/d", "--api-key abc --lr 3", "password=abc"),
        *('{"api_key": "abc"}', "Authorization: Bearer abcdefghijklm", "AccountKey=abc;x=1"),
    ],
)
def test_a_text_that_looks_like_a_secret_is_one_under_any_name(text: str) -> None:
    assert is_secret("note", text)


@pytest.mark.parametrize(
    "text",
    [
        *("sk-learn-forest", "hf_transformer_base", "gelu", "adam", "last_four", "a:b", "x@y.org"),
        *("http://host:5000/a@b", "2026-11-26", "s3://bucket/key", "token", "s" * 300, "é", ""),
        *("unexpected token: }", "bert-base-uncased", "key=5", "layers.0.key_proj.weight"),
    ],
)
def test_a_plain_text_is_none(text: str) -> None:
    assert not is_secret("note", text) and redacted(text) == text


def test_a_long_random_text_is_a_secret_under_a_suspicious_name_alone() -> None:
    drawn = "9fK2xQ7vLm3Zp8RtYw1B"
    assert is_random(drawn) and is_random("9f86d081884c7d659a2feaa0c55ad015")
    assert not is_random("validation_accuracy_of_the_mean") and not is_random(
        "aaaaaaaaaaaaaaaaaaa11"
    )
    assert is_secret("sort_key", drawn) and not is_secret("checkpoint", drawn)


def test_what_is_searched_is_shown_and_what_is_declared_is_not() -> None:
    space = {"api_key": {"type": "categorical", "choices": ["a", "b"]}}
    params = {"pin": 7, "width": 8, "password": "abcd"}
    experiment = make_experiment(space=space, params=params, secrets=["pin"])
    shown = experiment.shown()
    assert shown["params"] == {"pin": "***", "width": 8, "password": "***"}
    assert shown["space"]["api_key"]["choices"] == ["a", "b"] and shown["secrets"] == ["pin"]


@pytest.mark.parametrize(
    ("names", "said"),
    [(["x"], "which is searched"), (["widht"], "did you mean `width`"), (["y"], "not in `params`")],
)
def test_secrets_that_would_hide_nothing_or_the_answer_are_refused(
    names: list[str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        make_experiment(params={"width": 8}, secrets=names)


def test_secrets_are_hidden_at_any_depth() -> None:
    data = {"params": {"api_key": "abc", "heads_key": 8, "rest": [{"password": "x"}]}}
    hidden = {"params": {"api_key": "***", "heads_key": 8, "rest": [{"password": "***"}]}}
    assert Privacy().hide(data) == hidden
    assert Privacy().hide({"credentials": {"user": ["me"], "id": "x"}}) == {
        "credentials": {"user": ["***"], "id": "***"}
    }
    assert Privacy().hide({"uri": "https://me:pw@host/x"}) == {"uri": "https://me:***@host/x"}


def test_a_secret_reaches_neither_mlflow_nor_json() -> None:
    params: dict[str, Value] = {"api_key": "abc", "depth": 2}
    record = TrialRecord(0, 0, params, TrialState.RUNNING, datetime.now(UTC))
    assert params_of(record) == {"api_key": "***", "depth": "2"}
    assert trial_data(record, [])["params"] == {"api_key": "***", "depth": 2}
    assert parameters({"sort_key": "abc", "depth": 2}) == "sort_key abc, depth 2"


@given(st.text(min_size=4), st.text(), st.text())
def test_a_known_secret_leaves_every_text_however_it_is_quoted(
    secret: str, before: str, after: str
) -> None:
    privacy = Privacy.of({"note": secret}, ["note"], ())
    for text in (secret, repr(secret)[1:-1]):
        assert text not in privacy.clean(f"{before} {text} {after}").replace("***", "")


def test_an_error_loses_its_secrets_on_the_way_out_and_keeps_its_cause() -> None:
    privacy = Privacy.of({"password": "hunter2"}, (), ())
    with pytest.raises(UserError) as caught, cleaned(privacy.clean):
        try:
            raise RuntimeError("no entry for hunter2")
        except RuntimeError as error:
            from hpsearch.trainable import faults

            raise UserError(faults.trainable_broken("a.py:f", str(error))) from error
    assert "hunter2" not in str(caught.value) + str(caught.value.faults)
    assert str(caught.value.__cause__) == "no entry for ***"


@pytest.mark.parametrize(
    ("override", "shown"),
    [
        ("params.api_key=sk-1", "params.api_key=***"),
        ("params.note=hello", "params.note=hello"),
        ("params={api_key: abc}", "params={api_key: ***"),
        ("tracking.uri=http://u:p@h/x", "tracking.uri=http://u:***@h/x"),
        ("space.key.choices=[a, b]", "space.key.choices=[a, b]"),
        ("params.password.x=abc", "params.password.x=***"),
    ],
)
def test_an_override_is_shown_without_its_secret(override: str, shown: str) -> None:
    assert shown_override(override, Privacy()).startswith(shown)
    assert "abc" not in shown_override(override, Privacy())
