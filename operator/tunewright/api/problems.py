"""What is wrong with an input: where, what, and what would be right."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails


@dataclass(frozen=True)
class Problem:
    """One thing wrong: the field by its path (`spec.parameters[1].min`; empty for the whole), and a message."""

    path: str
    message: str

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}" if self.path else self.message
        return " ".join(text.split())

    def under(self, prefix: str) -> "Problem":
        """The same problem, seen from an object that holds this one at `prefix`."""
        return Problem(join(prefix, self.path), self.message)


class InvalidInput(Exception):
    """An input is refused; `problems` says why, and `source` names the file where there is one."""

    def __init__(self, problems: Iterable[Problem], source: str = "") -> None:
        self.problems = list(problems)
        self.source = source
        super().__init__("\n".join(self.lines()))

    def lines(self) -> list[str]:
        """One line per problem, each naming the source and the field."""
        return [f"{self.source}: {problem}" if self.source else str(problem) for problem in self.problems]


class Invalid(ValueError):
    """Raised by a model's own check: the field below the model, and a message."""

    def __init__(self, path: str, message: str) -> None:
        self.problem = Problem(path, message)
        super().__init__(str(self.problem))


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


# A union of scalars reports once per member, each under a location such as `bool` or `constrained-float`.
_MEMBER = re.compile(r"(bool|int|float|str|constrained-\w+|function-\w+\[.*\])$")
_SAYS = {
    "missing": "required, but missing",
    "model_type": "must be an object with fields",
    "model_attributes_type": "must be an object with fields",
    "dict_type": "must be an object with fields",
    "list_type": "must be a list",
    "string_type": "must be a text (quote it if it looks like a number)",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "finite_number": "must be a finite number, not NaN or infinity",
}


def _problem(detail: ErrorDetails) -> Problem:
    cause = detail.get("ctx", {}).get("error")
    location = [part for part in detail["loc"] if part != "[key]"]
    scalar = len(location) > 1 and isinstance(location[-1], str) and _MEMBER.fullmatch(location[-1]) is not None
    if scalar:
        location.pop()
    path = path_of(location)
    if isinstance(cause, Invalid):
        return cause.problem.under(path)
    if isinstance(cause, ValueError):
        return Problem(path, str(cause))
    if detail["type"] == "finite_number":
        return Problem(path, _SAYS["finite_number"])
    if scalar:
        return Problem(path, "must be a text, a finite number, true or false")
    message = _SAYS.get(detail["type"])
    if message is None:
        message = detail["msg"][:1].lower() + detail["msg"][1:]
    return Problem(path, message)
