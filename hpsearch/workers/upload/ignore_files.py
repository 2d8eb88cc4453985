"""What .gitignore and .rayignore say, by git's rules.

A rule in a folder below comes before one above, and .rayignore before the .gitignore beside it: so
`!data/` in .rayignore sends what .gitignore names. The .gitignore files above the folder that is
sent count too, up to the repository's root.
"""

from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

GIT = ".gitignore"
RAY = ".rayignore"


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a path: that it is left out, or sent; `by` is the name of its file."""

    leaves_out: bool
    by: str


@dataclass(frozen=True)
class IgnoreFile:
    """A file of rules; `before` is asked if it says nothing."""

    file: Path
    rules: GitIgnoreSpec
    before: "IgnoreFile | None"

    def verdict(self, path: Path, *, is_folder: bool) -> Verdict | None:
        """Return the verdict on a path below its folder; None if no rule is about it."""
        name = path.relative_to(self.file.parent).as_posix() + ("/" if is_folder else "")
        found = self.rules.check_file(name).include
        if found is not None:
            return Verdict(found, self.file.name)
        return self.before.verdict(path, is_folder=is_folder) if self.before else None


def rules_above(root: Path) -> IgnoreFile | None:
    """Return the rules that a repository has above a folder of it.

    None if the folder itself is ignored there: what is meant by that is not its content.
    """
    rules = None
    for folder in reversed(_within_repository(root)):
        rules = _with(folder / GIT, rules)
    verdict = rules.verdict(root, is_folder=True) if rules else None
    return None if verdict is not None and verdict.leaves_out else rules


def rules_in(folder: Path, before: IgnoreFile | None) -> IgnoreFile | None:
    """Return the rules for what is in a folder; `before` are those above it."""
    return _with(folder / RAY, _with(folder / GIT, before))


def _with(file: Path, before: IgnoreFile | None) -> IgnoreFile | None:
    try:
        lines = file.read_text(errors="replace").splitlines()
    except OSError:
        return before
    return IgnoreFile(file, GitIgnoreSpec.from_lines(lines), before)


def _within_repository(root: Path) -> list[Path]:
    """Return the folders above one, nearest first, up to its repository's root; else none."""
    above = [root, *root.parents]
    top = next((index for index, one in enumerate(above) if (one / ".git").exists()), 0)
    return above[1 : top + 1]
