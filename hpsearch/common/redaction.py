"""Texts without credentials: in addresses, in assignments, and by what they look like.

A short list of patterns of our own: detect-secrets brings 27 plugins made for whole repositories,
and its entropy test calls every hash and every learned name a secret. Imports nothing of hpsearch.
"""

import re
import socket

HIDDEN = "***"

NAMES = (
    r"(?:passwords?|passwd|passphrase|pwd|secret|apikey"
    r"|(?:api|access|account|auth|client|private|secret|refresh|bearer|hf|github)[_-]?"
    r"(?:key|token|secret))"
)
"""Names of secrets in a text such as `name=value`."""

_PASSWORD = re.compile(r"://(?:([^\s:/@]*):(?!\d+[/?#])\S*@|[^\s:/@]+@)")
"""`://user:password@` or `://token@`; a port before a path that holds an `@` is neither."""
_QUERY = re.compile(
    r"(?i)([?&;]\w*(?:password|passwd|pwd|token|secret|key|sig|signature)=)[^&;\s'\"]+"
)
_ASSIGNED = re.compile(
    rf"(?i)(?<![a-z0-9])({NAMES}(?:\\?[\"'])?(?:\s*[=:]\s*)(?:bearer\s+|basic\s+)?)"
    r"(\\?\"[^\"]*\"|\\?'[^']*'|[^\s,;&\"'}\])]+)"
)
_FLAG = re.compile(rf"(?i)(--(?:[a-z0-9]+-)*{NAMES}\s+)(\S+)")
_BEARER = re.compile(r"(?i)\b((?:bearer|basic)\s+)[\w.~+/=-]{12,}")
_LOOKS = re.compile(
    r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)"  # PEM
    r"|(?<![A-Za-z0-9])(?:"
    r"sk-(?=[\w-]{0,200}\d)[\w-]{8,}"  # OpenAI, Anthropic; `sk-learn` has no digit
    r"|[srp]k_(?:live|test)_\w{8,}|whsec_\w{16,}"  # Stripe
    r"|gh[pousr]_\w{8,}|github_pat_\w{16,}|glpat-[\w-]{16,}"
    r"|(?:AKIA|ASIA)[0-9A-Z]{12,}"  # AWS
    r"|hf_(?=[A-Za-z]*\d|[a-z]*[A-Z])[A-Za-z0-9]{8,}"  # Hugging Face; `hf_transformer` is none
    r"|xox[abeprs]-[\w-]{8,}"  # Slack
    r"|AIza[\w-]{20,}|ya29\.[\w-]{16,}"  # Google
    r"|eyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?"  # JSON web tokens
    r"|npm_[A-Za-z0-9]{16,}|pypi-[\w-]{16,}|dckr_pat_[\w-]{16,}|dapi[0-9a-f]{32}"
    r"|SG\.[\w-]{16,}\.[\w-]{16,}"
    r")",
    re.DOTALL,
)

_HEAD, _TAIL = 180, 120  # characters; an HTTP error has its cause at the end


def redacted(text: str) -> str:
    """Return the text with every password, token and key in it as `***`.

    If it is unclear what the password is, more is hidden rather than less.
    """
    text = _QUERY.sub(rf"\1{HIDDEN}", _PASSWORD.sub(_hide, _LOOKS.sub(HIDDEN, text)))
    for pattern in (_ASSIGNED, _FLAG, _BEARER):
        text = pattern.sub(rf"\1{HIDDEN}", text)
    return text


def problem(error: BaseException) -> str:
    """Return what an exception says on one short line, without credentials.

    For a failed connection that is the system's message, not those of the layers above.
    """
    first = _first(error)
    if isinstance(first, ConnectionError | socket.gaierror) and first.strerror:
        return first.strerror
    said = " ".join(str(error).split()).partition(" [SQL: ")[0]  # the statement and its values
    text = redacted(said) or type(error).__name__
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]} … {text[-_TAIL:]}"


def _first(error: BaseException) -> BaseException:
    """Return the exception that the others came from."""
    while (earlier := error.__cause__ or error.__context__) is not None:
        error = earlier
    return error


def _hide(found: re.Match[str]) -> str:
    user = found.group(1)
    return f"://{user}:{HIDDEN}@" if user is not None else f"://{HIDDEN}@"
