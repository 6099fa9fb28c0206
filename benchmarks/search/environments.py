"""Makes the environments that the peers run in, `.venv-bench/<environment>`, from locked requirements.

    python -m benchmarks.search.environments optuna-gp smac
    python -m benchmarks.search.environments all

A requirement file lists everything, dependencies included, and is installed without resolving: peers with
conflicting or obsolete constraints install all the same. Where its first line is `# torch: shared`, the
torch of the interpreter that runs this, with all that torch requires, is linked rather than installed.
"""

import argparse
import hashlib
import re
import subprocess
import sys
import venv
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from benchmarks.search.peers import PEERS, PROJECT

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".venv-bench"
REQUIREMENTS = Path(__file__).parent / "peers" / "requirements"
SHARES_TORCH = "# torch: shared\n"


def interpreter_of(peer: str) -> Path | None:
    """The Python that a peer runs in; None while its environment is not made, or is of older requirements.

    Raises:
        KeyError: there is no such peer.
    """
    environment = PEERS[peer].environment
    if environment == PROJECT:
        return Path(sys.executable)
    installed = ENVIRONMENTS / environment / "requirements.txt"
    if not installed.exists() or installed.read_text() != _requirements(environment):
        return None
    return ENVIRONMENTS / environment / "bin" / "python"


def digest_of(peer: str) -> str:
    """Tells the requirements that a peer runs with from others; empty of what runs in this environment."""
    if peer not in PEERS or PEERS[peer].environment == PROJECT:
        return ""
    return hashlib.sha256(_requirements(PEERS[peer].environment).encode()).hexdigest()[:16]


def make(environment: str) -> None:
    """Makes an environment anew.

    Raises:
        PackageNotFoundError: it shares torch, and there is none here.
        subprocess.CalledProcessError: pip failed.
    """
    folder = ENVIRONMENTS / environment
    requirements = _requirements(environment)
    venv.create(folder, clear=True, with_pip=True, symlinks=True)
    if requirements.startswith(SHARES_TORCH):
        _share_torch(folder)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    listed = ["--requirement", str(REQUIREMENTS / f"{environment}.txt")]
    subprocess.run([*pip, "--no-cache-dir", "--no-deps", *listed], check=True)
    (folder / "requirements.txt").write_text(requirements)  # last: now it is whole


def _requirements(environment: str) -> str:
    return (REQUIREMENTS / f"{environment}.txt").read_text()


def _share_torch(folder: Path) -> None:
    """Links this interpreter's torch into a folder of its own, and puts it last on the environment's path.

    Not this interpreter's whole site-packages: what a peer lacks must not come from there.
    """
    shared = folder / "shared"
    shared.mkdir()
    for package in _with_requirements("torch", {}).values():
        for top in {Path(file).parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            link = shared / top
            if not link.exists():
                link.symlink_to(Path(str(package.locate_file(top))).resolve())
    (site_packages,) = folder.glob("lib/python*/site-packages")
    (site_packages / "shared.pth").write_text(f"{shared}\n")


def _with_requirements(name: str, found: dict[str, Distribution]) -> dict[str, Distribution]:
    """The installed distribution of that name and all that it requires, added to `found`."""
    if name in found:
        return found
    found[name] = distribution(name)
    for requirement in found[name].requires or []:
        required, _, marker = requirement.partition(";")
        # Extras are left out, but for cuda-toolkit's: they are all it consists of.
        if "extra ==" in marker and name != "cuda-toolkit":
            continue
        try:
            _with_requirements(re.split(r"[^\w.-]", required)[0], found)
        except PackageNotFoundError:
            continue  # not for this platform
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", nargs="+", choices=["all", *PEERS])
    wanted = parser.parse_args().peer
    peers = PEERS if "all" in wanted else wanted
    for environment in dict.fromkeys(PEERS[peer].environment for peer in peers if not interpreter_of(peer)):
        print(environment, flush=True)
        make(environment)


if __name__ == "__main__":
    main()
