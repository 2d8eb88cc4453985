"""What can go wrong with a store: what happened, why, how to fix it."""

from collections.abc import Iterable
from pathlib import Path

from hpsearch.common.errors import Fault, did_you_mean


def store_unknown(address: object) -> Fault:
    return Fault(
        "unknown-store",
        f"studies cannot be kept at {address!r}.",
        "they are kept in a folder, in a bucket (`s3://`, `gs://`, `az://`), or in `memory://`.",
        "pass one of these with `--studies` or HPSEARCH_STUDIES.",
    )


def study_busy(name: str, owner: str) -> Fault:
    return Fault(
        "study-busy",
        f"another `hpsearch` is running the study `{name}`.",
        f"its driver is {owner}.",
        "wait for it or stop it; a study has one driver at a time.",
    )


def study_missing(name: str, place: str, known: Iterable[str]) -> Fault:
    words = list(known)
    if place.startswith("memory://"):
        why = "studies in memory end with the process that searched, and no other sees them."
        otherwise = "open it in the process that searched, or search in a folder."
        fix = did_you_mean(name, words, otherwise)
        return Fault("no-study", f"there is no study `{name}` in {place!r}.", why, fix)
    hint = f"{did_you_mean(name, words)} (`hpsearch ls` lists them.)"
    return Fault(
        "no-study",
        f"there is no study `{name}` in {place!r}.",
        "no search of that name was started there." if words else "no search was started there.",
        hint if words else "go to the folder of your search, or pass its `studies` to `--studies`.",
    )


def study_incomplete(name: str, document: str, problem: str) -> Fault:
    return Fault(
        "incomplete-study",
        f"the study `{name}` cannot be opened: its {document} is missing or damaged.",
        problem,
        f"restore {document} from a backup, or start anew with `hpsearch run EXPERIMENT --fresh`.",
    )


def study_is_link(folder: str, name: str, place: str) -> Fault:
    return Fault(
        "linked-study",
        f"{folder!r} is a link and was not removed.",
        f"its study is in {f'{place}/{name}'!r}, where others may use it.",
        f"remove it there: `hpsearch rm {name} --studies {place}`; then the link.",
    )


def folder_without_study(folder: str) -> Fault:
    return Fault(
        "not-a-study",
        f"{folder!r} holds no study and was not removed.",
        "there is no journal in it, which every search writes first.",
        "check what it is; if you do not need it, remove it by hand.",
    )


def removal_unfinished(name: str, problem: str) -> Fault:
    return Fault(
        "unfinished-removal",
        f"the folder of `{name}` cannot be removed completely.",
        problem,
        "fix that; the same command removes the rest.",
    )


def journal_unwritable(address: str, problem: str) -> Fault:
    return Fault(
        "unwritable-journal",
        f"{address!r} can no longer be written.",
        f"{problem}; a search without a journal would lose its trials, so it stopped.",
        "free some space there; the same command resumes the search.",
    )


def journal_unreadable(address: str, problem: str) -> Fault:
    return Fault(
        "unreadable-journal",
        f"{address!r} cannot be read.",
        f"{problem}.",
        "make it readable for you, or restore the file from a backup.",
    )


def journal_shared(address: str) -> Fault:
    return Fault(
        "shared-journal",
        f"another program has written trials into {address!r} during the search.",
        "two writers would mix up their trials, so the search stopped; all results are saved.",
        "stop the other program; the same command resumes the search with its trials included.",
    )


def journal_gone(address: str) -> Fault:
    return Fault(
        "journal-gone",
        f"{address!r} was deleted, renamed or replaced during the search.",
        "results written to it would be lost, so the search stopped.",
        "move the folder back and run the same command; if it was deleted, that starts anew.",
    )


def folder_unwritable(folder: Path, problem: str) -> Fault:
    return Fault(
        "unwritable-folder",
        f"{str(folder)!r} cannot be written.",
        problem,
        "make it writable for you, free some space, or choose another folder.",
    )
