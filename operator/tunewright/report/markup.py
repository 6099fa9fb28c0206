"""HTML as a tree: what is put in as text comes out escaped, whatever it holds."""

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from tunewright.report.wording import printable

Content = Element | str | None


def element(tag: str, *content: Content, **attributes: str) -> Element:
    """An element; of an attribute's name a trailing `_` is dropped (`class_`), `_` within is `-`."""
    named = {name.rstrip("_").replace("_", "-"): printable(value) for name, value in attributes.items()}
    made = Element(tag, named)
    for part in content:
        if isinstance(part, Element):
            made.append(part)
        elif part and len(made):
            made[-1].tail = (made[-1].tail or "") + printable(part)
        elif part:
            made.text = (made.text or "") + printable(part)
    return made


def raw(tag: str, text: str, **attributes: str) -> Element:
    """A script or style element, whose text stands in the page as it is."""
    made = element(tag, **attributes)
    made.text = text
    return made


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[Content]]) -> Element:
    """A table in a box that scrolls sideways; a heading that begins with `>` is of a column of numbers.

    The first cell of each row heads it.
    """
    classes = ["number" if heading.startswith(">") else "" for heading in headings]
    head = element("tr")
    for heading, kind in zip(headings, classes, strict=True):
        head.append(element("th", heading.removeprefix(">"), scope="col", class_=kind))
    body = element("tbody")
    for row in rows:
        line = element("tr")
        for position, (cell, kind) in enumerate(zip(row, classes, strict=True)):
            heads = {} if position else {"scope": "row"}
            line.append(element("th" if heads else "td", cell, class_=kind, **heads))
        body.append(line)
    whole = element("table", element("caption", caption), element("thead", head), body)
    return element("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def document(root: Element) -> str:
    """The tree as an HTML file."""
    return "<!doctype html>\n" + ElementTree.tostring(root, encoding="unicode", method="html") + "\n"
