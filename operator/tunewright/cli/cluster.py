"""Finding a study in a cluster, and what is said where that cannot be had."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunewright.api.problems import InvalidInput, Problem, unknown
from tunewright.cli.failures import CannotBeDone
from tunewright.cli.where import Where
from tunewright.cluster.api_error import ApiError, NotFound, Refused, Unavailable
from tunewright.cluster.gateway import NAMESPACES, STUDIES, TRIALS, Gateway
from tunewright.cluster.view import view_of
from tunewright.report.view import StudyView

_UNAUTHORIZED, _FORBIDDEN = 401, 403


@dataclass(frozen=True)
class Cluster:
    """One namespace of a cluster, as a command's user sees it."""

    gateway: Gateway
    namespace: str
    kubectl: str

    @classmethod
    def of(cls, where: Where) -> "Cluster":
        """The one that is meant.

        Raises:
            InvalidInput: nothing says how to reach it.
        """
        kubeconfig = None if where.kubeconfig is None else str(where.kubeconfig)
        gateway = Gateway.connect(where.context, kubeconfig)
        return cls(gateway, where.namespace or gateway.default_namespace, where.kubectl())

    def study(self, name: str) -> dict[str, Any]:
        """The study of that name, as it is stored.

        Raises:
            InvalidInput: there is none.
            ApiError: the cluster cannot be asked.
        """
        try:
            return self.gateway.get(STUDIES, self.namespace, name)
        except NotFound:
            raise self._refused(unknown("study", name, self._studies())) from None

    def study_of(self, trial: str) -> str:
        """The name of the study that a trial belongs to; where nothing is known of it, of the only one.

        Raises:
            InvalidInput: there is none, or several.
            ApiError: the cluster cannot be asked.
        """
        if trial and not trial.isdigit():  # a number is an index, which every study has
            try:
                return str(self.gateway.get(TRIALS, self.namespace, trial)["spec"]["study"])
            except NotFound:
                pass
        names = self._studies()
        if len(names) == 1:
            return names[0]
        if trial and not trial.isdigit():
            raise self._refused(f"no trial is named {trial}")
        option = "--study " if trial else ""
        raise self._refused(f"several studies; choose with {option}one of {', '.join(names)}")

    def _studies(self) -> list[str]:
        """The names of the studies, at least one."""
        try:
            names = [study["metadata"]["name"] for study in self.gateway.list(STUDIES, self.namespace)]
        except NotFound:
            raise CannotBeDone(
                "Tunewright is not installed in this cluster: it has no HyperparameterStudy; "
                "see docs/install.md"
            ) from None
        if not names:
            raise self._refused("no study here" if self._exists() else "no namespace has this name")
        return sorted(names)

    def _exists(self) -> bool:
        """Whether there is the namespace; it counts as there for a user who may not see it."""
        try:
            self.gateway.get(NAMESPACES, None, self.namespace)
        except NotFound:
            return False
        except Refused:
            pass
        return True

    def _refused(self, message: str) -> InvalidInput:
        return InvalidInput([Problem("", message)], f"namespace {self.namespace}")


@dataclass(frozen=True)
class ClusterStudy:
    """A study in a cluster."""

    cluster: Cluster
    name: str

    @property
    def report(self) -> Path:
        """In the current folder."""
        return Path(f"{self.name}-report.html")

    @contextmanager
    def view(self) -> Iterator[StudyView]:
        """As its objects say."""
        cluster = self.cluster
        with explained(), view_of(cluster.gateway, cluster.namespace, self.name, cluster.kubectl) as view:
            yield view


def find_in_cluster(where: Where, study: str | None, trial: str = "") -> ClusterStudy:
    """As `tunewright.cli.studies.find`."""
    with explained():
        cluster = Cluster.of(where)
        if study is None:
            study = cluster.study_of(trial)
        else:
            cluster.study(study)
    return ClusterStudy(cluster, study)


@contextmanager
def explained() -> Iterator[None]:
    """What a cluster says in the block, in words of what its user can do.

    Raises:
        CannotBeDone: the cluster did not do what was asked.
    """
    try:
        yield
    except Unavailable as error:
        raise CannotBeDone(f"the cluster cannot be asked: {error.message}") from error
    except ApiError as error:
        says = {_UNAUTHORIZED: "the cluster does not accept your credentials", _FORBIDDEN: "not permitted"}
        raise CannotBeDone(f"{says.get(error.code, 'the cluster refuses')}: {error.message}") from error
