"""A free port of this machine."""

import socket

from hpsearch.cli import faults
from hpsearch.cli.output import note
from hpsearch.cli.programs import HOST
from hpsearch.common.errors import UserError

PORTS = 100
"""So many ports are tried, one after another."""


def free_port(wanted: int | None, first: int) -> int:
    """Return the wanted port or the first free one; raises UserError if it is not free."""
    ports = range(first, first + PORTS) if wanted is None else [wanted]
    free = next(filter(_is_free, ports), None)
    if free is None:
        raise UserError(faults.port_taken(ports[0]))
    if wanted is None and free != first:
        note(f"port {first} is taken; using {free}.", "yellow")
    return free


def _is_free(port: int) -> bool:
    """Return whether the port of this machine is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
