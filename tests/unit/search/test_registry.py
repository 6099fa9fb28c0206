"""Finding samplers by name, those of other packages included."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.search.spaces import a_space

from tunewright.api.problems import InvalidInput
from tunewright.api.study import Algorithm, Direction, Objective
from tunewright.search.registry import available, create
from tunewright.search.samplers.grid import GridSampler
from tunewright.search.samplers.random import RandomSampler
from tunewright.search.samplers.tpe import TpeSampler

LOSS = [Objective(metric="loss", direction=Direction.MINIMIZE)]
FINITE = a_space(x={"type": "int", "min": 0, "max": 9})
CONTINUOUS = a_space(n={"type": "int", "min": 0, "max": 9}, x={"type": "float", "min": 0, "max": 1})

PLUGIN = """
from tunewright.api.base import Int, Model
from tunewright.api.problems import Problem
from tunewright.search.sampler import Response, Sampler

class Settings(Model):
    breadth: Int = 3

class Acme(Sampler):
    description = "one of another package"
    settings_model = Settings

    def problems(self, space, objectives):
        return [Problem("spec.objectives[1]", "only one")] if len(objectives) > 1 else []

    def propose(self, request):
        return Response([])

class Half(Sampler):
    description = "has no propose"

class Nameless(Acme):
    description = None

THING = 1
"""
ENTRIES = """
[tunewright.samplers]
acme = acme_samplers:Acme
random = acme_samplers:Acme
half = acme_samplers:Half
nameless = acme_samplers:Nameless
thing = acme_samplers:THING
absent = acme_samplers:Absent
missing = acme_missing:Sampler
"""


@pytest.fixture
def _another_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed distribution `acme` with samplers, whole and broken ones."""
    (tmp_path / "acme_samplers.py").write_text(PLUGIN)
    info = tmp_path / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    monkeypatch.syspath_prepend(tmp_path)


def refusal(
    name: str = "random", *, objectives: list[Objective] = LOSS, warm_start: bool = False, **fields: Any
) -> list[str]:
    """The lines with which a study's algorithm is refused."""
    space = fields.pop("space", FINITE)
    with pytest.raises(InvalidInput) as refused:
        create(Algorithm.model_validate({"name": name, **fields}), space, objectives, warm_start=warm_start)
    return refused.value.lines()


def test_all_built_in_samplers_can_be_had() -> None:
    names = [each.name for each in available()]
    assert names == ["auto", "gp", "grid", "random", "sobol", "tpe"]
    for each in available():
        create(Algorithm(name=each.name), FINITE, LOSS)
        assert each.description
        assert "\n" not in each.description


def test_settings_are_described_by_their_schema() -> None:
    schemas = {each.name: each.settings["properties"] for each in available()}
    assert schemas["random"] == schemas["sobol"] == {}
    assert schemas["auto"]["costAware"]["type"] == "boolean"
    assert list(schemas["grid"]) == ["points"]
    assert list(schemas["gp"]) == list(schemas["tpe"]) == ["startupTrials"]
    assert schemas["tpe"]["startupTrials"]["default"] == 10


def test_settings_reach_the_sampler() -> None:
    sampler = create(Algorithm(name="tpe", settings={"startupTrials": 3}), FINITE, LOSS)
    assert isinstance(sampler, TpeSampler)
    assert sampler.settings.startup_trials == 3


def test_a_sampler_that_ignores_other_studies_refuses_them() -> None:
    assert refusal("tpe", warm_start=True) == [
        "spec.warmStartFrom: sampler tpe does not learn from other studies; choose auto, or remove it"
    ]
    assert create(Algorithm(name="auto"), FINITE, LOSS, warm_start=True).uses_related


def test_an_unknown_name_is_refused_with_those_that_there_are() -> None:
    [line] = refusal("tpes")
    assert line.startswith("spec.algorithm.name: ")
    assert "did you mean tpe?" in line
    assert "auto, gp, grid, random, sobol, tpe" in line


@pytest.mark.parametrize(
    ("name", "settings", "path", "says"),
    [
        ("random", {"x": 1}, "x", "x"),
        ("tpe", {"startuptrials": 1}, "startuptrials", "did you mean startupTrials"),
        ("tpe", {"startupTrials": "10"}, "startupTrials", "must be a whole number"),
        ("gp", {"startupTrials": 0}, "startupTrials", "must be at least 1"),
        ("grid", {"points": 1}, "points", "must be at least 2"),
    ],
)
def test_wrong_settings_are_refused_by_their_path(
    name: str, settings: dict[str, Any], path: str, says: str
) -> None:
    [line] = refusal(name, settings=settings)
    assert line.startswith(f"spec.algorithm.settings.{path}: ")
    assert says in line


def test_a_grid_over_a_continuous_parameter_needs_steps_or_points() -> None:
    assert refusal("grid", space=CONTINUOUS) == [
        "spec.parameters[1].step: a grid needs steps, and x is continuous: "
        "give a step, list values, or set spec.algorithm.settings.points"
    ]
    sampler = create(Algorithm(name="grid", settings={"points": 4}), CONTINUOUS, LOSS)
    assert isinstance(sampler, GridSampler)


@pytest.mark.usefixtures("_another_package")
class TestAnotherPackage:
    def test_its_sampler_is_found_with_its_settings(self) -> None:
        sampler = create(Algorithm(name="acme", settings={"breadth": 5}), FINITE, LOSS)
        assert type(sampler).__name__ == "Acme"
        assert sampler.settings.breadth == 5
        acme = next(each for each in available() if each.name == "acme")
        assert (acme.description, list(acme.settings["properties"])) == (
            "one of another package",
            ["breadth"],
        )

    def test_its_refusals_and_settings_are_checked_like_ours(self) -> None:
        two = [*LOSS, Objective(metric="size", direction=Direction.MINIMIZE)]
        assert refusal("acme", objectives=two) == ["spec.objectives[1]: only one"]
        assert refusal("acme", settings={"depth": 1})[0].startswith("spec.algorithm.settings.depth: ")

    def test_it_cannot_take_a_built_in_name(self) -> None:
        assert isinstance(create(Algorithm(name="random"), FINITE, LOSS), RandomSampler)
        assert [each.name for each in available()].count("random") == 1

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            ("half", "sampler half of acme is no class that implements tunewright.search.sampler.Sampler"),
            ("thing", "sampler thing of acme is no class that implements"),
            ("nameless", "sampler nameless of acme has no description"),
            ("absent", "sampler absent of acme cannot be loaded: AttributeError: "),
            (
                "missing",
                "sampler missing of acme cannot be loaded: ModuleNotFoundError: No module named 'acme_",
            ),
        ],
    )
    def test_a_broken_one_is_one_clear_line(self, name: str, says: str) -> None:
        [line] = refusal(name)
        assert line.startswith(f"spec.algorithm.name: {says}")
        described = next(each for each in available() if each.name == name)
        assert described.description.startswith(says)
        assert "\n" not in described.description
