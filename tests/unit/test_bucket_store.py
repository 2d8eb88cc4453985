"""What a bucket adds to the contract: leases that run out, fencing, segments, patience."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from obstore.exceptions import GenericError, PermissionDeniedError
from obstore.store import MemoryStore

from hpsearch.common.errors import SearchFailed, UserError
from hpsearch.common.trial import Measurement
from hpsearch.store import open_store
from hpsearch.store.bucket import BucketStore, BucketStudy, Connection, Term
from hpsearch.store.bucket.answers import first_line, refusal
from hpsearch.store.bucket.lease_object import LEASE
from hpsearch.store.bucket.patience import Patience
from hpsearch.store.bucket.segments import Segment, to_segment
from hpsearch.store.bucket.writer import FOLD_AT
from hpsearch.store.documents import EXPERIMENT, JOURNAL, MANIFEST, REPORT
from tests.stored import save

ADDRESS = "s3://in-memory/studies"
SHORT = Term(seconds=5.0, renew=0.1)
NEVER = Term(seconds=0.5, renew=1000.0)
"""The lease of a driver that renews nothing: frozen, cut off or dead."""


class Bucket(Connection):
    """Objects in memory that count their requests and fail as often as they are told to."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__(ADDRESS, MemoryStore())
        self.error = error or GenericError("Error - Server returned status code: 503")
        self.failures = 0
        self.asked: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name not in {"get", "head", "put", "create", "replace", "delete", "below", "names"}:
            return found

        def request(*words: Any) -> Any:
            self.asked.append(name)
            if self.failures:
                self.failures -= 1
                raise self.error
            return found(*words)

        return request


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def study(bucket: Bucket) -> BucketStudy:
    return opened(bucket)


def opened(bucket: Bucket, term: Term = SHORT) -> BucketStudy:
    """Open the study as another process would."""
    return BucketStore(bucket, term).study("sample")


def at(step: int) -> Measurement:
    return Measurement(step, {"value": 1.0}, float(step))


# ---- the lease -----------------------------------------------------------------------------------


def test_a_lease_that_is_not_renewed_is_taken_and_who_lost_it_may_write_no_more(
    bucket: Bucket,
) -> None:
    frozen, other = opened(bucket, NEVER), opened(bucket)
    told: list[str] = []
    other.on_wait(told.append)
    with frozen.lease():
        journal = frozen.journal(writable=True)
        journal.append(b"line 1\n")
        journal.flush()
        journal.append(b"late\n")
        assert frozen.may_write() and other.may_write()
        with other.lease():
            assert other.may_write() and not frozen.may_write()
            taken = other.journal(writable=True)
            assert taken.read() == b"line 1\n"
            refused: list[Callable[[], object]] = [
                lambda: journal.append(b"later\n"),
                journal.flush,
                lambda: frozen.write(REPORT, b""),
                lambda: save(frozen.checkpoints, 0, at(1), {}),
                lambda: frozen.discard(EXPERIMENT),
            ]
            for write in refused:
                with pytest.raises(SearchFailed, match="lease-lost"):
                    write()
            taken.append(b"line 2\n")
            taken.close()
            assert other.read(JOURNAL) == b"line 1\nline 2\n" and not other.has(REPORT)
        assert not other.lease().is_held()
    assert "no longer renews its lease" in "".join(told) and len(told) == 1


def test_a_lease_that_is_renewed_is_refused_with_who_holds_it_since_when_and_until_when(
    bucket: Bucket,
) -> None:
    with (
        opened(bucket).lease(),
        pytest.raises(UserError, match=r"process \d+ on .*, since .* UTC; .* until .* UTC"),
        opened(bucket).lease(),
    ):
        pass


def test_no_clock_but_the_stores_tells_if_a_lease_has_run_out(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hpsearch.store.bucket.lease_object.datetime", None)
    with opened(bucket, NEVER).lease(), opened(bucket).lease():
        assert opened(bucket).lease().is_held()


def test_a_lease_holds_beyond_its_first_term(bucket: Bucket) -> None:
    with opened(bucket, Term(seconds=1.0, renew=0.01)).lease():
        while b'"renewals": 9' not in (opened(bucket).read(LEASE) or b""):
            assert opened(bucket).lease().is_held()


def test_of_many_that_take_a_free_lease_at_once_one_gets_it(bucket: Bucket) -> None:
    over, held, refused = threading.Event(), [], []

    def take() -> None:
        try:
            with opened(bucket).lease():
                held.append(1)
                over.wait(300)
        except UserError as error:
            refused.append(str(error))
            if len(refused) == 3:
                over.set()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == 1 and len(refused) == 3


def test_a_driver_that_was_only_late_goes_on(bucket: Bucket) -> None:
    study = opened(bucket, NEVER)
    with study.lease():
        journal = study.journal(writable=True)
        assert not threading.Event().wait(0.6)  # its lease has run out; nobody took it
        journal.append(b"line 1\n")
        journal.flush()
    assert study.read(JOURNAL) == b"line 1\n"


def test_a_store_that_ignores_conditions_is_refused(bucket: Bucket) -> None:
    put = bucket.put

    def create(path: str, data: bytes) -> Any:
        put(path, data)
        return bucket.head(path).version

    bucket.create = create  # type: ignore[method-assign]
    study = opened(bucket)
    with pytest.raises(UserError, match="no-conditional-writes"), study.lease():
        pass
    assert study.size() == 0 and not study.has(LEASE)


def test_a_lease_that_is_given_back_leaves_nothing(study: BucketStudy) -> None:
    with study.lease():
        assert study.has(LEASE)
    assert not study.has(LEASE)


# ---- the journal ---------------------------------------------------------------------------------


def test_a_writer_that_never_heard_of_the_next_one_collides_with_its_fence(
    bucket: Bucket,
) -> None:
    old, new = (opened(bucket).journal(writable=True) for _ in range(2))
    new.append(b"line 1\n")
    new.flush()
    old.append(b"late\n")
    for _ in range(2):
        with pytest.raises(SearchFailed, match="lease-lost"):
            old.flush()
    with pytest.raises(SearchFailed, match="lease-lost"):
        old.append(b"later\n")
    old.close()
    assert opened(bucket).read(JOURNAL) == b"line 1\n"


def test_an_answer_that_is_lost_doubles_nothing(bucket: Bucket, study: BucketStudy) -> None:
    journal = study.journal(writable=True)
    create = bucket.create
    lost: list[str] = []

    def arrives_without_answer(path: str, data: bytes) -> Any:
        made = create(path, data)
        if lost:
            return made
        lost.append(path)
        raise bucket.error

    bucket.create = arrives_without_answer  # type: ignore[method-assign]
    journal.append(b"line 1\n")
    journal.flush()
    journal.append(b"line 2\n")
    journal.flush()
    assert lost and study.read(JOURNAL) == b"line 1\nline 2\n"


def test_a_segment_that_was_cut_short_counts_as_nothing(bucket: Bucket, study: BucketStudy) -> None:
    journal = study.journal(writable=True)
    create = bucket.create
    cut: list[str] = []

    def cuts(path: str, data: bytes) -> Any:
        if cut:
            return create(path, data)
        cut.append(path)
        create(path, data[:-3])
        raise bucket.error

    bucket.create = cuts  # type: ignore[method-assign]
    journal.append(b"line 1\n")
    journal.flush()
    assert cut and study.read(JOURNAL) == b"line 1\n"
    again = opened(bucket).journal(writable=True)
    again.append(b"line 2\n")
    again.flush()
    assert study.read(JOURNAL) == b"line 1\nline 2\n"


@pytest.mark.parametrize("end", range(1, 80))
def test_a_segment_is_whole_or_none(end: int) -> None:
    whole = Segment("me", b"line 1\nline 2\n").to_bytes()
    assert to_segment(whole) == Segment("me", b"line 1\nline 2\n")
    assert end >= len(whole) or to_segment(whole[:end]) is None


@pytest.mark.parametrize("drivers", [1, FOLD_AT // 2])
def test_many_segments_are_folded_into_one_as_they_are_written(
    bucket: Bucket, drivers: int
) -> None:
    reader, seen = opened(bucket).journal(writable=False), b""
    lines = [b"line %d\n" % number for number in range(3 * FOLD_AT)]
    for number, line in enumerate(lines):
        if number % (len(lines) // drivers) == 0:
            journal = opened(bucket).journal(writable=True)
        journal.append(line)
        journal.flush()
        seen += reader.read() if number % 7 == 0 else b""
    assert seen + reader.read() == b"".join(lines)
    before = len(bucket.asked)
    assert opened(bucket).read(JOURNAL) == b"".join(lines)
    assert len(bucket.asked) - before < FOLD_AT + 10


def test_lines_that_nobody_flushes_reach_readers_soon(study: BucketStudy) -> None:
    journal = study.journal(writable=True)
    reader, seen = study.journal(writable=False), b""
    journal.append(b"line 1\n")
    for _ in range(100):
        seen += reader.read()
        if seen or threading.Event().wait(0.1):
            break
    assert seen == b"line 1\n"


def test_many_appends_are_one_request_at_the_flush(bucket: Bucket, study: BucketStudy) -> None:
    journal = study.journal(writable=True)
    before = len(bucket.asked)
    for _ in range(50):
        journal.append(b"line\n")
    journal.flush(wait=False)
    journal.flush()
    assert bucket.asked[before:] == ["create"]


def test_a_study_begun_anew_takes_no_late_line_of_the_driver_before(bucket: Bucket) -> None:
    old = opened(bucket).journal(writable=True)
    opened(bucket).reset()
    opened(bucket).journal(writable=True)
    old.append(b"late\n")
    old.close()
    assert opened(bucket).read(JOURNAL) == b""


# ---- what a kill leaves --------------------------------------------------------------------------


def test_a_checkpoint_without_its_manifest_is_none(study: BucketStudy) -> None:
    save(study.checkpoints, 0, at(1), {"a": b"1"})
    save(study.checkpoints, 0, at(2), {"a": b"2"})
    study.discard(f"trials/00000/checkpoints/step-000000002/{MANIFEST}")
    assert study.checkpoints.steps(0) == [1]
    latest = study.checkpoints.resumable(0)[0]
    assert latest.step == 1


def test_a_search_asks_for_the_checkpoints_of_all_trials_once(
    bucket: Bucket, study: BucketStudy
) -> None:
    with study.lease():
        kept = study.checkpoints
        save(kept, 0, at(1), {"a": b"1"})
        save(kept, 0, at(2), {"a": b"2"})
        kept.clean(0, keep=frozenset({2}))
        save(kept, 1, at(1), {"a": b"1"})
        assert kept.steps(0) == [2] and bucket.asked.count("below") == 1 + 3  # each commit looks
    assert study.checkpoints.steps(0) == [2] and study.checkpoints.steps(1) == [1]


def test_a_search_does_not_wait_for_removals_but_the_next_driver_does(
    bucket: Bucket, study: BucketStudy
) -> None:
    save(study.checkpoints, 0, at(1), {"a": b"1"})
    delete, may_go = bucket.delete, threading.Event()

    def slow(paths: Any) -> None:
        may_go.wait(300)
        delete(paths)

    with study.lease():
        bucket.delete = slow  # type: ignore[method-assign]
        study.checkpoints.clean(0, keep=frozenset())
        assert opened(bucket).checkpoints.steps(0) == [1]
        may_go.set()
    assert opened(bucket).checkpoints.steps(0) == []


def test_a_removal_that_was_killed_is_no_study_and_goes_with_the_next_lease(
    bucket: Bucket, study: BucketStudy
) -> None:
    study.journal(writable=True)
    study.write(EXPERIMENT, b"")
    delete, bucket.delete = bucket.delete, _killed  # type: ignore[method-assign]
    with pytest.raises(ZeroDivisionError):
        study.remove()
    bucket.delete = delete  # type: ignore[method-assign]
    store = BucketStore(bucket)
    assert not study.exists() and store.names() == [] and study.size() > 0
    assert study.unfinished_removal() == study.address
    with study.lease():
        assert not study.has(EXPERIMENT) and study.unfinished_removal() is None
    assert study.size() == 0


def _killed(paths: Any) -> None:
    raise ZeroDivisionError


def test_what_is_no_study_is_not_removed(study: BucketStudy) -> None:
    study.write("somebody.txt", b"else")
    with pytest.raises(UserError, match="not-a-study"):
        study.check_removable()


# ---- a store that does not answer ----------------------------------------------------------------


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hpsearch.store.bucket.patience.TELL_SECONDS", 0)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("hpsearch.store.bucket.patience.FIRST_PAUSE", 0.001)
    monkeypatch.setattr(Patience, "BEFORE_SECONDS", 0.05)
    monkeypatch.setattr(Patience, "DURING_SECONDS", 0.5)
    yield


@pytest.mark.usefixtures("talkative")
def test_a_search_waits_for_a_store_that_comes_back_and_says_so_once(
    bucket: Bucket, study: BucketStudy
) -> None:
    told: list[str] = []
    study.on_wait(told.append)
    with study.lease():
        journal = study.journal(writable=True)
        bucket.failures = 4
        journal.append(b"line 1\n")
        journal.flush()
        assert study.read(JOURNAL) == b"line 1\n"
    assert len(told) == 2 and "503" in told[0] and told[1].endswith("answers again")


def test_a_store_that_is_back_at_once_is_not_worth_a_word(
    bucket: Bucket, study: BucketStudy
) -> None:
    told: list[str] = []
    study.on_wait(told.append)
    bucket.failures = 2
    study.write(REPORT, b"")
    assert told == []


@pytest.mark.usefixtures("quick")
def test_a_store_that_stays_away_ends_a_search_with_what_to_do(bucket: Bucket) -> None:
    study = opened(bucket)
    with study.lease():
        journal = study.journal(writable=True)
        journal.append(b"line 1\n")
        journal.flush()
        bucket.failures = 10_000
        journal.append(b"line 2\n")
        with pytest.raises(SearchFailed, match="the same command resumes the search"):
            journal.flush()
        journal.close()
        bucket.failures = 0
    assert opened(bucket).read(JOURNAL) == b"line 1\n"


@pytest.mark.usefixtures("talkative")
def test_who_stops_at_once_waits_for_nothing_in_no_thread(
    bucket: Bucket, study: BucketStudy
) -> None:
    with study.lease():
        journal, waits = study.journal(writable=True), threading.Event()
        study.on_wait(lambda text: waits.set())
        bucket.failures = 10_000
        journal.append(b"line 1\n")
        raised: list[BaseException] = []

        def flush() -> None:
            try:
                journal.flush()
            except SearchFailed as error:
                raised.append(error)

        thread = threading.Thread(target=flush)
        thread.start()
        assert waits.wait(300)
        study.stop_waiting()
        thread.join(300)
        assert raised
        bucket.failures = 0


@pytest.mark.usefixtures("quick")
def test_a_store_that_does_not_answer_at_first_is_the_users_error(bucket: Bucket) -> None:
    bucket.failures = 10_000
    with pytest.raises(UserError, match="store-away"), opened(bucket).lease():
        pass


def test_a_store_was_away_since_the_first_request_that_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    async def request() -> None:
        raise GenericError("no answer")

    monkeypatch.setattr("hpsearch.store.bucket.patience.time.monotonic", lambda: now[0])
    monkeypatch.setattr("hpsearch.store.bucket.patience.asyncio.sleep", sleep)
    patience = Patience(ADDRESS)
    for _ in range(2):  # the second is not tried again
        with pytest.raises(UserError, match="did not answer for 6 s"):
            asyncio.run(patience(request))


def test_a_refusal_is_final_before_a_search_and_waited_out_during_it(bucket: Bucket) -> None:
    bucket.error = PermissionDeniedError("x - status code: 403 <Code>AccessDenied</Code>")
    study = opened(bucket)
    with study.lease():
        bucket.failures = 3
        study.write(REPORT, b"1")
    bucket.failures, before = 10_000, len(bucket.asked)
    with pytest.raises(UserError, match="bucket-denied"):
        study.write(REPORT, b"2")
    assert len(bucket.asked) == before + 1


ANSWERS = {
    "no-bucket": "404 Not Found: <Code>NoSuchBucket</Code><Message>The bucket is not.</Message>",
    "no-credentials": "Error performing PUT http://169.254.169.254/latest/api/token",
    "http-refused": "Error performing PUT http://x/ in 1µs - HTTP error: builder error",
    "bucket-denied": "non-2xx status code: 403 Forbidden: <Code>InvalidAccessKeyId</Code>",
}


@pytest.mark.parametrize(("code", "text"), ANSWERS.items())
def test_what_a_store_refuses_has_a_fault_of_its_own(code: str, text: str) -> None:
    fault = refusal(ADDRESS, GenericError(text))
    assert fault is not None and fault.code == code


@pytest.mark.parametrize("text", ["status code: 503 Slow Down", "error sending request", "409"])
def test_what_may_pass_is_no_refusal(text: str) -> None:
    assert refusal(ADDRESS, GenericError(text)) is None


def test_an_error_is_one_line_without_markup() -> None:
    text = "a - b: <Code>SlowDown</Code><Message>Reduce it. </Message>\n\nDebug source:\nmuch"
    assert first_line(GenericError(text)) == "SlowDown: Reduce it."
    assert first_line(GenericError("PUT http://x:1/a - HTTP error: refused\nmore")) == (
        "HTTP error: refused (x:1)"
    )


@pytest.mark.parametrize("address", ["s3://", "s3://bucket/a//b", "az://only"])
def test_an_address_that_cannot_be_one_is_refused_at_once(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
    with pytest.raises(UserError, match="unusable-address"):
        open_store(address)


@pytest.mark.parametrize("address", ["s3://bucket/a/b", "S3://bucket/a/b/", "s3:/bucket/a/b"])
def test_an_address_is_said_in_one_way(address: str) -> None:
    assert open_store(address).address == "s3://bucket/a/b"
