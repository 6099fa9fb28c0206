"""Which cluster is meant, and one clear line where none is."""

import json
from pathlib import Path
from typing import Any

import pytest

from tunewright.api.problems import InvalidInput
from tunewright.cluster.connection import Connection, connect

IN_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def kubeconfig(path: Path, **replaced: Any) -> str:
    """Two contexts, `first` in no namespace and `second` in `lab`; JSON is YAML."""
    document = {
        "current-context": "first",
        "contexts": [
            {"name": "first", "context": {"cluster": "one", "user": "me"}},
            {"name": "second", "context": {"cluster": "two", "user": "me", "namespace": "lab"}},
        ],
        "clusters": [
            {"name": "one", "cluster": {"server": "https://one:6443"}},
            {"name": "two", "cluster": {"server": "https://two:6443"}},
        ],
        "users": [{"name": "me", "user": {"token": "secret"}}],
        **replaced,
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document))
    return str(path)


@pytest.fixture
def service_account(home: Path) -> Path:
    folder = home / "serviceaccount"
    folder.mkdir()
    (folder / "token").write_text("secret")
    (folder / "ca.crt").write_text("certificate")
    (folder / "namespace").write_text("tunewright\n")
    return folder


def place(connection: Connection) -> tuple[str, str]:
    return connection.api_client.configuration.host, connection.namespace


def test_the_current_context_or_the_one_named(home: Path) -> None:
    path = kubeconfig(home / "config")
    assert place(connect(None, path, environ={})) == ("https://one:6443", "default")
    assert place(connect("second", path, environ={})) == ("https://two:6443", "lab")


def test_by_environment_or_at_home(home: Path) -> None:
    named = kubeconfig(home / "named", **{"current-context": "second"})
    assert place(connect(None, None, environ={"KUBECONFIG": named})) == ("https://two:6443", "lab")
    assert place(connect(None, None, environ={"KUBECONFIG": f"{home}/none:{named}"}))[1] == "lab"
    kubeconfig(home / ".kube" / "config")
    assert place(connect(None, None, environ={})) == ("https://one:6443", "default")


def test_in_a_pod(service_account: Path) -> None:
    found = connect(None, None, environ=IN_POD, service_account=service_account)
    assert place(found) == ("https://10.0.0.1:443", "tunewright")


def test_a_kubeconfig_in_a_pod_comes_first(home: Path, service_account: Path) -> None:
    environ = {**IN_POD, "KUBECONFIG": kubeconfig(home / "config")}
    assert place(connect(None, None, environ=environ, service_account=service_account))[1] == "default"


def test_no_call_is_repeated_or_delayed_by_the_library(home: Path) -> None:
    configuration = connect(None, kubeconfig(home / "config"), environ={}).api_client.configuration
    assert configuration.retries is False


def refusal(**arguments: Any) -> str:
    given = {"context": None, "kubeconfig": None, "environ": {}, **arguments}
    with pytest.raises(InvalidInput) as refused:
        connect(**given)
    (line,) = refused.value.lines()
    assert "secret" not in line
    return line


def test_none_at_all() -> None:
    assert refusal() == "~/.kube/config: no kubeconfig; name one with --kubeconfig or KUBECONFIG"


def test_one_that_is_not_there(home: Path) -> None:
    assert refusal(kubeconfig=f"{home}/none") == f"{home}/none: no kubeconfig; no such file"
    assert refusal(environ={"KUBECONFIG": f"{home}/none"}).startswith(f"{home}/none: no kubeconfig; ")
    assert refusal(context="x", environ=IN_POD).startswith("~/.kube/config: no kubeconfig; ")


def test_a_context_that_is_not_there(home: Path) -> None:
    path = kubeconfig(home / "config")
    line = refusal(context="third", kubeconfig=path)
    assert line.startswith(f"{path}: ")
    assert "third" in line


@pytest.mark.parametrize("text", ["", "{", "- 1", "text", "contexts: 1", "a: [", "current-context: x"])
def test_a_file_that_is_no_kubeconfig(home: Path, text: str) -> None:
    (home / "config").write_text(text)
    assert refusal(kubeconfig=f"{home}/config").startswith(f"{home}/config: ")


@pytest.mark.parametrize("field", ["contexts", "clusters", "users"])
@pytest.mark.parametrize("value", [None, [], [{}], "text", [{"name": "first"}], [{"name": "me", "user": 1}]])
def test_parts_of_a_kubeconfig_that_are_wrong(home: Path, field: str, value: Any) -> None:
    path = kubeconfig(home / "config", **{field: value})
    if field == "users" and value in (None, [], [{"name": "first"}]):
        connect(None, path, environ={})  # nobody: the server will say what it thinks of that
        return
    assert refusal(kubeconfig=path).startswith(f"{path}: ")


def test_a_pod_without_a_token(home: Path) -> None:
    assert refusal(environ=IN_POD, service_account=home / "none").startswith("this pod has no usable ")
