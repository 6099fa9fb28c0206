"""The HTML report: one file that needs no network."""

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from xml.etree.ElementTree import Element

from plotly.offline import get_plotlyjs

from tunewright.api.trial import Purpose
from tunewright.report import sections
from tunewright.report.figures.curves import learning_curves
from tunewright.report.figures.drawing import Drawing, as_json
from tunewright.report.figures.history import history
from tunewright.report.figures.importances import importances
from tunewright.report.figures.parallel import parallel_coordinates
from tunewright.report.figures.pareto import pareto_front
from tunewright.report.importance import importance
from tunewright.report.markup import document, element, raw
from tunewright.report.view import StudyView

_ICON = "data:,"
"""An empty icon, which keeps browsers from asking for one."""


def render(view: StudyView) -> str:
    """The report as the text of an HTML file in UTF-8, some 5 MB, nearly all of it plotly.js.

    Its security policy allows the two scripts of the page, by their hashes, and no request of any kind: what
    a user wrote into a study could do nothing even if it were not escaped.
    """
    scripts = [get_plotlyjs(), _resource("page.js")]
    parts = list(_sections(view))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{view.name}: tuning report"),
        element("link", rel="icon", href=_ICON),
        raw("style", _resource("page.css")),
    )
    links = [element("a", title, href=f"#{key}") for key, title, _ in parts]
    main = element("main")
    for key, title, content in parts:
        heading = element("h2", title, id=f"{key}-title")
        main.append(element("section", heading, *content, id=key, aria_labelledby=f"{key}-title"))
    body = element(
        "body",
        element("header", *sections.headline(view)),
        element("nav", *links, aria_label="Sections"),
        element("noscript", element("p", "The plots need JavaScript; the tables do not.")),
        main,
        element("footer", _about(view)),
        *(raw("script", script) for script in scripts),
    )
    return document(element("html", head, body, lang="en"))


_Section = tuple[str, str, list[Element]]


def _sections(view: StudyView) -> Iterator[_Section]:
    """Key, title and content of each section."""
    found = importance(view)
    yield "comparison", "Best against default", sections.comparison(view)
    if len(view.objectives) > 1:
        yield "pareto", "Pareto front", [*_plot("pareto", pareto_front(view)), *sections.front(view)]
    if view.constraints:
        yield "constraints", "Constraints", sections.constraints(view)
    if view.study.status.stages:
        yield "stages", "Stages", sections.stages(view)
    yield "history", "Optimisation history", _plot("history", history(view))
    yield "curves", "Learning curves", _plot("curves", learning_curves(view))
    important = list(found.effects) if found else []
    yield "parallel", "Parallel coordinates", _plot("parallel", parallel_coordinates(view, important))
    yield "importance", "Importance of the parameters", _plot("importance", importances(view, found))
    yield "failures", "Failures", sections.failures(view)
    yield "trials", "All trials", sections.all_trials(view)


def _plot(key: str, drawing: Drawing) -> list[Element]:
    if drawing.plot is None:
        return [element("p", drawing.caption, class_="nothing")]
    data = f"{key}-data"
    place = element(
        "div", class_="plot", data_figure=data, role="img", aria_label=drawing.alt,
        style=f"height:{drawing.plot.layout.height}px",
    )  # fmt: skip
    return [
        element("figure", element("div", place, class_="scroll"), element("figcaption", drawing.caption)),
        raw("script", as_json(drawing.plot), type="application/json", id=data),
    ]


def _about(view: StudyView) -> str:
    algorithm = view.study.spec.algorithm
    proposed = [trial for trial in view.searched if trial.spec.purpose is Purpose.SEARCH]
    used = {trial.spec.proposal.sampler for trial in proposed} - {"", algorithm.name}
    sampler = algorithm.name + (f" ({', '.join(sorted(used))})" if used else "")
    return f"Made by Tunewright. Sampler {sampler}, seed {algorithm.seed}. This file needs no network."


def _resource(name: str) -> str:
    return files("tunewright.report").joinpath(name).read_text("utf-8")


def _policy(scripts: list[str]) -> str:
    hashes = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{each}'" for each in hashes)
    return f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:"
