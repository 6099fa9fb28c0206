"""The command line on a cluster: a study reads there as it does on the machine where it ran."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.builders import a_study, a_trial, study_document
from tests.cluster.machine.cluster import Cluster
from tests.cluster.studies import document, mirror, trial_of, write
from tests.local.studies import a_shell_study, run

from tunewright.api.crd import render
from tunewright.api.trial import TrialState
from tunewright.cli import main

# Each reports a short curve of three metrics, not by name; the second trial fails.
SCRIPT = """\
case $TUNEWRIGHT_TRIAL in
*-1) echo 'no such layer: conv9'; exit 3;;
*) for step in 1 2 3; do echo step=$step loss=0.$step accuracy=$2 error=$step; done;;
esac
"""
PARAMETERS = [
    {"name": "x", "type": "float", "min": 0, "max": 1},
    {"name": "kind", "type": "categorical", "values": ["schön", "日本"]},
    {"name": "slope", "type": "float", "min": 0, "max": 1, "when": {"kind": ["日本"]}},
]
CRDS = [f"crd/{plural}.tunewright.dev" for plural in ("hyperparameterstudies", "trials")]


@pytest.fixture(scope="module")
def kinds(cluster: Cluster) -> Iterator[None]:
    """The cluster has the two kinds; without them after the tests if it was so before."""
    missing = "tunewright.dev" not in cluster.kubectl("get", "crd", "-o", "name")
    if missing:
        cluster.kubectl("create", "-f-", input=render())
        cluster.kubectl("wait", "--for=condition=Established", *CRDS)
    yield
    if missing:
        cluster.kubectl("delete", *CRDS)


@pytest.fixture
def namespace(cluster: Cluster, kinds: None) -> Iterator[str]:
    """One of the test's own."""
    yield from _namespace(cluster)


def _namespace(cluster: Cluster) -> Iterator[str]:
    name = f"cli-{uuid.uuid4().hex[:8]}"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds a study that ran on this machine, in `out`."""
    folder = tmp_path_factory.mktemp("over")
    done = run(a_shell_study(folder, SCRIPT, parameters=PARAMETERS, budget={"parallelism": 1}))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def over(cluster: Cluster, kinds: None, folder: Path) -> Iterator[str]:
    """A namespace that holds the same study."""
    for name in _namespace(cluster):
        mirror(cluster, name, folder / "out")
        yield name


class Done(NamedTuple):
    """What a command did."""

    code: int
    stdout: str
    stderr: str


Run = Callable[..., Done]
Said = Callable[..., str]


@pytest.fixture
def tunewright(
    cluster: Cluster, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Run:
    """A command in the folder, with the cluster as kubeconfig's current one.

    It runs in this process: in one of its own most of the time goes into its start.
    """
    monkeypatch.chdir(folder)
    for name, value in cluster.environment().items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str) -> Done:
        monkeypatch.setattr("sys.argv", ["tunewright", *arguments])
        capfd.readouterr()
        code = main.run()
        return Done(code, *capfd.readouterr())

    return call


@pytest.fixture
def said(tunewright: Run) -> Said:
    """What a command prints that succeeds, and says nothing on standard error."""

    def call(*arguments: str) -> str:
        done = tunewright(*arguments)
        assert (done.code, done.stderr) == (0, "")
        return done.stdout

    return call


def as_user(cluster: Cluster, folder: Path, token: str) -> str:
    """A kubeconfig file for the same cluster, and another user."""
    path = folder / "other.kubeconfig"
    path.write_bytes(cluster.kubeconfig.read_bytes())
    (user,) = json.loads(cluster.kubectl("config", "view", "-o", "json"))["users"]
    cluster.kubectl("--kubeconfig", str(path), "config", "unset", f"users.{user['name']}")
    cluster.kubectl("--kubeconfig", str(path), "config", "set-credentials", user["name"], "--token", token)
    return str(path)


@pytest.mark.parametrize("output", ["table", "json", "yaml", "csv"])
def test_results_are_those_of_the_local_run(said: Said, over: str, output: str) -> None:
    local = said("results", "--dir", "out", "-o", output)

    assert "shell-" in local
    assert said("results", "-n", over, "-o", output) == local
    assert said("results", "shell", "-n", over, "-o", output) == local


def test_show_differs_in_where_the_log_is(said: Said, over: str) -> None:
    for index in range(4):
        local, log = said("show", str(index), "--dir", "out").rsplit("\n  ", 1)
        name = local.split(":")[0]

        shown = said("show", str(index), "-n", over)

        assert log == f"out/attempts/{name}-1/log.txt\n"
        assert shown == f"{local}\n  kubectl logs -n {over} job/{name}-1 -c main\n"
        assert said("show", name, "-n", over) == said("show", name, "-n", over, "--study", "shell") == shown


def test_the_log_is_in_the_cluster_that_was_named(said: Said, cluster: Cluster, over: str) -> None:
    shown = said("show", "0", "-n", over, "--kubeconfig", str(cluster.kubeconfig))

    assert f"  kubectl --kubeconfig {cluster.kubeconfig} logs -n {over} job/" in shown


def test_the_report_is_that_of_the_local_run(said: Said, folder: Path, over: str) -> None:
    assert said("report", "-n", over) == "shell-report.html\n"
    assert said("report", "shell", "-n", over, "-o", "here.html") == "here.html\n"

    page = (folder / "out/report.html").read_text()
    assert "日本" in page
    assert (folder / "shell-report.html").read_text() == (folder / "here.html").read_text() == page


def test_a_context_has_a_namespace(said: Said, cluster: Cluster, tmp_path: Path, over: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_bytes(cluster.kubeconfig.read_bytes())
    view = json.loads(cluster.kubectl("config", "view", "-o", "json"))
    (context,) = view["contexts"]
    same = [f"--{key}={context['context'][key]}" for key in ("cluster", "user")]
    cluster.kubectl("--kubeconfig", str(path), "config", "set-context", "mine", f"--namespace={over}", *same)

    assert said("results", "--kubeconfig", str(path), "--context", "mine") == said("results", "--dir", "out")


def test_of_several_studies_a_trial_tells_its_own(
    said: Said, tunewright: Run, cluster: Cluster, namespace: str
) -> None:
    for name, running in (("digits", 0), ("faces", 1)):
        study = write(cluster, namespace, document(a_study(name)))
        trial = a_trial(running, state=TrialState.RUNNING)
        spec = trial.spec.model_copy(update={"study": name})
        metadata = trial.metadata.model_copy(update={"name": f"{name}-{running}"})
        write(
            cluster,
            namespace,
            trial_of(study, trial.model_copy(update={"spec": spec, "metadata": metadata}), {}),
        )

    shown = said("show", "faces-1", "-n", namespace)

    assert shown.startswith("faces-1: running\n")
    assert shown.endswith(f"\n  kubectl logs -n {namespace} job/faces-1-1 -c trainer\n")
    assert said("show", "1", "--study", "faces", "-n", namespace) == shown
    for arguments, says in (
        (["show", "1"], "several studies; choose with --study one of digits, faces"),
        (["show", "faces-7"], "no trial is named faces-7"),
        (["results"], "several studies; choose with one of digits, faces"),
        (["results", "face"], "no study is named face; did you mean faces? Choose one of digits, faces"),
    ):
        done = tunewright(*arguments, "-n", namespace)
        assert (done.code, done.stdout) == (2, "")
        assert done.stderr == f"namespace {namespace}: {says}\n"


def test_what_an_earlier_study_of_the_name_left_is_not_shown(
    said: Said, cluster: Cluster, namespace: str
) -> None:
    study = write(cluster, namespace, document(a_study()))
    write(cluster, namespace, trial_of(study, a_trial(0, state=TrialState.RUNNING), {}))
    cluster.kubectl("delete", "hps/digits", "-n", namespace, "--cascade=orphan")
    stale = json.loads(cluster.kubectl("get", "hptrial/digits-0", "-n", namespace, "-o", "json"))
    assert stale["spec"]["study"] == "digits"
    study = write(cluster, namespace, document(a_study()))
    write(cluster, namespace, trial_of(study, a_trial(1, state=TrialState.RUNNING), {}))

    found = json.loads(said("results", "digits", "-n", namespace, "-o", "json"))

    assert [trial["name"] for trial in found["trials"]] == ["digits-1"]


@pytest.mark.parametrize("command", [["results"], ["report"], ["show", "0"]])
def test_a_study_that_no_model_can_read(
    tunewright: Run, cluster: Cluster, namespace: str, command: list[str]
) -> None:
    circle = [
        {"name": "a", "type": "bool", "when": {"b": [True]}},
        {"name": "b", "type": "bool", "when": {"a": [True]}},
    ]
    write(cluster, namespace, study_document(parameters=circle))

    done = tunewright(*command, "-n", namespace)

    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == (
        f"HyperparameterStudy {namespace}/digits: broken, or newer than this Tunewright: "
        "spec.parameters: conditions form a circle: a -> b -> a; remove one of them\n"
    )


def test_where_there_is_nothing(tunewright: Run, namespace: str) -> None:
    for where, says in ((namespace, "no study here"), ("no-such", "no namespace has this name")):
        for arguments in (["results"], ["show", "3"], ["show", "a-3"], ["report", "a"], ["suspend", "a"]):
            done = tunewright(*arguments, "-n", where)
            assert (done.code, done.stdout) == (2, "")
            assert done.stderr == f"namespace {where}: {says}\n"


@pytest.mark.parametrize("arguments", [["results"], ["show", "a-3"], ["report", "a"], ["cancel", "a"]])
def test_who_may_not_is_told_which_right_is_lacking(
    tunewright: Run, cluster: Cluster, tmp_path: Path, namespace: str, arguments: list[str]
) -> None:
    cluster.kubectl("create", "serviceaccount", "jane", "-n", namespace)
    token = cluster.kubectl("create", "token", "jane", "-n", namespace)

    done = tunewright(*arguments, "-n", namespace, "--kubeconfig", as_user(cluster, tmp_path, token))

    assert (done.code, done.stdout) == (1, "")
    assert re.fullmatch(
        r"tunewright: not permitted: .* is forbidden: "
        rf'User "system:serviceaccount:{namespace}:jane" cannot (get|list) resource .*\n',
        done.stderr,
    )


def test_credentials_that_are_none(tunewright: Run, cluster: Cluster, tmp_path: Path) -> None:
    done = tunewright("results", "--kubeconfig", as_user(cluster, tmp_path, "nonsense"))

    assert (done.code, done.stdout) == (1, "")
    assert done.stderr == "tunewright: the cluster does not accept your credentials: Unauthorized\n"


def test_suspend_resume_and_cancel(said: Said, cluster: Cluster, namespace: str) -> None:
    write(cluster, namespace, study_document())

    def spec() -> dict[str, Any]:
        found = json.loads(cluster.kubectl("get", "hps/digits", "-n", namespace, "-o", "json"))
        return {field: found["spec"].get(field, False) for field in ("suspend", "cancel")}

    study = f"Study digits in namespace {namespace}"
    suspended = f"{study} is to be suspended: what runs saves a checkpoint and ends.\n"
    assert said("suspend", "digits", "-n", namespace) == suspended
    assert spec() == {"suspend": True, "cancel": False}
    assert said("suspend", "digits", "-n", namespace) == f"{study} has spec.suspend: true already.\n"
    assert said("resume", "digits", "-n", namespace) == f"{study} is to go on.\n"
    assert spec() == {"suspend": False, "cancel": False}
    assert said("resume", "digits", "-n", namespace) == f"{study} has spec.suspend: false already.\n"
    cancelled = f"{study} is to end: what runs is stopped, what was found stays.\n"
    assert said("cancel", "digits", "-n", namespace) == cancelled
    assert spec() == {"suspend": False, "cancel": True}


@pytest.mark.parametrize("command", ["suspend", "resume", "cancel"])
def test_what_is_over_is_left_alone(tunewright: Run, over: str, command: str) -> None:
    done = tunewright(command, "shell", "-n", over)

    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == f"study {over}/shell: it is over: Completed, MaxTrialsReached\n"
