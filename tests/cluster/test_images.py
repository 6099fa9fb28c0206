"""The Dockerfile's two images: what is in them, and that they run with nothing but what a pod gives."""

import configparser
import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tests.cluster.images import archives, package_index, targets
from tests.cluster.images.container import Container, container_of
from tests.cluster.images.storage import Storage

from tunewright.metrics.last_word import readings_of_last_word

pytestmark = pytest.mark.timeout(1800)  # what is built here for the first time takes minutes

MEGABYTE = 1_000_000
INSTALLED = """
import importlib.metadata, json
print(json.dumps({each.name: each.version for each in importlib.metadata.distributions()}))
"""
FOUND = "import importlib.util, sys; print([name for name in sys.argv[1:] if importlib.util.find_spec(name)])"


@pytest.fixture(scope="module")
def storage() -> Storage:
    return Storage.open()


@pytest.fixture(scope="module", params=["operator", "trainer"])
def target(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def built(target: str, storage: Storage) -> list[Path]:
    return archives.make(target, storage, archives.directory())


@pytest.fixture(scope="module")
def container(target: str, built: list[Path], storage: Storage) -> Iterator[Container]:
    with container_of(targets.NAMES[target], storage) as container:
        yield container


def test_user_is_a_number_that_is_not_root(target: str, built: list[Path], storage: Storage) -> None:
    assert storage.inspect(targets.NAMES[target])["config"]["User"] == "65532:65532"


def test_labels_say_what_it_is(target: str, built: list[Path], storage: Storage) -> None:
    labels = storage.inspect(targets.NAMES[target])["config"]["Labels"]
    assert labels["org.opencontainers.image.title"] == f"Tunewright {target}"
    assert labels["org.opencontainers.image.version"] == targets.VERSION


def test_size(target: str, built: list[Path]) -> None:
    size = sum(archive.stat().st_size for archive in built)
    assert size < {"operator": 800 * MEGABYTE, "trainer": 6200 * MEGABYTE}[target]


def test_code_is_a_small_archive_by_itself(target: str, built: list[Path]) -> None:
    dependencies, code = built
    assert code.stat().st_size < 5 * MEGABYTE
    with tarfile.open(dependencies) as archive:
        assert f"localhost/tunewright-tests/{target}-dependencies" in json.load(
            archive.extractfile("repositories") or pytest.fail("no repositories")
        )


def test_nothing_is_built_again_without_a_change(target: str, built: list[Path], storage: Storage) -> None:
    written = [archive.stat().st_mtime_ns for archive in built]
    assert archives.make(target, storage, archives.directory()) == built
    assert [archive.stat().st_mtime_ns for archive in built] == written


def test_installed_versions_are_the_pinned_ones(target: str, container: Container) -> None:
    installed = _versions(json.loads(container.run("-c", INSTALLED, entrypoint=["python"]).stdout).items())
    own = installed.pop("tunewright", None)
    assert own == (targets.VERSION if target == "operator" else None)
    pinned = _pins(container.run("/opt/venv/constraints.txt", entrypoint=["cat"]).stdout)
    assert pinned.items() <= _pins((targets.CONTEXT / "constraints.txt").read_text()).items()
    assert installed.items() <= pinned.items()
    assert len(installed) > 10


@pytest.mark.parametrize(
    "target, modules",
    [("operator", ["torch", "triton", "pip"]), ("trainer", ["tunewright", "pip"])],
    indirect=["target"],
)
def test_holds_nothing_of_the_other(modules: list[str], container: Container) -> None:
    assert container.run("-c", FOUND, *modules, entrypoint=["python"]).stdout == "[]\n"


def test_settings_of_pip_stay_outside(container: Container) -> None:
    looked = (
        "import os; print(os.path.exists('/etc/pip.conf'), [name for name in os.environ if 'PIP' in name])"
    )
    assert container.run("-c", looked, entrypoint=["python"]).stdout == "False []\n"


def test_compiled_modules_are_up_to_date(target: str, container: Container) -> None:
    """A file system that is read-only cannot be mended by compiling at every start."""
    module = {"operator": "tunewright.api.study", "trainer": "tunewright_trainer.builtin.run"}[target]
    done = container.run("-v", "-c", f"import {module}", entrypoint=["python"])
    assert done.returncode == 0, done.stderr
    assert f"import '{module}'" in done.stderr
    assert not re.findall(r"# code object from '\S+\.py'", done.stderr)


@pytest.mark.parametrize("target", ["operator"], indirect=True)
def test_operator_is_the_command_line(container: Container) -> None:
    done = container.run("--version")
    assert (done.returncode, done.stdout) == (0, f"tunewright, version {targets.VERSION}\n")
    done = container.run("samplers")
    assert done.returncode == 0, done.stderr
    assert "tpe" in done.stdout


@pytest.mark.parametrize("target", ["trainer"], indirect=True)
def test_trainer_trains(container: Container, tmp_path: Path) -> None:
    message = tmp_path / "termination-log"
    message.touch(mode=0o666)
    message.chmod(0o666)
    done = container.run(
        "--model=mlp",
        "--dataset=digits",
        "--max-epochs=2",
        variables={
            "TUNEWRIGHT_PARAMETERS": json.dumps({"learning_rate": 0.01, "optimizer": "adam"}),
            "TUNEWRIGHT_LAST_WORD": "/dev/termination-log",
            "TUNEWRIGHT_OBJECTIVES": "validation_accuracy",
            "TUNEWRIGHT_CHECKPOINT_DIR": "/tmp/checkpoints",
        },
        files={"/dev/termination-log": message},
    )
    assert done.returncode == 0, done.stderr
    readings = readings_of_last_word(message.read_bytes())
    assert readings.final
    assert readings.metrics["validation_accuracy"].last_step == 2
    assert readings.metrics["validation_accuracy"].last > 0.5


def test_pip_is_set_up_in_a_build_as_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authorities = tmp_path / "authorities.pem"
    authorities.touch()
    monkeypatch.setenv("PIP_INDEX_URL", "https://name:100%25@index.example/simple")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://a.example https://b.example")
    monkeypatch.setenv("PIP_CERT", str(authorities))
    options = package_index.build_options(tmp_path)
    assert options[:2] == ["--secret", f"id=pip.conf,src={tmp_path}/pip.conf"]
    assert f"--volume={authorities}:{authorities}:ro" in options
    read = configparser.RawConfigParser()
    read.read(tmp_path / "pip.conf")
    assert read["global"]["index-url"] == "https://name:100%25@index.example/simple"
    assert read["global"]["extra-index-url"] == "https://a.example https://b.example"
    assert read["global"]["cert"] == str(authorities)


def _pins(constraints: str) -> dict[str, str]:
    return _versions(
        (name, version) for name, _, version in (line.partition("==") for line in constraints.split())
    )


def _versions(packages: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By the normal form of their names."""
    return {re.sub("[-_.]+", "-", name).lower(): version for name, version in packages}
