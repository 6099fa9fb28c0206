"""What the server's refusals are to a caller."""

import json
from typing import Any

import pytest

from tunewright.cluster.api_error import (
    AlreadyExists,
    ApiError,
    Conflict,
    Gone,
    NotFound,
    Refused,
    Unavailable,
    error_of_answer,
    error_of_status,
)


def status(**fields: Any) -> bytes:
    return json.dumps({"kind": "Status", "status": "Failure", **fields}).encode()


@pytest.mark.parametrize(
    ("code", "reason", "wanted"),
    [
        (404, "NotFound", NotFound),
        (409, "AlreadyExists", AlreadyExists),
        (409, "Conflict", Conflict),
        (410, "Expired", Gone),
        *((code, "", Refused) for code in (400, 401, 403, 405, 413, 422)),
        *((code, "", Unavailable) for code in (408, 429, 500, 502, 503, 504)),
    ],
)
def test_kinds(code: int, reason: str, wanted: type[ApiError]) -> None:
    error = error_of_answer(code, status(reason=reason, message="no"))
    assert type(error) is wanted
    assert (error.code, error.reason, error.message) == (code, reason, "no")


def test_the_message_is_one_line() -> None:
    assert str(error_of_answer(422, status(message="one\ntwo"))) == "one two"


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7.0), (None, None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None)]
)
def test_how_long_to_wait(said: str | None, seconds: float | None) -> None:
    error = error_of_answer(429, status(), said)
    assert isinstance(error, Unavailable)
    assert error.retry_after == seconds


@pytest.mark.parametrize("body", [b"404 page not found\n", b"\xff\xfe", b"", b"[]", b"null"])
def test_an_answer_that_is_not_the_api_servers(body: bytes) -> None:
    error = error_of_answer(404, body)
    assert isinstance(error, NotFound)
    assert error.message


def test_the_http_status_counts_not_what_the_body_claims() -> None:
    assert isinstance(error_of_answer(503, status(code=404)), Unavailable)


def test_an_error_in_a_watch() -> None:
    assert isinstance(error_of_status({"code": 410, "reason": "Expired", "message": "too old"}), Gone)
    assert isinstance(error_of_status({}), Unavailable)
