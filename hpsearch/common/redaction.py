"""Addresses and messages without credentials. Imports nothing of hpsearch."""

import re
import socket

_PASSWORD = re.compile(r"://(?:([^\s:/@]*):(?!\d+[/?#])\S*@|[^\s:/@]+@)")
"""`://user:password@` or `://token@`; a port before a path that holds an `@` is neither."""
_QUERY = re.compile(r"(?i)([?&;]\w*(?:password|passwd|pwd|token|secret|key)=)[^&;\s'\"]+")

_HEAD, _TAIL = 180, 120  # characters; of an HTTP error the cause stands at the end


def redacted(text: str) -> str:
    """Return the text with every password and token in an address as `***`.

    Where it is unclear what the password is, more is hidden rather than less.
    """
    return _QUERY.sub(r"\1***", _PASSWORD.sub(_hide, text))


def problem(error: BaseException) -> str:
    """Return what an exception says on one short line, without credentials.

    Of a connection that failed it is the system's word, not what each layer above says of it.
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
    return f"://{user}:***@" if user is not None else "://***@"
