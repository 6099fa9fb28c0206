"""The cluster that these tests run in: found, or started for the session and taken down at its end."""

import os
import re
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from tests.cluster.machine import binaries, given, lifecycle, resolve
from tests.cluster.machine.cluster import Cluster
from tests.cluster.machine.errors import Unavailable

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


def remove_leftovers() -> None:
    """Take down what sessions left that were killed."""
    for name in lifecycle.names():
        session = OURS.fullmatch(name)
        if session and not Path("/proc", session[1]).exists():
            resolve.down(name)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build what the cluster needs before the first test: it may take longer than a test may."""
    wanted = any("cluster" in getattr(item, "fixturenames", ()) for item in session.items)
    if not wanted or session.config.option.collectonly or os.environ.get(given.VARIABLE) or os.geteuid() != 0:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            binaries.find()
        except Unavailable:
            return  # the fixture says why


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
