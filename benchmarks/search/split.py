"""Which tasks the samplers are developed with, and which are kept for the final figure alone.

Half of every family is for development. The other half is not looked at while a sampler is changed: it is run
for the table in docs/benchmarks.md, and nothing is tuned to it. The halves were fixed before any result was
seen, by a rule that knows nothing of the tasks: the names of a family are sorted by their SHA-256 digest, and
the first half of them is for development. A task that is added later is added here by hand, so that no other
changes sides.
"""

DEVELOPMENT = (
    "hpolib-parkinsons",
    "hpolib-protein",
    "nasbench201-cifar10",
    "hpobench-phoneme",
    "bbob-gallagher-5",
    "bbob-rosenbrock-5",
    "mixint-rosenbrock-10",
    "noisy-sphere-10",
    "conditional-kernel",
    "conditional-optimizer",
    "mixed-categories",
    "failing-memory",
    "sklearn-svm-digits",
    "sklearn-forest-diabetes",
    "trainer-digits",
)

FINAL = (
    "hpolib-slice",
    "hpolib-naval",
    "nasbench201-cifar100",
    "nasbench201-imagenet",
    "bbob-schaffers-5",
    "bbob-ellipsoid-10",
    "mixint-gallagher-5",
    "noisy-rosenbrock-5",
    "conditional-layers",
    "conditional-classifier",
    "mixed-bag",
    "failing-divergence",
    "sklearn-boosting-cancer",
    "sklearn-mlp-wine",
    "trainer-wine",
)

SETS = {"development": DEVELOPMENT, "final": FINAL, "all": DEVELOPMENT + FINAL}
