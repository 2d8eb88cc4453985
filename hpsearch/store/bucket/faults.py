"""What can go wrong with a bucket: what happened, why, how to fix it."""

from hpsearch.common.errors import Fault

GUIDE = "docs/guides/buckets.md"


def address_unusable(address: str, problem: str) -> Fault:
    return Fault(
        "unusable-address",
        f"studies cannot be kept at {address!r}.",
        f"{problem}.",
        f"give it as `s3://BUCKET/PATH`, `gs://BUCKET/PATH` or `az://CONTAINER/PATH`; see {GUIDE}.",
    )


def bucket_missing(address: str) -> Fault:
    return Fault(
        "no-bucket",
        f"there is no bucket for {address!r}.",
        "the store says that it does not exist.",
        "create it, or check its name, region and endpoint; hpsearch creates no buckets.",
    )


def bucket_denied(address: str, problem: str) -> Fault:
    return Fault(
        "bucket-denied",
        f"the store refuses what hpsearch asks of {address!r}.",
        f"{problem}.",
        f"check the credentials; a search needs to read, write, list and delete there ({GUIDE}).",
    )


def credentials_missing(address: str) -> Fault:
    return Fault(
        "no-credentials",
        f"there are no credentials for {address!r}.",
        "none are in the environment, and this machine has no role that gives some.",
        f"set them, for S3 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; see {GUIDE}.",
    )


def conditions_missing(address: str) -> Fault:
    return Fault(
        "no-conditional-writes",
        f"studies cannot be kept at {address!r}.",
        "the store ignores conditional writes, by which one of two drivers is kept out.",
        f"use a store that has them: S3, Google Cloud Storage, Azure, MinIO, R2; see {GUIDE}.",
    )


def http_refused(address: str) -> Fault:
    return Fault(
        "http-refused",
        f"{address!r} cannot be reached over plain HTTP.",
        "its endpoint begins with `http://`, which must be allowed.",
        "set AWS_ALLOW_HTTP=true (for others AZURE_ or GOOGLE_), or use `https://`.",
    )


def store_away(address: str, problem: str, seconds: float) -> Fault:
    return Fault(
        "store-away",
        f"{address!r} did not answer for {seconds:.0f} s.",
        f"{problem}.",
        "check the network and the endpoint; then run the same command again.",
    )


def search_cut_off(address: str, problem: str, seconds: float) -> Fault:
    return Fault(
        "store-away",
        f"{address!r} did not answer for {seconds:.0f} s, so the search stopped.",
        f"{problem}; every trial that finished before is there.",
        "when it answers again, the same command resumes the search.",
    )


def study_leased(name: str, owner: str, since: str, until: str) -> Fault:
    return Fault(
        "study-busy",
        f"another `hpsearch` is running the study `{name}`.",
        f"its driver is {owner}, since {since}; it renews its lease, now until {until}.",
        "wait for it or stop it; a study has one driver at a time.",
    )


def lease_lost(name: str, owner: str) -> Fault:
    return Fault(
        "lease-lost",
        f"the study `{name}` has another driver now: {owner}; this one may write no more.",
        "this process did not renew its lease in time: it was frozen, or cut off from the store.",
        "nothing to repair: each finished trial is there once; `hpsearch show` follows the other.",
    )
