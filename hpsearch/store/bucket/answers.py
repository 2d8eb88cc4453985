"""What the errors of an object store mean. The texts are those of S3, Google and Azure."""

import re

from obstore.exceptions import NotSupportedError

from hpsearch.common.errors import Fault
from hpsearch.store.bucket import faults

NO_BUCKET = re.compile(
    r"NoSuchBucket|ContainerNotFound|specified (bucket|container) does not exist"
)
NO_CREDENTIALS = re.compile(r"169\.254\.\d+\.\d+|metadata\.google\.internal|MissingCredentials")
"""Without any, the cloud's machine is asked for them, at these addresses."""

NO_HTTP = "builder error"
DENIED = re.compile(r"status code: 40[13]\b")
SERVER = re.compile(r"https?://([^/\s]+)")
MESSAGE = re.compile(r"<Code>(\w+)</Code>\s*<Message>([^<]*)</Message>")


def first_line(error: BaseException) -> str:
    """Return what went wrong in one line, without the answer's XML; with the server's name."""
    text = str(error)
    if found := MESSAGE.search(text):
        return f"{found[1]}: {found[2].strip()}"
    line = text.splitlines()[0] if text else type(error).__name__
    asked, _, problem = line.partition(" - ")
    server = SERVER.search(asked)
    return f"{problem.strip()} ({server[1]})" if problem and server else problem or line


def is_bucket_missing(error: BaseException) -> bool:
    """Return whether an error says that there is no such bucket."""
    return NO_BUCKET.search(str(error)) is not None


def refusal(address: str, error: BaseException) -> Fault | None:
    """Return why a store refuses what it is asked; None if the same may work in a moment."""
    text = str(error)
    if is_bucket_missing(error):
        return faults.bucket_missing(address)
    if NO_CREDENTIALS.search(text):
        return faults.credentials_missing(address)
    if NO_HTTP in text:
        return faults.http_refused(address)
    if isinstance(error, NotSupportedError):
        return faults.conditions_missing(address)
    if DENIED.search(text):
        return faults.bucket_denied(address, first_line(error))
    return None
