from pathlib import Path

import pytest

from tunewright.api.problems import InvalidInput
from tunewright.cli.studies import LocalStudy, find
from tunewright.cli.where import Where


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def has_studies(*names: str) -> None:
    for name in names:
        (Path(".tunewright") / name).mkdir(parents=True)
        (Path(".tunewright") / name / "study.db").touch()


def test_the_only_study_needs_no_name() -> None:
    has_studies("digits")

    found = find(Where(), None)

    assert found == find(Where(), "digits") == LocalStudy(Path(".tunewright/digits"))
    assert found.report == Path(".tunewright/digits/report.html")


def test_one_of_several_is_named() -> None:
    has_studies("digits", "faces")

    assert find(Where(), "faces") == LocalStudy(Path(".tunewright/faces"))
    with pytest.raises(InvalidInput, match="several studies here; choose with --dir one of"):
        find(Where(), None)


def test_a_folder_is_taken_as_it_is() -> None:
    has_studies("digits")

    assert find(Where(directory=Path("elsewhere")), None) == LocalStudy(Path("elsewhere"))


@pytest.mark.parametrize(
    ("studies", "name", "says"),
    [
        (
            ["digits", "faces"],
            "digit",
            ".tunewright: no study is named digit; did you mean digits? Choose one of digits, faces",
        ),
        (
            [],
            "digits",
            ".tunewright: no study here; name its folder with --dir, or its --namespace in a cluster",
        ),
    ],
)
def test_of_no_study_the_near_ones_are_told(studies: list[str], name: str, says: str) -> None:
    has_studies(*studies)

    with pytest.raises(InvalidInput) as refused:
        find(Where(), name)

    assert refused.value.lines() == [says]
