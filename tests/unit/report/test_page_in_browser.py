"""The report in a real browser: it draws, and the console stays empty.

That also means that it asks for nothing: its security policy refuses every request and says so there.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.unit.report.studies import a_view
from tests.unit.report.test_page import a_hostile_view

from tunewright.report.page import render
from tunewright.report.view import StudyView

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium is installed to open the report in")


class Opened:
    """A page as the browser has it after its scripts ran: its elements, and what its console says."""

    def __init__(self, page: str, directory: Path) -> None:
        assert BROWSER is not None
        file = directory / "report.html"
        file.write_text(page, encoding="utf-8")
        command = [
            BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={directory / 'profile'}", "--enable-logging=stderr", "--v=0",
            "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=30000", "--dump-dom",
            file.as_uri(),
        ]  # fmt: skip
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
        self.dom = ran.stdout
        self.console = [line for line in ran.stderr.splitlines() if ":CONSOLE" in line]

    def plot(self, key: str) -> str:
        """The drawn plot of a section."""
        found = re.search(rf'data-figure="{key}-data".*?<figcaption', self.dom, re.DOTALL)
        assert found is not None, f"no plot {key}"
        return found[0]


def open_page(view: StudyView, directory: Path) -> Opened:
    return Opened(render(view), directory)


def test_every_section_draws_in_silence(tmp_path: Path) -> None:
    view = a_view(60, latency=True)
    opened = open_page(view, tmp_path)
    assert opened.console == []
    for key in ("pareto", "history", "curves", "parallel", "importance"):
        assert 'class="main-svg"' in opened.plot(key)
    assert opened.plot("pareto").count('class="point"') == len(view.evaluated)
    assert opened.plot("history").count('class="point"') > len(view.evaluated)
    assert opened.plot("curves").count('class="js-line"') > 100
    assert opened.plot("parallel").count('class="js-line"') > len(view.evaluated)
    assert opened.plot("importance").count('class="point"') == 8


def test_hostile_texts_stay_texts(tmp_path: Path) -> None:
    opened = open_page(a_hostile_view(), tmp_path)
    assert opened.console == []
    assert "<img" not in opened.dom.split("<script>")[0]
    assert "&lt;script&gt;alert('x')" in opened.plot("parallel")


def test_a_page_that_fetches_would_be_noticed(tmp_path: Path) -> None:
    page = render(a_view(2)).replace("<main>", '<main><img src="http://127.0.0.1:9/x.png">', 1)
    opened = Opened(page, tmp_path)
    assert any("Content Security Policy" in line for line in opened.console)
