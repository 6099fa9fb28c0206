"""The /metrics page of a program that uses the SDK, in Prometheus' text format."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tunewright.api.trial import MetricSummary
from tunewright.metrics.curves import Point
from tunewright.metrics.readings import Readings
from tunewright.metrics.values import is_name, step_of

_PREFIX = "tunewright_"
_MAX_LINE = 500
"""Characters; those of the SDK have at most half as many."""


@dataclass(frozen=True)
class Page:
    """What a page says.

    Attributes:
        attempt: the trial's name and the attempt's number, as the program was told them; None: it was not.
        readings: the metrics; without a time, curves and a last word.
    """

    attempt: tuple[str, str] | None
    readings: Readings


def parse_page(page: bytes) -> Page:
    """What a page says; other programs' metrics on it are passed over.

    Raises:
        ValueError: it is not the SDK's; says why, in one line.
    """
    samples: dict[str, dict[str, float]] = {}
    attempt = None
    for sample in _samples(page):
        if sample.name == "tunewright_attempt_info":
            attempt = (sample.labels.get("trial", ""), sample.labels.get("attempt", ""))
        name = sample.labels.get("name", "")
        if is_name(name):
            samples.setdefault(sample.name, {}).setdefault(name, sample.value)
    names = samples.get("tunewright_metric", {})
    summaries = {name: _summary(samples, name) for name in names}
    return Page(
        attempt,
        Readings(
            metrics={name: summary for name, summary in summaries.items() if summary is not None},
            not_finite=frozenset(
                name for name, count in samples.get("tunewright_metric_not_finite_total", {}).items() if count
            ),
        ),
    )


def _samples(page: bytes) -> Iterator[Sample]:
    """Those of the SDK. Other and longer lines are left out: the parser's time grows with their square."""
    lines = page.decode(errors="replace").splitlines()
    if not any(line.startswith("# TYPE tunewright_metric ") for line in lines):
        raise ValueError("the page has no metric tunewright_metric; is it that of tunewright_trainer?")
    ours = [line for line in lines if line.startswith(_PREFIX) and len(line) <= _MAX_LINE]
    try:
        for family in text_string_to_metric_families("\n".join(ours) + "\n"):
            yield from family.samples
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"the page is not in Prometheus' text format: {error}") from None


def _summary(samples: Mapping[str, Mapping[str, float]], name: str) -> MetricSummary | None:
    points = [_point(samples, family, name) for family in ("", "_min", "_max")]
    if None in points:
        return None
    (last_step, last), (min_step, least), (max_step, greatest) = (point for point in points if point)
    return MetricSummary(
        last=last, last_step=last_step, min=least, min_step=min_step, max=greatest, max_step=max_step
    )


def _point(samples: Mapping[str, Mapping[str, float]], family: str, name: str) -> Point | None:
    value = samples.get(f"tunewright_metric{family}", {}).get(name)
    step = step_of(samples.get(f"tunewright_metric{family}_step", {}).get(name))
    return None if value is None or not math.isfinite(value) or step is None else (step, value)
