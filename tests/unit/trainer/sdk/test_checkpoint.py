from pathlib import Path

import pytest

from tunewright_trainer import checkpoint


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "not" / "there yet"
    monkeypatch.setenv("TUNEWRIGHT_CHECKPOINT_DIR", str(directory))
    return directory


def save(text: str) -> None:
    with checkpoint.saving() as draft:
        (draft / "parts").mkdir()
        (draft / "parts" / "weights").write_text(text)


def loaded() -> str | None:
    newest = checkpoint.latest()
    return (newest / "parts" / "weights").read_text() if newest else None


def test_the_newest_is_found_and_only_it_is_kept(directory: Path) -> None:
    assert checkpoint.latest() is None
    for text in ("one", "two", "three"):
        save(text)
        assert loaded() == text
    assert len(list(directory.iterdir())) == 1


def test_what_raises_half_way_is_not_published(directory: Path) -> None:
    save("one")
    with pytest.raises(KeyboardInterrupt), checkpoint.saving() as draft:
        (draft / "weights").write_text("half")
        raise KeyboardInterrupt

    assert loaded() == "one"
    assert len(list(directory.iterdir())) == 1


def test_a_killed_attempts_draft_is_neither_loaded_nor_published(directory: Path) -> None:
    (directory / ".draft").mkdir(parents=True)
    (directory / ".draft" / "left over").touch()
    assert checkpoint.latest() is None

    save("one")

    newest = checkpoint.latest()
    assert newest is not None
    assert [path.name for path in newest.iterdir()] == ["parts"]


def test_a_kill_between_publishing_and_removing_leaves_the_newer_one(directory: Path) -> None:
    for number, text in enumerate(("older", "newer"), start=9):
        path = directory / f"checkpoint-{number:08}" / "parts"
        path.mkdir(parents=True)
        (path / "weights").write_text(text)
    assert loaded() == "newer"

    save("newest")

    assert loaded() == "newest"
    assert len(list(directory.iterdir())) == 1


def test_another_directory_is_read_while_the_own_holds_none(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save("source")
    monkeypatch.setenv("TUNEWRIGHT_CHECKPOINT_FROM", str(directory))
    monkeypatch.setenv("TUNEWRIGHT_CHECKPOINT_DIR", str(tmp_path / "own"))
    assert loaded() == "source"

    save("own")

    assert loaded() == "own"
    monkeypatch.setenv("TUNEWRIGHT_CHECKPOINT_DIR", str(directory))
    assert loaded() == "source"


def test_without_a_directory_checkpoints_go_nowhere() -> None:
    with checkpoint.saving() as draft:
        (draft / "weights").write_text("gone soon")

    assert not draft.exists()
    assert checkpoint.latest() is None
