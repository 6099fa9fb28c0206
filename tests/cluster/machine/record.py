"""What is known of a cluster from outside, kept in its state folder."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.cluster.machine import places
from tests.cluster.machine.network import Network
from tests.cluster.machine.processes import Process


@dataclass
class Record:
    """The content of `cluster.json`: there as soon as the machine within the machine is there."""

    name: str
    network: Network
    store: Path
    """containerd's folder: the images stay in it when the cluster goes."""
    init: Process
    components: dict[str, Process] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return places.state(self.name)

    def write(self) -> None:
        new = self.state / "cluster.json.new"
        new.write_text(json.dumps(asdict(self), default=str, indent=1))
        new.replace(self.state / "cluster.json")

    @classmethod
    def read(cls, name: str) -> "Record | None":
        try:
            found = json.loads((places.state(name) / "cluster.json").read_text())
        except FileNotFoundError:
            return None
        components = {key: Process(**value) for key, value in found["components"].items()}
        return cls(
            name, Network(**found["network"]), Path(found["store"]), Process(**found["init"]), components
        )

    def log(self, component: str) -> Path:
        return self.state / f"{component}.log"

    def runs(self, component: str) -> bool:
        return component in self.components and self.components[component].alive()

    def dead(self) -> list[str]:
        return [name for name in self.components if not self.runs(name)]
