import re
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.builders import a_study, a_trial
from tests.unit.report.studies import HOSTILE, a_view, with_status

from tunewright.api.trial import TrialState
from tunewright.report.page import render
from tunewright.report.view import StudyView

VOID = {"meta", "link", "br"}


class Outline(HTMLParser):
    """What a browser would see: ids, scripts, headings, addresses; fails where elements do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self.lang: str | None = None
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if tag == "html":
            self.lang = found["lang"]
        if tag == "script":
            self.scripts.append(found)
        if tag in ("h1", "h2"):
            self.headings.append(tag)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.addresses += [value for name, value in attrs if name in ("src", "href") and value]
        assert not any(name.startswith("on") for name in found)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def a_hostile_view() -> StudyView:
    """A study in which what users write tries to be HTML, plotly's markup, or a control character."""
    values = [HOSTILE, "</script><img src=x onerror=alert(1)>", "%{x} <b>日本</b>\x1b[31m", "é<!--"]
    parameters = [
        {"name": "choice", "type": "categorical", "values": values},
        {"name": "x", "type": "float", "min": 0, "max": 1, "when": {"choice": [HOSTILE]}},
    ]
    trials = [
        a_trial(i, accuracy=0.5 + i / 100, parameters={"choice": values[i % 4], "x": 0.5}) for i in range(24)
    ]
    trials += [
        a_trial(
            24 + i, state=TrialState.FAILED, reason=HOSTILE, message=f"{value}\x00", completion_order=24 + i,
            parameters={"choice": value},
        )
        for i, value in enumerate(values)
    ]  # fmt: skip
    curves = {trial.name: {"accuracy": [(1, 0.1), (2, 0.5)]} for trial in trials}
    study = a_study(parameters=parameters)
    return with_status(study, trials, curves)


VIEWS: dict[str, Any] = {
    "usual": lambda: a_view(40),
    "empty": lambda: a_view(0),
    "single": lambda: a_view(1),
    "few": lambda: a_view(6),
    "several objectives": lambda: a_view(40, latency=True),
    "hostile": a_hostile_view,
    "running": lambda: with_status(
        a_study(), [a_trial(0, accuracy=0.5), a_trial(1, state=TrialState.RUNNING), a_trial(2)], {}, "Running"
    ),
    "only failures": lambda: with_status(
        a_study(), [a_trial(i, state=TrialState.FAILED, completion_order=i) for i in range(25)], {}, "Failed"
    ),
    "three objectives": lambda: with_status(
        a_study(objectives=[{"metric": m, "direction": "minimize"} for m in "abc"]),
        [
            a_trial(
                i, state=TrialState.COMPLETED, objectives={"a": i, "b": 3 - i, "c": i % 2}, completion_order=i
            )
            for i in range(4)
        ],
        {},
    ),
}


@cache
def page_of(name: str) -> str:
    """The page of one of `VIEWS`."""
    return render(VIEWS[name]())


@pytest.mark.parametrize("name", VIEWS)
def test_any_study_renders_well_formed(name: str) -> None:
    page = page_of(name)
    outline = Outline(page)
    assert outline.lang == "en"
    assert outline.headings[0] == "h1"
    assert outline.headings.count("h1") == 1
    assert len(outline.ids) == len(set(outline.ids))
    assert page.count("plotly.js v") == 1


@pytest.mark.parametrize("name", ["usual", "hostile"])
def test_nothing_is_fetched(name: str) -> None:
    page = page_of(name)
    outline = Outline(page)
    assert all(address.startswith("#") or address == "data:," for address in outline.addresses)
    assert all("src" not in script for script in outline.scripts)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "http" not in policy[1]


def test_what_users_wrote_is_escaped() -> None:
    page = page_of("hostile")
    outline = Outline(page)
    for script in outline.scripts:
        assert set(script) <= {"type", "id"}
    assert HOSTILE not in page
    assert "<img" not in page.split("plotly.js v")[0]
    assert "&lt;script&gt;alert('x')&lt;/script&gt;" in page
    assert "日本" in page
    assert "\x00" not in page.split("plotly.js v")[0]


def test_sections_that_have_too_little_say_so() -> None:
    page = page_of("few")
    assert "Too little to tell: importance takes at least 20 trials" in page
    assert 'id="importance-data"' not in page


def test_a_study_of_very_many_trials_stays_small() -> None:
    page = render(a_view(1_500))
    assert len(page.encode()) < 8_000_000


def test_rendering_the_same_twice_gives_the_same() -> None:
    assert page_of("few") == render(VIEWS["few"]())
