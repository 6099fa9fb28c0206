"""The cluster that these tests run in: found, or started for the session and taken down at its end."""

import os
import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from tests.cluster.calling import a_namespace, gateway_to, install_kinds
from tests.cluster.images import archives, targets
from tests.cluster.images.storage import Storage
from tests.cluster.machine import binaries, given, lifecycle, resolve
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.errors import Unavailable

from tunewright.cluster.gateway import Gateway

OURS = re.compile(r"test-(\d+)(-.*)?")


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One cluster for all tests of the session; tests keep apart by namespaces of their own."""
    name = f"test-{os.getpid()}"
    remove_leftovers()
    try:
        yield resolve.for_tests(name)
    finally:
        resolve.down(name)


@pytest.fixture
def gateway(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return gateway_to(cluster, monkeypatch)


@pytest.fixture(scope="module")
def kinds(cluster: Cluster) -> None:
    """Has the cluster serve studies and trials."""
    install_kinds(cluster)


@pytest.fixture
def namespace(cluster: Cluster, kinds: None) -> Iterator[str]:
    """The name of a namespace of the test's own."""
    with a_namespace(cluster) as name:
        yield name


def remove_leftovers() -> None:
    """Take down what sessions left that were killed."""
    for name in lifecycle.names():
        session = OURS.fullmatch(name)
        if session and not Path("/proc", session[1]).exists():
            resolve.down(name)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what the tests need before the first of them: it may take longer than a test may."""
    if session.config.option.collectonly or os.environ.get(given.VARIABLE) or os.geteuid() != 0:
        return
    fixtures = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled(), suppress(Unavailable):  # the fixtures say why
        if "cluster" in fixtures:
            binaries.find()
        if fixtures & {"installed", "storage"}:
            storage = Storage.open()
            for target in targets.NAMES:
                archives.make(target, storage, archives.directory())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    try:
        yield
    except Unavailable as why:
        pytest.skip(str(why))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    try:
        yield
    except Unavailable as why:
        pytest.skip(str(why))
