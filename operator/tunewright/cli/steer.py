"""The commands that steer a study in a cluster: suspend, resume, cancel."""

import click

from tunewright.api.problems import InvalidInput, Problem
from tunewright.api.study_status import Phase
from tunewright.cli.cluster import Cluster, explained
from tunewright.cli.failures import CannotBeDone
from tunewright.cli.where import Where
from tunewright.cluster.gateway import STUDIES

_OVER = [phase for phase in Phase if phase.terminal]


def suspend(where: Where, study: str) -> None:
    """Have what runs end with a checkpoint, and start nothing new."""
    _set(where, study, "suspend", True, "is to be suspended: what runs saves a checkpoint and ends")


def resume(where: Where, study: str) -> None:
    """Let a suspended study go on."""
    _set(where, study, "suspend", False, "is to go on")


def cancel(where: Where, study: str) -> None:
    """Give a study up: what runs is stopped, and nothing more is started."""
    _set(where, study, "cancel", True, "is to end: what runs is stopped, what was found stays")


def _set(where: Where, name: str, field: str, value: bool, outlook: str) -> None:
    """Set a field of a study's spec, and say what comes of it.

    Raises:
        InvalidInput: there is no such study, or it is over.
        CannotBeDone: the cluster did not do it.
    """
    with explained():
        cluster = Cluster.of(where)
        study = cluster.study(name)  # plain: one that no model can read is cancelled all the same
        status = study.get("status", {})
        if status.get("phase") in _OVER:
            ending = ", ".join(filter(None, (status["phase"], status.get("reason"))))
            raise InvalidInput([Problem("", f"it is over: {ending}")], f"study {cluster.namespace}/{name}")
        if study["spec"].get(field, False) == value:
            outlook = f"has spec.{field}: {str(value).lower()} already"
        else:
            changed = cluster.gateway.merge(STUDIES, cluster.namespace, name, {"spec": {field: value}})
            if changed["spec"].get(field, False) != value:  # the server drops what it does not know
                raise CannotBeDone(f"the Tunewright of this cluster is older, and has no spec.{field}")
    click.echo(f"Study {name} in namespace {cluster.namespace} {outlook}.")
