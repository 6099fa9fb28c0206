"""Finding the study that a command is about, in either home."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tunewright.api.problems import InvalidInput, Problem, unknown
from tunewright.cli.where import Where

if TYPE_CHECKING:
    from tunewright.report.view import StudyView

ROOT = Path(".tunewright")
REPORT = "report.html"


class FoundStudy(Protocol):
    """A study to be read."""

    @property
    def report(self) -> Path:
        """Where its report goes, unless its user says otherwise."""

    def view(self) -> "AbstractContextManager[StudyView]":
        """The study as it is now, for as long as the block lasts."""


def find(where: Where, study: str | None, trial: str = "") -> FoundStudy:
    """The study of that name; where it has none, the one that `trial` belongs to, or the only one.

    Raises:
        InvalidInput: there is none, or several.
        CannotBeDone: the cluster cannot be asked.
    """
    if not where.in_cluster:
        return LocalStudy(_directory(where.directory, study))
    # Not imported for a study on this machine: the Kubernetes client takes a while.
    from tunewright.cli.cluster import find_in_cluster

    return find_in_cluster(where, study, trial)


@dataclass(frozen=True)
class LocalStudy:
    """A study on this machine, by its folder."""

    directory: Path

    @property
    def report(self) -> Path:
        """In its folder."""
        return self.directory / REPORT

    def view(self) -> "AbstractContextManager[StudyView]":
        """As it is stored."""
        from tunewright.local.view import view_of

        return view_of(self.directory)


def _directory(directory: Path | None, study: str | None) -> Path:
    if directory is not None:
        return directory
    found = {path.parent.name: path.parent for path in sorted(ROOT.glob("*/study.db"))}
    if not found:
        raise _refused("no study here; name its folder with --dir, or its --namespace in a cluster")
    if study is None and len(found) > 1:
        listed = ", ".join(map(str, found.values()))
        raise _refused(f"several studies here; choose with --dir one of {listed}")
    if study is not None and study not in found:
        raise _refused(unknown("study", study, found))
    return found[study or next(iter(found))]


def _refused(message: str) -> InvalidInput:
    return InvalidInput([Problem("", message)], str(ROOT))
