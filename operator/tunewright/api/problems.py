"""What is wrong with an input: where, what, and what would be right."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

MAX_NAME = 80
MAX_PATH = 200
MAX_MESSAGE = 600
MAX_LINES = 50


@dataclass(frozen=True)
class Problem:
    """One thing wrong: the field by its path (`spec.parameters[1].min`; empty for all), and a message."""

    path: str
    message: str

    def __str__(self) -> str:
        message = one_line(self.message)
        return f"{one_line(self.path, MAX_PATH)}: {message}" if self.path else message

    def under(self, prefix: str) -> "Problem":
        """The same problem, seen from an object that holds this one at `prefix`."""
        return Problem(join(prefix, self.path), self.message)


class InvalidInput(Exception):  # noqa: N818 - what the field calls it
    """An input is refused; `problems` says why, and `source` names the file where there is one."""

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        self.problems = list(problems)
        self.source = source
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line per problem, each naming the source and the field; of very many the first ones."""
        prefix = f"{one_line(self.source)}: " if self.source else ""
        lines = [f"{prefix}{problem}" for problem in self.problems[:MAX_LINES]]
        more = len(self.problems) - len(lines)
        return [*lines, f"{prefix}and {more} more"] if more else lines


class Invalid(ValueError):  # noqa: N818
    """Raised by a model's own check: the field below the model, and a message."""

    def __init__(self, path: str, message: str) -> None:
        self.problem = Problem(path, message)
        super().__init__(str(self.problem))


def one_line(text: str, length: int = MAX_MESSAGE) -> str:
    """The text on one line of at most `length`, control characters escaped: it may hold anything."""
    line = " ".join(text.split())
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
    return line if len(line) <= length else f"{line[: length - 4]} ..."


def unknown(what: str, name: str, known: Iterable[str]) -> str:
    """The message for a name that means nothing, such as `no model is named mpl; choose one of mlp, cnn`."""
    names = list(known)
    if not names:
        return f"no {what} is named {name}; there is none"
    by_bare = {_bare(candidate): candidate for candidate in names}
    close = difflib.get_close_matches(_bare(name), by_bare, n=1, cutoff=0.65)
    leading = f"did you mean {by_bare[close[0]]}? Choose" if close else "choose"
    return f"no {what} is named {one_line(name, MAX_NAME)}; {leading} one of {', '.join(names)}"


def _bare(name: str) -> str:
    return name[:100].lower().replace("_", "").replace("-", "")


def join(prefix: str, path: str) -> str:
    """One path of two."""
    if not prefix or not path:
        return prefix or path
    return f"{prefix}{path}" if path.startswith("[") else f"{prefix}.{path}"


def path_of(parts: Sequence[str | int]) -> str:
    """The path as a reader writes it: `('spec', 'parameters', 1)` is `spec.parameters[1]`."""
    text = ""
    for part in parts:
        text = join(text, f"[{part}]" if isinstance(part, int) else part)
    return text


def problems_of(error: ValidationError) -> list[Problem]:
    """The problems of a refused model, each field once, in the order in which pydantic found them."""
    problems: dict[str, Problem] = {}
    for detail in error.errors():
        problem = _problem(detail)
        problems.setdefault(problem.path, problem)
    return list(problems.values())


def _problem(detail: ErrorDetails) -> Problem:
    path = path_of([part for part in detail["loc"] if part != "[key]"])
    context: Mapping[str, Any] = detail.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, Invalid):
        return cause.problem.under(path)
    if isinstance(cause, ValueError):
        return Problem(path, str(cause))
    if detail["type"] == "extra_forbidden":
        return Problem(path, f"no field has this name; write {to_camel(str(detail['loc'][-1]))}")
    says = _SAYS.get(detail["type"])
    message = says(context) if says else detail["msg"][:1].lower() + detail["msg"][1:]
    value = detail["input"]
    if detail["type"] in _SELF_EVIDENT or not isinstance(value, str | int | float):
        return Problem(path, message)
    return Problem(path, f"{message}, not {str(value).lower() if isinstance(value, bool) else repr(value)}")


def _constant(message: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda _: message


_SELF_EVIDENT = ("missing", "string_too_short", "string_too_long")
_AN_OBJECT = _constant("must be an object with fields")

_SAYS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "missing": _constant("required, but missing"),
    "model_type": _AN_OBJECT,
    "model_attributes_type": _AN_OBJECT,
    "dict_type": _AN_OBJECT,
    "list_type": _constant("must be a list"),
    "string_type": _constant("must be a text (quote it if it is one)"),
    "int_type": _constant("must be a whole number"),
    "int_from_float": _constant("must be a whole number"),
    "float_type": _constant("must be a number"),
    "bool_type": _constant("must be true or false"),
    "finite_number": _constant("must be a finite number"),
    "enum": lambda context: f"must be one of {_listed(context['expected'])}",
    "literal_error": lambda context: f"must be {_listed(context['expected'])}",
    "greater_than": lambda context: f"must be greater than {context['gt']:g}",
    "greater_than_equal": lambda context: f"must be at least {context['ge']:g}",
    "less_than": lambda context: f"must be less than {context['lt']:.12g}",
    "less_than_equal": lambda context: f"must be at most {context['le']:.12g}",
    "string_too_short": _constant("must not be empty"),
    "string_too_long": lambda context: f"must have at most {context['max_length']} characters",
    "too_short": lambda context: f"must have at least {context['min_length']} item",
    "too_long": lambda context: f"must have at most {context['max_length']} items",
}


def _listed(expected: str) -> str:
    return expected.replace("'", "").replace(" or ", ", ")
