"""YAML, and JSON, as kubectl reads it, into plain JSON values.

kubectl reads YAML by Go rules and hands it on as JSON: `1e-5` is a number and `1.0` a whole one, `y` is true,
a date or `1:30` is a text. What has no place in a study is refused: tags, a key that stands twice or is no
text, numbers that JSON cannot carry, and aliases that multiply without end.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import NoReturn

import yaml
from pydantic import JsonValue
from yaml.reader import ReaderError

from tunewright.api.problems import Invalid, join

MAX_DEPTH = 64
MAX_NODES = 100_000  # aliases written out
LARGEST = 2**63 - 1

# Tags of nodes that have none of their own.
_PLAIN, _QUOTED, _LIST, _OBJECT = "plain", "quoted", "list", "object"

_CONSTANTS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
}
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_INTEGERS = [
    (10, re.compile(r"[-+]?(?:0|[1-9][0-9]*)")),
    (8, re.compile(r"[-+]?0[oO]?[0-7]+")),
    (16, re.compile(r"[-+]?0[xX][0-9a-fA-F]+")),
    (2, re.compile(r"[-+]?0[bB][01]+")),
]
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def read(text: str) -> JsonValue:
    """The value of the one document in `text`; None where there is none.

    Raises:
        Invalid: it is not such a text; the path is a line and column, or a field's.
    """
    if text.lstrip().startswith("{") and _is_json(text):
        text = text.replace("\t", " ")  # between JSON's tokens a tab is a space; to YAML it is an error
    nodes = [node for node in _compose(text) if not (node.tag == _PLAIN and _constant(node.value) is None)]
    if len(nodes) > 1:
        raise Invalid(_where(nodes[1].start_mark), "a second document begins here; write one per file")
    return _value(nodes[0], "") if nodes else None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class _Composer(yaml.SafeLoader):
    """Makes nodes, and refuses what would cost more than a study may, before it costs it."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.sizes: dict[yaml.Node, tuple[int, int]] = {}
        """Of every finished node: how many nodes it holds, aliases written out, and how deep they go."""

    def resolve(self, kind: type[yaml.Node], value: object, implicit: object) -> str:  # noqa: ARG002
        if kind is yaml.ScalarNode:
            return _PLAIN if isinstance(implicit, tuple) and implicit[0] else _QUOTED
        return _LIST if kind is yaml.SequenceNode else _OBJECT

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
        alias = self.check_event(yaml.AliasEvent)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Invalid(_where(mark), f"nested more than {MAX_DEPTH} levels deep")
        node = super().compose_node(parent, index)
        self.depth -= 1
        if node is None:
            return None
        if alias and node not in self.sizes:
            raise Invalid(_where(mark), "an alias of something that it is part of; write it out")
        if not alias:
            self.sizes[node] = self._size(node)
            if len(self.sizes) > MAX_NODES:
                raise Invalid(_where(mark), f"more than {MAX_NODES:,} values up to here")
        return node

    def _size(self, node: yaml.Node) -> tuple[int, int]:
        size, depth = 1, 1
        for child in _children(node):
            child_size, child_depth = self.sizes[child]
            size, depth = size + child_size, max(depth, child_depth + 1)
        if size > MAX_NODES:
            raise Invalid(_where(node.start_mark), f"more than {MAX_NODES:,} values, aliases written out")
        if depth > MAX_DEPTH:
            raise Invalid(_where(node.start_mark), f"nested more than {MAX_DEPTH} levels deep, with aliases")
        return size, depth


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
    elif isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair


def _compose(text: str) -> Iterator[yaml.Node]:
    try:
        composer = _Composer(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Invalid(f"line {line}", f"not YAML: the character U+{error.character:04X}") from None
    try:
        while composer.check_node():
            node = composer.get_node()
            assert node is not None
            yield node
    except yaml.MarkedYAMLError as error:
        said = ", ".join(part for part in (error.context, error.problem) if part)
        mark = error.problem_mark or error.context_mark or composer.get_mark()
        raise Invalid(_where(mark), f"not YAML: {said}") from None
    except Invalid:
        raise
    except (ValueError, OverflowError):  # such as of \Uffffffff
        raise Invalid(
            _where(composer.get_mark()), "not YAML: an escape or directive that means nothing"
        ) from None


def _where(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _refuse(node: yaml.Node, path: str, message: str) -> NoReturn:
    if not path:
        raise Invalid(_where(node.start_mark), message)
    raise Invalid(path, f"{message} (line {node.start_mark.line + 1})")


def _value(node: yaml.Node, path: str) -> JsonValue:
    if node.tag not in (_PLAIN, _QUOTED, _LIST, _OBJECT):
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        _refuse(node, path, f"the tag {tag} is not accepted; write the value without it")
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, f"{path}[{index}]") for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path)
    assert isinstance(node, yaml.ScalarNode)
    return _text(node, path) if node.tag == _QUOTED else _plain(node, path)


def _mapping(node: yaml.MappingNode, path: str) -> dict[str, JsonValue]:
    merged: dict[str, JsonValue] = {}
    own: dict[str, JsonValue] = {}
    for key_node, value_node in node.value:
        if key_node.tag == _PLAIN and key_node.value == "<<":
            merged = _merged(value_node, path) | merged
            continue
        key = _value(key_node, path)
        if not isinstance(key, str):
            shown = key_node.value if isinstance(key_node, yaml.ScalarNode) else "a list or mapping"
            _refuse(key_node, path, f"the key {shown} is not a text; quote it if it is meant as one")
        if key in own:
            _refuse(key_node, join(path, key), "stands twice; keep one of them")
        own[key] = _value(value_node, join(path, key))
    return merged | own


def _merged(node: yaml.Node, path: str) -> dict[str, JsonValue]:
    """What `<<` brings in: a mapping, or a list of them of which the first has the last say."""
    sources = node.value if isinstance(node, yaml.SequenceNode) else [node]
    merged: dict[str, JsonValue] = {}
    for source in reversed(sources):
        if not isinstance(source, yaml.MappingNode):
            _refuse(source, join(path, "<<"), "must be an alias of a mapping, or a list of them")
        merged |= _mapping(source, path)
    return merged


def _text(node: yaml.ScalarNode, path: str) -> str:
    text: str = node.value
    if "\0" in text:
        _refuse(node, path, "a text must not hold a NUL character")
    try:
        # JSON escapes a character beyond U+FFFF as a pair.
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        _refuse(node, path, "half of an escaped pair; write the character itself")


def _constant(text: str) -> bool | str | None:
    return _CONSTANTS.get(text, text)


def _plain(node: yaml.ScalarNode, path: str) -> JsonValue:
    text: str = node.value
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_FINITE.fullmatch(text):
        _refuse(node, path, f"must be a finite number, not {text}")
    number = _number(text if text[0] in "._" else text.replace("_", ""))
    if number in (None, math.inf, -math.inf):
        return _text(node, path)
    if isinstance(number, int) and not -LARGEST - 1 <= number <= LARGEST:
        _refuse(node, path, "whole numbers go from -2^63 to 2^63 - 1; write a larger one as in 1e30")
    # kubectl passes numbers on as JSON, where 1.0 is 1.
    return int(number) if abs(number) <= LARGEST and number == int(number) else number


def _number(text: str) -> int | float | None:
    for base, pattern in _INTEGERS:
        if pattern.fullmatch(text):
            # Python reads at most 4,300 decimal digits; what is cut here is refused all the same.
            return int(text[:400] if base == 10 else text.lower().replace("o", ""), base)
    return float(text) if _FLOAT.fullmatch(text) else None
