"""What the API server answers where it does not do what it was asked, by what the caller can do about it."""

import json
from collections.abc import Mapping
from typing import Any

from tunewright.api.problems import one_line


class ApiError(Exception):
    """A call to the API server that failed; which way, the subclass says.

    Attributes:
        code: HTTP status; 0 where there was no answer.
        reason: the server's own word for it, such as `AlreadyExists`; may be empty.
        message: the server's own message, on one line.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        self.code = code
        self.reason = reason
        self.message = one_line(message)
        super().__init__(self.message)


class NotFound(ApiError):  # noqa: N818 - the server's own words, here and below
    """There is no such object, namespace or kind."""


class AlreadyExists(ApiError):  # noqa: N818
    """An object of this name is there."""


class Conflict(ApiError):  # noqa: N818
    """The object is no more the one that the caller saw; or a quota was being changed by another call."""


class Gone(ApiError):  # noqa: N818
    """The server remembers the asked-for version, or the list begun, no longer: list again."""


class Refused(ApiError):  # noqa: N818
    """The call is not allowed or not valid; the same call again will fare no better."""


class Unavailable(ApiError):  # noqa: N818
    """No answer, or none for now: the same call may well succeed later.

    Attributes:
        retry_after: how long the server asks to wait, in seconds; None where it does not say.
    """

    def __init__(self, code: int, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(code, reason, message)
        self.retry_after = retry_after


def error_of_answer(code: int, body: bytes, retry_after: str | None = None) -> ApiError:
    """The error for an HTTP status, its body and its `Retry-After` header."""
    try:
        status = json.loads(body)
    except ValueError:
        status = None
    if not isinstance(status, dict):
        # Not from the API server but from something before it.
        status = {"message": body[:1000].decode(errors="replace")}
    return error_of_status({**status, "code": code}, retry_after)


def error_of_status(status: Mapping[str, Any], retry_after: str | None = None) -> ApiError:
    """The error for a `Status` object."""
    code = int(status.get("code") or 0)
    reason = str(status.get("reason") or "")
    message = str(status.get("message") or reason or f"HTTP status {code}")
    if code == 409:
        return (AlreadyExists if reason == "AlreadyExists" else Conflict)(code, reason, message)
    if code in _BY_CODE:
        return _BY_CODE[code](code, reason, message)
    if 400 <= code < 500 and code not in _TRANSIENT:
        return Refused(code, reason, message)
    return Unavailable(code, reason, message, _seconds(retry_after))


_BY_CODE: Mapping[int, type[ApiError]] = {404: NotFound, 410: Gone}
_TRANSIENT = (408, 429)


def _seconds(retry_after: str | None) -> float | None:
    # The API server sends seconds; a proxy may send a date, which is as good as nothing said.
    return float(retry_after) if retry_after is not None and retry_after.strip().isdecimal() else None
