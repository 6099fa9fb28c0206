"""The /metrics page, scraped from a real process."""

import socket
import urllib.request

from prometheus_client.parser import text_string_to_metric_families
from tests.unit.trainer.conftest import Home


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def scrape(port: int) -> dict[tuple[str, str, str | None], float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
        families = list(text_string_to_metric_families(page.read().decode()))
    return {
        (sample.name, sample.labels["name"], sample.labels.get("milestone")): sample.value
        for family in families
        for sample in family.samples
    }


def test_serves_summaries_and_milestones(home: Home) -> None:
    program = """
import sys
from tunewright_trainer import report
for step, loss in ((2, 0.2), (4, 0.9), (7, 0.7), (8, float('nan'))):
    report(step, loss=loss, **{'odd/na.me-1': 1})
sys.stdin.readline()
"""
    port = free_port()
    process = home.start("-c", program, TUNEWRIGHT_METRICS_PORT=str(port), TUNEWRIGHT_MILESTONES="3,9")
    home.await_lines(process, 4)

    assert scrape(port) == {
        ("tunewright_metric", "loss", None): 0.7,
        ("tunewright_metric", "odd/na.me-1", None): 1,
        ("tunewright_metric_step", "loss", None): 7,
        ("tunewright_metric_step", "odd/na.me-1", None): 8,
        ("tunewright_metric_min", "loss", None): 0.2,
        ("tunewright_metric_min", "odd/na.me-1", None): 1,
        ("tunewright_metric_min_step", "loss", None): 2,
        ("tunewright_metric_min_step", "odd/na.me-1", None): 2,
        ("tunewright_metric_max", "loss", None): 0.9,
        ("tunewright_metric_max", "odd/na.me-1", None): 1,
        ("tunewright_metric_max_step", "loss", None): 4,
        ("tunewright_metric_max_step", "odd/na.me-1", None): 2,
        ("tunewright_metric_not_finite_total", "loss", None): 1,
        ("tunewright_metric_not_finite_total", "odd/na.me-1", None): 0,
        ("tunewright_milestone_metric", "loss", "3"): 0.9,
        ("tunewright_milestone_metric", "odd/na.me-1", "3"): 1,
        ("tunewright_milestone_step", "loss", "3"): 4,
        ("tunewright_milestone_step", "odd/na.me-1", "3"): 4,
    }
    process.communicate("\n")
    assert process.returncode == 0


def test_all_samples_of_a_scrape_belong_to_one_moment(home: Home) -> None:
    program = """
import sys
from itertools import count
from tunewright_trainer import report
sys.setswitchinterval(1e-6)  # threads take turns as often as they can
for step in count():
    report(step, **{f"m{i}": step for i in range(60)})
"""
    port = free_port()
    process = home.start("-c", program, TUNEWRIGHT_METRICS_PORT=str(port))
    scrapes = []
    for _ in range(20):
        home.await_lines(process, 20)
        scrapes.append(scrape(port))

    latest = [
        [
            value
            for (name, _, _), value in values.items()
            if name in ("tunewright_metric", "tunewright_metric_step")
        ]
        for values in scrapes
    ]
    assert all(len(values) == 120 and len(set(values)) == 1 for values in latest)
    assert len({values[0] for values in latest}) > 10


def test_a_port_that_is_taken_is_an_error(home: Home) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        done = home.run(
            "-c",
            "from tunewright_trainer import report; report(1, loss=1)",
            TUNEWRIGHT_METRICS_PORT=str(listener.getsockname()[1]),
        )

    assert done.returncode == 1
    assert "Address already in use" in done.stderr
