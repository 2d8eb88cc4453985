"""Ports of servers that tests start. Nobody else gets one between its choice and its server."""

import socket


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port that this process keeps until it ends."""
    return keep_port(0, host)


def keep_port(port: int, host: str = "127.0.0.1") -> int:
    """Keep a port until this process ends; raises OSError if somebody has it.

    It is bound and never listened on: with SO_REUSEADDR, as servers have it, another may listen.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind((host, port))
    except OSError:
        holder.close()
        raise
    found: int = holder.getsockname()[1]
    holder.detach()  # stays open
    return found
