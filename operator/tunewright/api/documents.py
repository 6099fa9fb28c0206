"""Study files, read the same way in both homes."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import JsonValue, ValidationError

from tunewright.api.base import API_VERSION, ObjectMeta
from tunewright.api.kubectl_yaml import read
from tunewright.api.overrides import override
from tunewright.api.problems import Invalid, InvalidInput, Problem, problems_of, unknown
from tunewright.api.study import HyperparameterStudy

MAX_BYTES = 2**20
KIND = "HyperparameterStudy"

_METADATA = (
    *ObjectMeta.model_fields,
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
)


def load(path: Path, overrides: Sequence[str] = ()) -> HyperparameterStudy:
    """The study in a YAML or JSON file.

    Args:
        path: the file.
        overrides: changes to make first, such as `spec.budget.maxTrials=8`.

    Raises:
        InvalidInput: it cannot be read, or is no study; its lines name the file and the field.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise _refused("no such file", str(path)) from None
    except IsADirectoryError:
        raise _refused("is a directory; name a study file", str(path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise _refused(f"cannot be read: {reason}", str(path)) from None
    return parse(content, str(path), overrides)


def parse(content: bytes | str, source: str = "", overrides: Sequence[str] = ()) -> HyperparameterStudy:
    """The study in YAML or JSON; `source` names it in messages. Raises InvalidInput as `load` does."""
    if len(content) > MAX_BYTES:
        raise _refused(f"larger than {MAX_BYTES // 2**20} MiB; a study is a few KiB", source)
    if isinstance(content, bytes):
        content = _decode(content, source)
    try:
        document = _document(content)
    except Invalid as invalid:
        raise InvalidInput([invalid.problem], source) from None
    for text in overrides:
        try:
            override(document, text)
        except Invalid as invalid:
            raise InvalidInput([invalid.problem], f"--set {text}") from None
    where = " ".join([source, *(f"--set {text}" for text in overrides)])
    try:
        return _study(document)
    except Invalid as invalid:
        raise InvalidInput([invalid.problem], where) from None
    except ValidationError as error:
        raise InvalidInput(problems_of(error), where) from None


def _refused(message: str, source: str) -> InvalidInput:
    return InvalidInput([Problem("", message)], source)


def _decode(content: bytes, source: str) -> str:
    if b"\0" in content:
        raise _refused("binary, or not UTF-8; a study is YAML or JSON in UTF-8", source)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            [Problem(f"line {line}", "not UTF-8 text; save the file as UTF-8")], source
        ) from None


def _document(text: str) -> dict[str, JsonValue]:
    document = read(text)
    if document is None:
        raise Invalid("", f"empty; a study begins with apiVersion: {API_VERSION} and kind: {KIND}")
    if not isinstance(document, dict):
        raise Invalid("", "not a mapping; a study has the fields apiVersion, kind, metadata and spec")
    return document


def _study(document: dict[str, JsonValue]) -> HyperparameterStudy:
    for field, right in (("apiVersion", API_VERSION), ("kind", KIND)):
        given = document.get(field)
        if given != right:
            shown = (
                f", not {given!r}" if isinstance(given, str) else ", but is missing" if given is None else ""
            )
            raise Invalid(field, f"must be {right}{shown}")
    metadata = document.get("metadata")
    for field in metadata if isinstance(metadata, dict) else ():
        if field not in _METADATA:
            raise Invalid(f"metadata.{field}", unknown("field", field, _METADATA))
    # A status is Tunewright's to write; a file that has one was written out of a cluster.
    fields = {field: value for field, value in document.items() if field != "status"}
    # In a file a field has one name, as in Kubernetes: maxTrials, not also max_trials.
    return HyperparameterStudy.model_validate(fields, by_alias=True, by_name=False)
