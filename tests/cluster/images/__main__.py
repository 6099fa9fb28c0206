"""Builds images and prints the archives to load, in their order.

python -m tests.cluster.machine load $(python -m tests.cluster.images operator trainer shell)
"""

import argparse
import sys
from pathlib import Path

from tests.cluster.images import archives
from tests.cluster.images.storage import BuildError, Storage
from tests.cluster.images.targets import NAMES
from tests.cluster.machine.errors import Unavailable


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.images", description=__doc__)
    parser.add_argument("targets", nargs="+", choices=NAMES)
    parser.add_argument("--out", type=Path, default=archives.directory(), help="where archives go")
    options = parser.parse_args()
    try:
        storage = Storage.open()
        for target in options.targets:
            print(*archives.make(target, storage, options.out), sep="\n", flush=True)
    except (BuildError, Unavailable) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
