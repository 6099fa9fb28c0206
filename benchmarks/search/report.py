"""The tables of docs/benchmarks.md, in Markdown."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.search.comparison import mean_ranks, ratio, trials_to_reach
from benchmarks.search.errors import BenchmarkError
from benchmarks.search.peers import PEERS
from benchmarks.search.regret import Curves, Regrets, load
from benchmarks.search.timing import OBSERVATIONS, Timing

REACHED = 30  # trials of the reference, whose regret the others are to reach

BEGIN = "<!-- what `python -m benchmarks.search report` writes begins here -->"
END = "<!-- and ends here -->"


@dataclass(frozen=True)
class Report:
    """What is compared: the curves of all entrants, and the one that they are compared with; on which tasks,
    and after how many trials."""

    curves: Curves
    reference: str
    tasks: Sequence[str]
    at: Sequence[int]

    def text(self, workers: Sequence[int], timings: Sequence[Timing]) -> str:
        """All tables, each with its headline."""
        middle = self.at[len(self.at) // 2]
        reached = min(REACHED, max(self.at))
        ratios = f"that of `{self.reference}` divided by it [over seeds] [over tasks and seeds]"
        sections = [
            *((f"{_workers(count)}: regret, and {ratios}", self.regrets(count)) for count in workers),
            (
                f"{_workers(workers[0])}: regret by task after {middle} trials",
                self.by_task(workers[0], middle),
            ),
            (
                f"{_workers(workers[0])}: trials to reach what `{self.reference}` has after {reached}",
                self.reached(workers[0], reached),
            ),
            ("Processor seconds of a suggestion", timing_table(timings)),
            ("The names", peers_table(list(self.curves))),
        ]
        return "\n".join(f"### {headline}\n\n{table}" for headline, table in sections)

    def regrets(self, workers: int) -> str:
        """A row for each entrant, compared with the reference on the searches that both have made.

        Mean ranks are among those who have made all of the reference's searches.
        """
        pairs = self._pairs(workers)
        ranks = self._ranks(pairs, workers)
        rows = [
            [
                f"`{entrant}`",
                f"{len(pairs[entrant].tasks)} x {len(pairs[entrant].seeds)}",
                *(_number(pairs[entrant].geometric_mean(entrant, trials)) for trials in self.at),
                *(self._ratio(pairs[entrant], entrant, trials) for trials in self.at),
                " / ".join(f"{rank:.1f}" for rank in ranks.get(entrant, [])),
            ]
            for entrant in sorted(pairs, key=lambda name: pairs[name].geometric_mean(name, max(self.at)))
        ]
        header = [
            "",
            "tasks x seeds",
            *(f"regret at {trials}" for trials in self.at),
            *(f"ratio at {trials}" for trials in self.at),
            "rank at " + " / ".join(map(str, self.at)),
        ]
        return table(header, rows)

    def by_task(self, workers: int, trials: int) -> str:
        """The regret of each entrant on each task."""
        pairs = self._pairs(workers)
        means = {
            entrant: dict(zip(found.tasks, np.exp(found.log_means(entrant, trials)), strict=True))
            for entrant, found in pairs.items()
        }
        rows = [
            [task, *(_number(found[task]) if task in found else "" for found in means.values())]
            for task in self.tasks
        ]
        return table(["", *(f"`{entrant}`" for entrant in means)], rows)

    def reached(self, workers: int, trials: int) -> str:
        """How many trials each entrant takes to be where the reference is after `trials`, by task."""
        cap = max(self.at)
        found = {
            entrant: dict(
                zip(pair.tasks, trials_to_reach(pair, entrant, self.reference, trials), strict=True)
            )
            for entrant, pair in self._pairs(workers).items()
            if entrant != self.reference
        }

        def cell(count: float | None) -> str:
            return f"> {cap}" if count is None or count > cap else f"{count:.0f}"

        rows = [
            [task, *(cell(counts[task]) if task in counts else "" for counts in found.values())]
            for task in self.tasks
        ]
        medians = [
            statistics.median(cap + 1 if count is None else count for count in counts.values())
            for counts in found.values()
        ]
        return table(
            ["", *(f"`{entrant}`" for entrant in found)],
            [*rows, ["**median**", *(f"**{cell(count)}**" for count in medians)]],
        )

    def mean_regrets(self, workers: int) -> Mapping[str, Sequence[float]]:
        """The geometric mean regret after each trial of every entrant that has searched all tasks."""
        pairs = self._pairs(workers)
        return {
            entrant: [found.geometric_mean(entrant, trials) for trials in range(1, max(self.at) + 1)]
            for entrant, found in pairs.items()
            if found.tasks == pairs[self.reference].tasks
        }

    def _pairs(self, workers: int) -> dict[str, Regrets]:
        """Of each entrant that has made a search of the reference's, those that both have made."""
        pairs = {}
        for entrant, known in self.curves.items():
            both = {entrant: known, self.reference: self.curves[self.reference]}
            try:
                pairs[entrant] = load(both, self.tasks, workers, max(self.at))
            except BenchmarkError:
                if entrant == self.reference:
                    raise
        return pairs

    def _ranks(self, pairs: Mapping[str, Regrets], workers: int) -> dict[str, list[float]]:
        whole = pairs[self.reference]
        complete = [
            entrant
            for entrant, pair in pairs.items()
            if (pair.tasks, pair.seeds) == (whole.tasks, whole.seeds)
        ]
        together = load({e: self.curves[e] for e in complete}, self.tasks, workers, max(self.at))
        ranks = [mean_ranks(together, trials) for trials in self.at]
        return {entrant: [rank[entrant] for rank in ranks] for entrant in complete}

    def _ratio(self, pair: Regrets, entrant: str, trials: int) -> str:
        if entrant == self.reference:
            return ""
        found = ratio(pair, self.reference, entrant, trials)
        # With one seed there is nothing to resample.
        seeds = _interval(found.over_seeds) if len(pair.seeds) > 1 else "[one seed]"
        return f"{found.ratio:.2f} {seeds} {_interval(found.over_tasks)}"


def peers_table(entrants: Sequence[str]) -> str:
    """What the names stand for."""
    return table(
        ["", ""], [[f"`{entrant}`", PEERS[entrant.partition("@")[0]].description] for entrant in entrants]
    )


def timing_table(timings: Sequence[Timing]) -> str:
    """Processor seconds per suggestion."""
    rows = [
        [
            f"`{timing.peer}`",
            *(_number(timing.seconds[n]) if n in timing.seconds else timing.failure for n in OBSERVATIONS),
        ]
        for timing in sorted(timings, key=lambda timing: list(timing.seconds.values()))
    ]
    return table(["", *(f"{count:,} observations" for count in OBSERVATIONS)], rows)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write_between_markers(document: Path, text: str) -> None:
    """Replaces what stands between BEGIN and END in a file.

    Raises:
        BenchmarkError: the file lacks a marker.
    """
    before, begin, rest = document.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BenchmarkError(f"{document} has no place for the tables: {BEGIN} ... {END}")
    document.write_text(f"{before}{BEGIN}\n\n{text}\n{END}{after}")


def _interval(bounds: tuple[float, float]) -> str:
    return f"[{bounds[0]:.2f}, {bounds[1]:.2f}]"


def _workers(count: int) -> str:
    return "1 worker" if count == 1 else f"{count} workers"


def _number(value: float) -> str:
    return f"{value:.3g}"
