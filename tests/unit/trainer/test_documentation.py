"""docs/trainer.md says what the catalogue and the code say."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.trainer.conftest import Home

import tunewright_trainer
from tunewright_trainer import catalog
from tunewright_trainer.catalog import (
    DATASETS,
    HYPERPARAMETERS,
    METRICS,
    MODELS,
    TEST_METRICS,
    Hyperparameter,
)

PAGE = (Path(__file__).parents[3] / "docs" / "trainer.md").read_text()


def hyperparameter_rows() -> Iterator[str]:
    yield "| name | legal values | default | what it is | only for |"
    yield "|---|---|---|---|---|"
    for each in HYPERPARAMETERS.values():
        default = f"{each.default:g}" if each.type == "float" else json.dumps(each.default).strip('"')
        cells = (f"`{each.name}`", each.legal, default, each.description, ", ".join(conditions(each)))
        yield f"| {' | '.join(cells)} |"


def conditions(each: Hyperparameter) -> Iterator[str]:
    if len(each.models) < len(MODELS):
        yield " or ".join(f"`{model}`" for model in each.models)
    if len(each.tasks) < len(METRICS):
        yield " or ".join(each.tasks)
    for name, values in each.when.items():
        yield f"{name} " + " or ".join(map(str, values))


def table_after(heading: str) -> list[str]:
    lines = PAGE.partition(heading)[2].splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("|"))
    return lines[start : lines.index("", start)]


def test_hyperparameters() -> None:
    assert table_after("### Hyperparameters") == list(hyperparameter_rows())


def test_models() -> None:
    rows = [f"| `{model.name}` | {model.description} |" for model in MODELS.values()]
    assert table_after("## The built-in trainer")[2:] == rows


def test_data_sets() -> None:
    rows = [f"| `{each.name}` | {each.task} | {each.description} |" for each in DATASETS.values()]
    assert "\n".join(rows) in PAGE


@pytest.mark.parametrize("name", sorted({*sum((*METRICS.values(), *TEST_METRICS.values()), ())}))
def test_every_metric_is_explained(name: str) -> None:
    assert f"`{name}`" in PAGE.partition("### Metrics")[2]


@pytest.mark.parametrize("name", [name for name in dir(catalog) if name.startswith("EXIT_")])
def test_every_exit_code_is_explained(name: str) -> None:
    assert f"| {getattr(catalog, name)} | " in PAGE.partition("### Exit codes")[2]


@pytest.mark.parametrize("name", tunewright_trainer.__all__)
def test_every_call_is_explained(name: str) -> None:
    assert f"| `{name}" in PAGE


@pytest.mark.parametrize("example", re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
def test_the_examples_run(home: Home, example: str) -> None:
    yours = """
def train_and_validate(p): return 1 / p["learning_rate"], 0.5
def train_one_epoch(): return 0.5
"""
    done = home.run("-c", yours + example)

    assert (done.returncode, done.stderr) == (0, "")
    assert [observation["step"] for observation in home.observations()] == list(range(1, 31))
    assert home.last_word()["final"] is True
