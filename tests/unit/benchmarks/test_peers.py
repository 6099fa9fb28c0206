import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from benchmarks.search import environments
from benchmarks.search.environments import REQUIREMENTS, interpreter_of
from benchmarks.search.peers import PEERS, PROJECT, space
from benchmarks.search.peers.failures import WorstSeen
from benchmarks.search.peers.pending import Pending

ROOT = Path(__file__).parents[3]
PEERS_FOLDER = ROOT / "benchmarks" / "search" / "peers"
# The worker as its script runs it, but with one more peer, whose library talks.
TOY = """
import sys
from types import ModuleType
from benchmarks.search.peers import PEERS, Peer, worker

class Toy:
    def __init__(self, parameters, seed, workers, trials):
        print("a greeting")
        self.low, self.count, self.told = parameters[0]["min"], seed, []

    def ask(self):
        print("an opinion")
        sum(number * number for number in range(1_000_000))
        self.count += 1
        return {"rate": self.low + self.count, "told": len(self.told)}

    def tell(self, configuration, value):
        if value == "nonsense":
            raise ValueError("no number")
        self.told.append(value)

PEERS["toy"] = Peer("toy", "toy:Toy", "counts")
sys.modules["benchmarks.search.peers.toy"] = module = ModuleType("toy")
module.Toy = Toy
worker.main("toy")
"""
TOY_START = {"start": {"parameters": [{"min": 10}], "seed": 3, "workers": 2, "trials": 9}}
PARAMETERS: list[dict[str, Any]] = [
    {
        "name": "momentum",
        "type": "float",
        "min": 0.1,
        "max": 0.5,
        "step": 0.1,
        "when": {"optimizer": ["sgd"]},
    },
    {"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"]},
    {"name": "rate", "type": "float", "min": 1e-4, "max": 1, "scale": "log"},
    {"name": "batch", "type": "ordinal", "values": [16, 64, 256]},
    {"name": "layers", "type": "int", "min": 1, "max": 4},
    {"name": "bias", "type": "bool"},
]


class Talk:
    """A conversation with a worker's process."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer


@pytest.fixture
def toy() -> Iterator[Talk]:
    talk = Talk([sys.executable, "-c", TOY])
    yield talk
    talk.process.communicate(timeout=60)


class TestWorker:
    def test_only_answers_reach_stdout(self, toy: Talk) -> None:
        assert toy(TOY_START) == {"started": "toy"}
        assert toy({"ask": True})["configuration"] == {"rate": 14, "told": 0}
        assert toy({"ask": True})["configuration"] == {"rate": 15, "told": 0}
        assert toy({"tell": [{"rate": 14}, 0.5]}) == {"told": True}
        assert toy({"tell": [{"rate": 15}, None]}) == {"told": True}
        assert toy({"ask": True})["configuration"] == {"rate": 16, "told": 2}
        _, errors = toy.process.communicate(timeout=60)
        assert errors.count("a greeting") == 1
        assert errors.count("an opinion") == 3
        assert toy.process.returncode == 0

    def test_an_ask_tells_its_processor_time(self, toy: Talk) -> None:
        toy(TOY_START)
        assert 0.001 < toy({"ask": True})["cpu"] < 60

    def test_a_start_begins_anew(self, toy: Talk) -> None:
        toy(TOY_START)
        toy({"ask": True})
        toy({"tell": [{}, 1.0]})
        toy(TOY_START)
        assert toy({"ask": True})["configuration"] == {"rate": 14, "told": 0}

    def test_an_error_ends_it_and_is_told_on_stderr(self, toy: Talk) -> None:
        toy(TOY_START)
        _, errors = toy.process.communicate(json.dumps({"tell": [{}, "nonsense"]}) + "\n", timeout=60)
        assert toy.process.returncode == 1
        assert errors.endswith("ValueError: no number\n")

    def test_a_real_peer_by_the_script_holds_to_conditions_and_steps(self) -> None:
        talk = Talk([sys.executable, str(PEERS_FOLDER / "worker.py"), "optuna-tpe"])
        talk({"start": {"parameters": PARAMETERS, "seed": 0, "workers": 4, "trials": 20}})
        running: list[dict[str, Any]] = []
        for number in range(20):
            configuration = talk({"ask": True})["configuration"]
            assert ("momentum" in configuration) is (configuration["optimizer"] == "sgd")
            assert configuration.get("momentum", 0.1) in (0.1, 0.2, 0.3, 0.4, 0.5)
            assert configuration["batch"] in (16, 64, 256)
            running.append(configuration)
            if len(running) == 4:
                talk({"tell": [running.pop(0), None if number % 5 == 0 else configuration["rate"]]})
        _, errors = talk.process.communicate(timeout=60)
        assert (talk.process.returncode, errors) == (0, "")


class TestSpace:
    def test_the_steps_of_a_range_are_decimals(self) -> None:
        assert space.levels(PARAMETERS[0]) == [0.1, 0.2, 0.3, 0.4, 0.5]
        assert space.levels({"type": "int", "min": 2, "max": 9, "step": 3}) == [2, 5, 8]
        assert space.levels({"type": "float", "min": 0.0, "max": 1.0}) is None

    def test_a_flat_point_loses_what_is_inactive(self) -> None:
        point = {"momentum": 1, "optimizer": "adam", "rate": 0.1, "batch": 2, "layers": 2.6, "bias": True}
        rest = {"rate": 0.1, "batch": 256, "layers": 3, "bias": True}
        assert space.configuration_of(PARAMETERS, point) == {"optimizer": "adam", **rest}
        sgd = space.configuration_of(PARAMETERS, {**point, "optimizer": "sgd"})
        assert sgd == {"optimizer": "sgd", "momentum": 0.2, **rest}

    def test_what_a_logarithm_rounds_over_the_bound_is_within_it(self) -> None:
        assert space.value_of(PARAMETERS[2], 1.0000000000000002) == 1.0
        assert space.value_of(PARAMETERS[4], 0.4) == 1

    def test_a_value_and_its_code_are_inverse(self) -> None:
        for parameter in PARAMETERS:
            for value in space.levels(parameter) or [parameter["min"], parameter["max"]]:
                assert space.value_of(parameter, space.encoded(parameter, value)) == value

    def test_conditions_in_a_circle_are_refused(self) -> None:
        with pytest.raises(ValueError, match="in a circle"):
            space.parents_first([{"name": "a", "when": {"b": [1]}}, {"name": "b", "when": {"a": [1]}}])


def test_of_equal_running_configurations_the_oldest_is_told_first() -> None:
    pending: Pending[int] = Pending()
    for handle in (1, 2, 3):
        pending.add({"rate": 0.1, "optimizer": "sgd" if handle < 3 else "adam"}, handle)
    assert pending.pop({"optimizer": "sgd", "rate": 0.1}) == 1
    assert sorted(pending.handles()) == [2, 3]


def test_a_failure_is_told_as_the_worst_value_seen() -> None:
    worst = WorstSeen()
    assert [worst.instead_of(value) for value in (None, 2.0, 5.0, 3.0, None)] == [None, 2.0, 5.0, 3.0, 5.0]


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_has_an_adapter_and_an_environment(name: str) -> None:
    """By name alone: its library is not installed here."""
    peer = PEERS[name]
    module, _, attribute = peer.adapter.partition(":")
    source = (PEERS_FOLDER / f"{module}.py").read_text()
    assert f"\nclass {attribute}" in source or f"\n{attribute} = " in source
    if peer.environment != PROJECT:
        lines = (REQUIREMENTS / f"{peer.environment}.txt").read_text().splitlines()
        assert all(line == "# torch: shared" or "==" in line for line in lines)


def test_an_environment_is_there_while_it_holds_the_present_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "ENVIRONMENTS", tmp_path)
    assert interpreter_of("smac") is None
    (tmp_path / "smac").mkdir()
    installed = tmp_path / "smac" / "requirements.txt"
    installed.write_text((REQUIREMENTS / "smac.txt").read_text())
    assert interpreter_of("smac") == tmp_path / "smac" / "bin" / "python"
    installed.write_text("smac==1.0\n")
    assert interpreter_of("smac") is None
    assert interpreter_of("random") == Path(sys.executable)
