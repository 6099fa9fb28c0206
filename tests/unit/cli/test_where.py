from pathlib import Path

import pytest

from tunewright.cli.where import Where


@pytest.mark.parametrize(
    ("where", "in_cluster"),
    [
        (Where(), False),
        (Where(directory=Path("out")), False),
        (Where(namespace="team-a"), True),
        (Where(context="prod"), True),
        (Where(kubeconfig=Path("config")), True),
    ],
)
def test_each_option_of_a_cluster_means_one(where: Where, in_cluster: bool) -> None:
    assert where.in_cluster is in_cluster


def test_kubectl_is_called_for_the_same_cluster() -> None:
    assert Where(namespace="team-a").kubectl() == "kubectl"
    where = Where(context="my prod", kubeconfig=Path("a/b"))
    assert where.kubectl() == "kubectl --kubeconfig a/b --context 'my prod'"
