"""The figure of docs/benchmarks.md: regret over trials, a panel for each number of workers."""

from collections.abc import Mapping, Sequence
from pathlib import Path


def draw(curves: Mapping[int, Mapping[str, Sequence[float]]], reference: str, file: Path) -> None:
    """Writes an SVG of `curves`: for each number of workers, each entrant's regret after each trial."""
    import matplotlib

    matplotlib.use("svg")
    # Text as text, and nothing in the file that changes from one run to the next.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "tunewright", "font.size": 9})
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(
        1,
        len(curves),
        figsize=(4.2 * len(curves) + 1.8, 4.2),
        sharey=True,
        squeeze=False,
        layout="constrained",
    )
    entrants = sorted({entrant for panel in curves.values() for entrant in panel})
    colors = {entrant: f"C{index % 10}" for index, entrant in enumerate(entrants)}
    styles = {entrant: ("-", "--", ":")[index // 10] for index, entrant in enumerate(entrants)}
    for axes, (workers, by_entrant) in zip(panels[0], curves.items(), strict=True):
        for entrant, regrets in by_entrant.items():
            axes.plot(
                range(1, len(regrets) + 1),
                regrets,
                label=entrant,
                color="black" if entrant == reference else colors[entrant],
                linestyle="-" if entrant == reference else styles[entrant],
                linewidth=2.2 if entrant == reference else 1.1,
            )
        axes.set(yscale="log", xlabel="trials", title=f"{workers} worker{'s' if workers > 1 else ''}")
        axes.grid(visible=True, which="both", linewidth=0.3)
    panels[0][0].set_ylabel("normalised regret, geometric mean")
    handles, labels = panels[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)
