"""How the operator logs."""

import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from tunewright.cluster import logs

LOG = logging.getLogger("tunewright.test")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The loggers, after the test."""
    changed = [logging.getLogger(name) for name in (None, "kopf", "urllib3", "asyncio")]
    before = [(logger.level, logger.handlers[:]) for logger in changed]
    yield
    for logger, (level, handlers) in zip(changed, before, strict=True):
        logger.level, logger.handlers = level, handlers


def test_a_line_of_json_has_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    LOG.debug("unsaid")
    LOG.info('größe "%s"\nx', 3, extra={"namespace": "n", "study": "digits"})
    [line] = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert datetime.fromisoformat(told.pop("time")).utcoffset() is not None
    assert told == {
        "level": "info",
        "logger": "tunewright.test",
        "message": 'größe "3"\nx',
        "namespace": "n",
        "study": "digits",
    }


def test_an_exception_is_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json", "info")
    try:
        raise ValueError("no number")
    except ValueError:
        LOG.exception("an error")
    [line] = capsys.readouterr().err.splitlines()
    assert "ValueError: no number" in json.loads(line)["exception"]


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text", "warning")
    LOG.info("unsaid")
    LOG.warning("said")
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("WARNING tunewright.test: said")
