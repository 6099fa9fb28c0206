"""A cluster that somebody else runs: kubectl and helm work; what needs its machine does not."""

import os
from pathlib import Path

from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.errors import Unavailable

VARIABLE = "TUNEWRIGHT_TEST_KUBECONFIG"


def find() -> Cluster | None:
    """The cluster that the environment names; None where it names none.

    Raises:
        Unavailable: it names a file that is not there.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    if not Path(named).is_file():
        raise Unavailable(f"{VARIABLE}={named}: there is no such file")
    return Cluster("given", Path(named), Path("kubectl"), Path("helm"))
