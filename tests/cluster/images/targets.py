"""The images of the tests: the Dockerfile's own two, and a plain one that knows nothing of Tunewright."""

import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster.images import base, package_index
from tests.cluster.images.storage import Storage

CONTEXT = Path(__file__).parents[3]
VERSION: str = tomllib.loads((CONTEXT / "pyproject.toml").read_text())["project"]["version"]

NAMES = {
    "operator": f"localhost/tunewright/operator:{VERSION}",
    "trainer": f"localhost/tunewright/trainer:{VERSION}",
    "shell": "localhost/tunewright-tests/shell:1",
}
"""As a pod names them. `localhost` keeps a container runtime from adding the name of a registry."""


def build(target: str, storage: Storage) -> str:
    """Build what has changed since the last time, and answer the image's name; progress: standard error.

    Raises:
        BuildError: it cannot be built.
        Unavailable: there is no base image, and none can be made here.
    """
    foundation = base.ensure(storage)
    if target == "shell":
        storage.run("tag", foundation, NAMES[target])
    else:
        _build(target, NAMES[target], foundation, storage)
    return NAMES[target]


def build_dependencies(target: str, storage: Storage) -> str:
    """As `build`, of all below Tunewright's own code in a target of the Dockerfile."""
    name = f"localhost/tunewright-tests/{target}-dependencies:{VERSION}"
    _build(f"{target}-dependencies", name, base.ensure(storage), storage)
    return name


def _build(stage: str, name: str, foundation: str, storage: Storage) -> None:
    print(f"building {name}", file=sys.stderr, flush=True)
    with TemporaryDirectory() as directory:
        storage.run(
            "build",
            "--layers",
            "--isolation=chroot",
            "--network=host",
            "--pull-never",
            f"--build-arg=BASE={foundation}",
            *package_index.build_options(Path(directory)),
            f"--target={stage}",
            f"--tag={name}",
            str(CONTEXT),
            show=True,
        )
