"""The command line of the search benchmark."""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic

from benchmarks.search import runner
from benchmarks.search.comparison import mean_ranks, ratio
from benchmarks.search.environments import digest_of
from benchmarks.search.errors import BenchmarkError
from benchmarks.search.peers import PEERS
from benchmarks.search.plot import draw
from benchmarks.search.recorded import Recorded
from benchmarks.search.regret import Regrets, load
from benchmarks.search.report import Report, write_between_markers
from benchmarks.search.searchers import require_environment
from benchmarks.search.split import SETS
from benchmarks.search.store import FOLDER, Store
from benchmarks.search.timing import Timings, measure


def main() -> None:
    options = _parser().parse_args()
    try:
        status = options.command(options)
    except BenchmarkError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def run(options: argparse.Namespace) -> int:
    """Runs what is missing; the exit status says whether all went well."""
    label = f"@{options.label}" if options.label else ""
    entrants = [f"{peer}{label}" if peer.startswith("tunewright-") else peer for peer in options.peers]
    store = Store(options.store, Recorded())
    wanted = runner.missing(
        store, runner.cells(entrants, options.tasks, options.seeds, options.workers), options.trials
    )
    for peer in dict.fromkeys(cell.peer for cell in wanted):
        require_environment(peer)
    began, failures = monotonic(), 0
    for number, finished in enumerate(runner.run(store, wanted, options.trials, options.jobs), start=1):
        cell = finished.cell
        if finished.trace is None:
            failures += 1
            print(f"{cell.entrant} on {cell.task}, seed {cell.seed}: {finished.failure}", file=sys.stderr)
        if sys.stderr.isatty() or number % 50 == 0 or number == len(wanted):
            left = (monotonic() - began) / number * (len(wanted) - number)
            print(f"{number} of {len(wanted)} searches, {left:.0f} s left", file=sys.stderr)
    return int(failures > 0)


def compare(options: argparse.Namespace) -> int:
    """Prints regrets, ratios to the reference, and mean ranks."""
    store = Store(options.store, Recorded())
    curves = {entrant: store.curves(entrant) for entrant in options.peers}
    reference = options.reference or options.peers[0]
    for workers in options.workers:
        regrets = load(curves, options.tasks, workers, max(options.at))
        print(f"workers {workers}: {len(regrets.tasks)} tasks, {len(regrets.seeds)} seeds")
        if left_out := [task for task in options.tasks if task not in regrets.tasks]:
            print("not searched by all:", ", ".join(left_out))
        _print_overall(regrets, reference, options.at)
        _print_tasks(regrets, options.at)
    return 0


def time(options: argparse.Namespace) -> int:
    """Measures the processor seconds of a suggestion, and keeps them for the report."""
    for peer in options.peers:
        timing = measure(peer)
        Timings(options.store).add(timing)
        seconds = ", ".join(f"{count:,}: {taken:.4g} s" for count, taken in timing.seconds.items())
        print(f"{peer}: {seconds} {timing.failure}", flush=True)
    return 0


def record(options: argparse.Namespace) -> int:
    """Keeps the searches of peers of locked versions in the repository; passes over all others."""
    store, recorded = Store(options.store), Recorded()
    for peer in filter(digest_of, options.peers):
        print(f"{peer}: {recorded.add(peer, store.curves(peer))} searches")
    return 0


def report(options: argparse.Namespace) -> int:
    """Writes the tables and the figure into the documentation."""
    store = Store(options.store, Recorded())
    curves = {entrant: known for entrant in options.peers if (known := store.curves(entrant))}
    reference = options.reference or options.peers[0]
    if reference not in curves:
        raise BenchmarkError(f"{reference}, which the others are compared with, has made no search")
    found = Report(curves, reference, options.tasks, options.at)
    text = found.text(options.workers, Timings(options.store).read())
    if options.docs is None:
        print(text)
        return 0
    write_between_markers(options.docs, text)
    draw(
        {workers: found.mean_regrets(workers) for workers in options.workers},
        found.reference,
        options.docs.parent / "benchmarks" / "regret.svg",
    )
    return 0


def _print_overall(regrets: Regrets, reference: str, at: Sequence[int]) -> None:
    width = max(map(len, regrets.of)) + 2
    print(f"\ngeometric mean regret, ratio to {reference} [over seeds] [over tasks and seeds], mean rank")
    for trials in at:
        ranks = mean_ranks(regrets, trials)
        print(f"after {trials} trials")
        for entrant in sorted(regrets.of, key=lambda name: regrets.geometric_mean(name, trials)):
            line = f"  {entrant:{width}}{regrets.geometric_mean(entrant, trials):8.4f}"
            if entrant == reference:
                line += " " * 38
            else:
                found = ratio(regrets, entrant, reference, trials)
                line += f"  {found.ratio:6.3f}" + "".join(
                    f" [{low:5.2f} {high:6.2f}]" for low, high in (found.over_seeds, found.over_tasks)
                )
            print(f"{line}{ranks[entrant]:6.2f}")


def _print_tasks(regrets: Regrets, at: Sequence[int]) -> None:
    print("\nby task, after " + ", ".join(map(str, at)) + " trials")
    width = max(map(len, regrets.tasks)) + 2
    print(" " * width + "".join(f"{entrant:>{8 * len(at)}}" for entrant in regrets.of))
    for index, task in enumerate(regrets.tasks):
        cells = "".join(f"{math.exp(regrets.log_means(e, n)[index]):8.4f}" for e in regrets.of for n in at)
        print(f"{task:{width}}{cells}")
    print()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    runs, compares, reports = (_command(commands, command) for command in (run, compare, report))
    _command(commands, time)
    _command(commands, record)
    for command in (runs, compares, reports):
        command.add_argument("--tasks", type=_tasks, default=_tasks("development"), metavar="SET|NAME,...")
        command.add_argument("--workers", type=_numbers, default=[1], metavar="N,...")
    runs.add_argument("--seeds", type=int, default=5)
    runs.add_argument("--trials", type=int, default=100)
    runs.add_argument("--jobs", type=int, default=1, help="processes")
    runs.add_argument("--label", help="keeps this run of Tunewright's samplers apart: NAME@LABEL")
    for command in (compares, reports):
        command.add_argument("--at", type=_numbers, default=[25, 50, 100], metavar="TRIALS,...")
        command.add_argument("--reference", help="whom the others are compared with; else the first peer")
    reports.add_argument("--docs", type=Path, help="the file to write to; else it is printed")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    function: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(function.__name__, help=function.__doc__, description=function.__doc__)
    parser.set_defaults(command=function)
    parser.add_argument("--peers", type=_peers, required=True, metavar="all|NAME,...")
    parser.add_argument("--store", type=Path, default=FOLDER, help="the folder of the results")
    return parser


def _numbers(text: str) -> list[int]:
    return [int(item) for item in text.split(",")]


def _peers(text: str) -> list[str]:
    """Names of peers, or all of them; a label after @ is free."""
    if text == "all":
        return list(PEERS)
    for name in text.split(","):
        if name.partition("@")[0] not in PEERS:
            raise argparse.ArgumentTypeError(f"{name} is no peer; there are {', '.join(PEERS)}")
    return text.split(",")


def _tasks(text: str) -> list[str]:
    """Sets of tasks, and names of tasks, joined."""
    names = [name for item in text.split(",") for name in SETS.get(item, (item,))]
    for name in names:
        if name not in SETS["all"]:
            raise argparse.ArgumentTypeError(f"{name} is neither a task nor one of {', '.join(SETS)}")
    return names
