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
        parallel: whether it can be asked again before it is told of what it proposed.
    """

    environment: str
    adapter: str
    description: str
    parallel: bool = True


# Optuna's AutoSampler is missing: it is not in the package, and comes only from a hub on GitHub. At these
# numbers of trials it chooses between two that are here: the GP, and TPE where a parameter is a category or
# conditional.
PEERS = {
    "tunewright-auto": Peer(PROJECT, "tunewright_peer:Auto", "Tunewright, `auto`"),
    "tunewright-gp": Peer(PROJECT, "tunewright_peer:Gp", "Tunewright, `gp`"),
    "tunewright-tpe": Peer(PROJECT, "tunewright_peer:Tpe", "Tunewright, `tpe`"),
    "random": Peer(PROJECT, "tunewright_peer:Random", "random search"),
    "sobol": Peer(PROJECT, "tunewright_peer:Sobol", "scrambled Sobol points"),
    "optuna-tpe": Peer("optuna", "optuna_peer:Tpe", "Optuna 5.0.0 TPESampler, its default"),
    "optuna-tpe-multivariate": Peer(
        "optuna",
        "optuna_peer:MultivariateTpe",
        "Optuna 5.0.0 TPESampler, multivariate and group: as the default where nothing is conditional",
    ),
    "optuna-gp": Peer("optuna", "optuna_peer:Gp", "Optuna 5.0.0 GPSampler"),
    "optuna-cmaes": Peer("optuna", "optuna_peer:CmaEs", "Optuna 5.0.0 CmaEsSampler"),
    "scikit-optimize-gp": Peer("scikit_optimize", "scikit_optimize_peer:Gp", "scikit-optimize 0.10.2, GP"),
    "scikit-optimize-forest": Peer(
        "scikit_optimize", "scikit_optimize_peer:Forest", "scikit-optimize 0.10.2, extra trees"
    ),
    "nevergrad": Peer("nevergrad", "nevergrad_peer:NgOpt", "Nevergrad 1.0.12, NGOpt", parallel=False),
    "smac": Peer("smac", "smac_peer:Smac", "SMAC 2.4.1, hyperparameter optimisation facade"),
    "syne-tune-bore": Peer("syne_tune", "syne_tune_peer:Bore", "Syne Tune 0.16, BORE"),
    "syne-tune-cqr": Peer("syne_tune", "syne_tune_peer:Cqr", "Syne Tune 0.16, conformal quantile regression"),
    "ax": Peer("ax", "ax_peer:Ax", "Ax 1.3.1, its default generation strategy"),
    "hebo": Peer("hebo", "hebo_peer:Hebo", "HEBO 0.3.6"),
    "vizier": Peer("vizier", "vizier_peer:GpBandit", "Vizier 0.1.24, its default GP bandit (UCB-PE)"),
}
