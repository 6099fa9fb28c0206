"""The studies that users copy from: in examples/, docs/study.md and the README. Each one can be run."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tunewright.api import crd
from tunewright.api.checks import check
from tunewright.api.documents import load, parse
from tunewright.api.study import StudySpec
from tunewright.local.launch import check_local

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
PAGES = [ROOT / "README.md", ROOT / "docs" / "study.md"]


def studies_in(page: Path) -> list[str]:
    blocks = re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [block for block in blocks if "kind: HyperparameterStudy" in block]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_can_be_run_on_a_laptop(path: Path) -> None:
    study = load(path)
    assert check(study) == []
    assert check_local(study, path.parent) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_the_studies_on_a_page_can_be_run(page: Path) -> None:
    studies = [parse(text, str(page)) for text in studies_in(page)]
    assert studies
    assert [check(study) for study in studies] == [[] for _ in studies]


def test_the_first_study_shows_every_type_of_parameter() -> None:
    parameters = load(ROOT / "examples" / "digits.yaml").spec.parameters
    assert {parameter.type for parameter in parameters} == {"float", "int", "categorical", "ordinal", "bool"}
    assert any(parameter.when for parameter in parameters)


@pytest.mark.parametrize(
    ("program", "says"), [("train.py", "validation_loss="), ("perceptron.py", "accuracy ")]
)
def test_the_program_of_an_example_runs_by_hand(program: str, says: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / program], capture_output=True, text=True, check=True, timeout=60
    )
    assert says in done.stdout.splitlines()[-1]


def fields_of(node: dict[str, Any]) -> Iterator[str]:
    for name, child in node.get("properties", {}).items():
        yield name
        yield from fields_of(child)
    yield from fields_of(node["items"]) if "items" in node else ()


def test_every_field_of_a_study_is_explained() -> None:
    [version] = crd.definitions()[0]["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    page = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    shown = {word for code in re.findall(r"`([^`\n]+)`", page) for word in re.findall(r"\w+", code)}
    assert set(fields_of(spec)) - shown == set()
    assert set(StudySpec.not_built_yet) - shown == set()
