"""How pip is set up on this machine, passed on to a build but not into its images."""

import ast
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

_CACHE = "/mnt/pip"


def settings() -> dict[str, dict[str, str]]:
    """pip's settings, from its files and its environment variables, by section and name."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith(":env:")):  # these have the say
        key, value = line.split("=", 1)
        section, name = key.split(".", 1)
        found["global" if section == ":env:" else section][name] = ast.literal_eval(value)
    return found


def build_options(directory: Path) -> list[str]:
    """Options of `buildah build`: these settings, this machine's pip cache, and the files that they name.

    The settings are written to `directory`, which must outlive the build.
    """
    found = settings()
    files = {value for section in found.values() for value in section.values() if Path(value).is_absolute()}
    volumes = [f"{file}:{file}:ro" for file in sorted(files) if Path(file).exists()]
    cache = subprocess.run(
        [sys.executable, "-m", "pip", "cache", "dir"], capture_output=True, text=True
    ).stdout.strip()
    if cache:  # it may be switched off
        Path(cache).mkdir(parents=True, exist_ok=True)
        volumes.append(f"{cache}:{_CACHE}")
        found["global"]["cache-dir"] = _CACHE
    configuration = directory / "pip.conf"
    configuration.write_text(_as_configuration(found))
    return ["--secret", f"id=pip.conf,src={configuration}", *(f"--volume={each}" for each in volumes)]


def _as_configuration(found: dict[str, dict[str, str]]) -> str:
    lines: list[str] = []
    for section, values in found.items():
        lines.append(f"[{section}]")
        for name, value in values.items():
            lines.append(f"{name} = " + value.strip().replace("\n", "\n    "))
    return "\n".join(lines) + "\n"
