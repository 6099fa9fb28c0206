"""The optimisers that Tunewright is compared with: where each runs, and what it is.

No library is imported here. An environment's name is that of its requirement file.
"""

from dataclasses import dataclass

PROJECT = "project"  # the environment that Tunewright itself is installed in


@dataclass(frozen=True)
class Peer:
    """An optimiser and how it is reached.

    Attributes:
        environment: `project`, or the name of a file in requirements/.
        adapter: `module:class` in this package.
        description: for the table.
    """

    environment: str
    adapter: str
    description: str


PEERS = {
    "optuna-tpe": Peer("optuna", "optuna_peer:Tpe", "Optuna 5.0.0 TPESampler, its default"),
    "optuna-tpe-multivariate": Peer(
        "optuna",
        "optuna_peer:MultivariateTpe",
        "Optuna 5.0.0 TPESampler, multivariate and group: as the default where nothing is conditional",
    ),
    "optuna-gp": Peer("optuna", "optuna_peer:Gp", "Optuna 5.0.0 GPSampler"),
    "optuna-cmaes": Peer("optuna", "optuna_peer:CmaEs", "Optuna 5.0.0 CmaEsSampler"),
}
