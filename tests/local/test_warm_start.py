"""A study that begins with what another one, in the folder beside it, has found."""

import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.builders import a_study, a_trial
from tests.local.studies import WORKER, a_shell_study, ledger, start, tunewright, wait_for

from tunewright.api.problems import InvalidInput
from tunewright.api.study_status import Phase
from tunewright.local.store import DATABASE, Store
from tunewright.local.view import view_of
from tunewright.local.warm_start import warm_started

SAMPLER = '''
from tunewright.api.trial import Proposal
from tunewright.search.sampler import Sampler, Suggestion, Response

class Follows(Sampler):
    """The best of what others have found; without any, the upper bound."""

    description = "follows others"
    uses_related = True

    def propose(self, request):
        known = [trial for study in request.related for trial in study.trials if trial.values is not None]
        best = max(known, key=lambda trial: trial.values).configuration if known else {"x": 1.0}
        return Response([Suggestion(best, Proposal(sampler="follows"))])
'''


@pytest.fixture
def _follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed sampler that shows what it is told of other studies."""
    packages = tmp_path / "packages"
    info = packages / "follows-1.0.dist-info"
    info.mkdir(parents=True)
    (packages / "follows.py").write_text(SAMPLER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: follows\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[tunewright.samplers]\nfollows = follows:Follows\n")
    monkeypatch.setenv("PYTHONPATH", str(packages))


def write(folder: Path, name: str, *arguments: str, **spec: Any) -> str:
    """The name of the file of a study, in `folder`."""
    path = a_shell_study(folder, WORKER, *arguments, **spec)
    document = yaml.safe_load(path.read_text())
    document["metadata"] = {"name": name, "labels": {"team": "vision"}}
    path = path.rename(folder / f"{name}.yaml")
    path.write_text(yaml.safe_dump(document))
    return path.name


FOLLOWS: dict[str, Any] = {
    "algorithm": {"name": "follows"},
    "initial": {"default": False},
    "budget": {"maxTrials": 1, "parallelism": 1},
}


@pytest.mark.usefixtures("_follows")
@pytest.mark.parametrize("by", [{"studies": ["first"]}, {"selector": {"matchLabels": {"team": "vision"}}}])
def test_the_second_study_is_told_of_the_first(tmp_path: Path, by: dict[str, Any]) -> None:
    first = write(tmp_path, "first")
    assert tunewright(tmp_path, "run", first).returncode == 0
    with view_of(tmp_path / ".tunewright" / "first") as view:
        assert view.best is not None
        best = view.best.parameters
    second = write(tmp_path, "second", warmStartFrom=by, **FOLLOWS)

    done = tunewright(tmp_path, "run", second)

    assert (done.returncode, done.stderr) == (0, "")
    assert "\nWarm start: 4 trials of first\n" in done.stdout
    with view_of(tmp_path / ".tunewright" / "second") as view:
        [trial] = view.trials
        assert trial.spec.parameters == best
        assert trial.spec.proposal.inputs is not None
        assert trial.spec.proposal.inputs.related == {"first": 4}
        [source] = view.study.status.warm_start or []
        assert (source.study, source.trials, source.reason) == ("first", 4, "")

    # It goes on with what is left of its choice, and with nothing else.
    shutil.rmtree(tmp_path / ".tunewright" / "first")
    assert tunewright(tmp_path, "run", write(tmp_path, "third")).returncode == 0
    done = tunewright(tmp_path, "run", second, "--set", "spec.budget.maxTrials=2")
    assert done.returncode == 0, done.stderr
    gone = "but no longer: it was deleted after this one began"
    assert f"\nWarm start: 4 trials of first, {gone}\n" in done.stdout
    with view_of(tmp_path / ".tunewright" / "second") as view:
        assert view.trials[1].spec.parameters == {"x": 1.0}
        assert view.trials[1].spec.proposal.inputs is not None
        assert view.trials[1].spec.proposal.inputs.related == {}


@pytest.mark.usefixtures("_follows")
def test_what_is_not_there_or_not_finished_is_refused_before_anything_starts(tmp_path: Path) -> None:
    named = write(tmp_path, "named", warmStartFrom={"studies": ["first"]}, **FOLLOWS)

    done = tunewright(tmp_path, "run", named, "--dir", "named")

    path = "named.yaml: spec.warmStartFrom.studies[0]"
    assert done.returncode == 2
    assert done.stderr == f"{path}: there is no other study named first here\n"
    assert not (tmp_path / "named").exists()

    first = start(tmp_path / write(tmp_path, "first", "60", "0.5"))
    wait_for(lambda: runs(tmp_path / "out"))
    done = tunewright(tmp_path, "run", named, "--dir", "named")
    assert done.returncode == 2
    assert done.stderr == f"{path}: first is not finished (Running); it can be used once it is\n"
    assert all(" first-" in line for line in ledger(tmp_path))
    first.send_signal(signal.SIGINT)
    assert first.wait(60) == 130
    done = tunewright(tmp_path, "run", named, "--dir", "named")
    assert done.stderr == f"{path}: first is not finished (Suspended); it can be used once it is\n"


@pytest.mark.usefixtures("_follows")
def test_a_suspended_study_chooses_when_it_begins(tmp_path: Path) -> None:
    second = write(tmp_path, "second", warmStartFrom={"studies": ["first"]}, suspend=True, **FOLLOWS)
    assert tunewright(tmp_path, "run", second).returncode == 130
    assert tunewright(tmp_path, "run", write(tmp_path, "first")).returncode == 0

    done = tunewright(tmp_path, "run", second, "--set", "spec.suspend=false")

    assert (done.returncode, done.stderr) == (0, "")
    assert "\nWarm start: 4 trials of first\n" in done.stdout


def runs(directory: Path) -> bool:
    try:
        with view_of(directory) as view:
            return view.study.status.phase is Phase.RUNNING
    except InvalidInput:
        return False


def test_a_damaged_study_is_passed_over(tmp_path: Path) -> None:
    for name in ("damaged", "whole"):
        study = a_study(name, status={"phase": "Completed", "trials": {"completed": 1}})
        metadata = study.metadata.model_copy(update={"uid": name, "labels": {"team": "vision"}})
        with Store.open(tmp_path / name) as store:
            store.put_study(study.model_copy(update={"metadata": metadata}), seen_at=0)
            store.put_trial(a_trial(0, accuracy=0.5))
    with closing(sqlite3.connect(tmp_path / "damaged" / DATABASE)) as database:
        database.execute("UPDATE trials SET document = '{'")
        database.commit()
    new = a_study("new", warmStartFrom={"selector": {"matchLabels": {"team": "vision"}}})

    study, related = warm_started(new, tmp_path / "new", tmp_path / "new.yaml")

    assert [each.name for each in related] == ["whole"]
    assert [(source.study, source.trials, source.reason) for source in study.status.warm_start or []] == [
        ("whole", 1, ""),
        ("damaged", 0, "its trials cannot be read"),
    ]


def test_a_sampler_that_ignores_other_studies_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "second", warmStartFrom={"studies": ["first"]})
    done = tunewright(tmp_path, "validate", file)
    assert done.returncode == 2
    assert done.stderr == (
        "second.yaml: spec.warmStartFrom: sampler random does not learn from other studies; choose auto, or "
        "remove it\n"
    )
