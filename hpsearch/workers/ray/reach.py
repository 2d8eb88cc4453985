"""Whether this process can join the Ray at an address, told within seconds.

Ray itself tries for 20 seconds and longer, prints a line in each, and says neither that a token is
wrong nor that something else than Ray listens there (2.60).
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray._common.usage.usage_lib import get_cluster_metadata
from ray._private import services, utils
from ray._private.authentication import authentication_token_setup
from ray.exceptions import AuthenticationError, RayError

from hpsearch.common.errors import Fault, UserError
from hpsearch.workers.addresses import AUTO, split_address
from hpsearch.workers.ray import faults

CONNECT_SECONDS = 10.0
"""How long a cluster may take to answer at all."""

HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
"""What a client of HTTP/2 says first: its preface, and empty settings (RFC 9113, 3.4)."""

SETTINGS = 4
"""The type of the frame that a server says first; it stands at the fourth place."""

WITHOUT_TOKEN = '{"AUTH_MODE": "disabled"}'  # noqa: S105 (a setting of Ray's, no secret)

_compiled: Any = ray._raylet
_utils: Any = utils
_token: Any = authentication_token_setup


def read_environment(settings: str = "") -> None:
    """Have Ray read its environment again: it may have been imported before we prepared that."""
    _compiled.Config.initialize(settings)
    _compiled.AuthenticationTokenLoader.instance().reset_cache()


def check_reachable(address: str) -> None:
    """Raise UserError if no Ray answers there, it refuses us, or it is of another version."""
    found = _found(address) if address == AUTO else address
    if found is None:
        return  # Ray says it well, and at once
    named = address if address == found else f"{address} ({found})"
    _refuse_if_no_ray_listens(found, named)
    theirs = _metadata(found, named)
    _refuse_other_versions(theirs, named)
    if os.environ.get("RAY_AUTH_MODE") == "token" and _takes_us_without_token(found):
        raise UserError(faults.ray_token_unwanted(named))


def _found(address: str) -> str | None:
    """Return the address that Ray finds in RAY_ADDRESS or in its files, None if there is none."""
    try:
        place: str | None = services.canonicalize_bootstrap_address(address)
    except ValueError as error:
        raise UserError(faults.ray_unreachable(address, str(error))) from None
    return place


def _refuse_if_no_ray_listens(address: str, named: str) -> None:
    """Raise UserError if nobody listens, or what listens does not speak as Ray does."""
    place = split_address(address)
    if place is None:
        return
    try:
        with socket.create_connection(place, timeout=CONNECT_SECONDS) as connection:
            if os.environ.get("RAY_USE_TLS", "0") != "0":
                return
            connection.sendall(HTTP2)
            is_http2 = connection.recv(9)[3:4] == bytes((SETTINGS,))
    except OSError as error:
        raise UserError(faults.ray_unreachable(named, str(error))) from None
    if not is_http2:
        raise UserError(faults.ray_unreachable(named, "another program than Ray listens there."))


def _metadata(address: str, named: str) -> dict[str, str]:
    try:
        # without a token that it can read, Ray's C++ ends the process
        _token.ensure_token_if_auth_enabled(create_token_if_missing=False)
        with _silent():
            found: dict[str, str] = get_cluster_metadata(_compiled.GcsClient(address=address))
    except AuthenticationError as error:
        raise UserError(_refused(named, str(error))) from None
    except (RayError, RuntimeError, AttributeError) as error:
        raise UserError(faults.ray_unreachable(named, f"it answers: {error}.")) from None
    return found


def _refused(named: str, problem: str) -> Fault:
    """Return why a cluster refuses us: which token was sent, if any."""
    mode = os.environ.get("RAY_AUTH_MODE")
    if mode != "token":
        return faults.ray_token_missing(named, f"RAY_AUTH_MODE is `{mode}` here")
    if "InvalidAuthToken" not in problem:  # there is none to send
        return faults.ray_token_missing(named, problem.partition(". ")[0])
    names = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
    source = next((name for name in names if os.environ.get(name)), "~/.ray/auth_token")
    return faults.ray_token_wrong(named, source)


def _refuse_other_versions(theirs: dict[str, str], named: str) -> None:
    try:
        _utils.check_version_info(theirs, "this machine")
    except RuntimeError:
        ours = _utils.compute_version_info()
        other = faults.ray_version(named, (theirs["ray_version"], theirs["python_version"]), ours)
        raise UserError(other) from None


def _takes_us_without_token(address: str) -> bool:
    """Return whether a cluster needs no token: its workers send none, and we would refuse them."""
    read_environment(WITHOUT_TOKEN)
    try:
        with _silent():
            _compiled.GcsClient(address=address)
    except RayError:
        return False
    finally:
        read_environment()
    return True


@contextmanager
def _silent() -> Iterator[None]:
    """Keep Ray's C++ from printing, for the few milliseconds of a call."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
