"""Where a study is looked for: on this machine, or in a cluster."""

import shlex
from pathlib import Path
from typing import NamedTuple


class Where(NamedTuple):
    """What the options of a command say of it.

    Attributes:
        directory: the study's folder on this machine.
        namespace: its namespace; the context's own if left out.
        context: the cluster, by its name in the kubeconfig file; that file's current one if left out.
        kubeconfig: the file; kubectl's own choice if left out.
    """

    directory: Path | None = None
    namespace: str | None = None
    context: str | None = None
    kubeconfig: Path | None = None

    @property
    def in_cluster(self) -> bool:
        """Whether a cluster is meant."""
        return (self.namespace, self.context, self.kubeconfig) != (None, None, None)

    def kubectl(self) -> str:
        """How to call kubectl for the same cluster, its namespace left out."""
        words = ["kubectl"]
        if self.kubeconfig is not None:
            words += ["--kubeconfig", str(self.kubeconfig)]
        if self.context is not None:
            words += ["--context", self.context]
        return shlex.join(words)
