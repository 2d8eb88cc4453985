"""What `resources.ray_address` may be, as far as its text tells. Imports no ray."""

import re

from hpsearch.common.errors import Fault
from hpsearch.workers import faults

AUTO = "auto"
"""The cluster that RAY_ADDRESS names, or that runs on this machine."""

PLACE = re.compile(r"(?P<host>[^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):(?P<port>[0-9]{1,5})")


def split_address(address: str) -> tuple[str, int] | None:
    """Return host and port of `host:port`, None of anything else; IPv6 stands in brackets."""
    match = PLACE.fullmatch(address)
    if match is None or not 0 < int(match["port"]) < 65536:
        return None
    return match["host"].strip("[]"), int(match["port"])


def address_faults(address: str | None) -> list[Fault]:
    """Return what is wrong with the text of an address; None starts Ray on this machine."""
    if address is None or address == AUTO or split_address(address) is not None:
        return []
    if address.startswith("ray://"):
        return [faults.ray_client_address(address)]
    if address.startswith(("http://", "https://")):
        return [faults.ray_dashboard_address(address)]
    return [faults.ray_address_unusable(address)]
