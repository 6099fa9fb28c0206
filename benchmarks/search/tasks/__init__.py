"""The tasks of the search benchmark, by family."""

from collections.abc import Callable, Mapping
from functools import cache, partial

from benchmarks.search.tasks import bbob, estimators, published, synthetic, trainings
from benchmarks.search.tasks.function import log_gaussian, seldom_cauchy
from benchmarks.search.tasks.task import Task

FAMILIES: Mapping[str, Mapping[str, Callable[[str], Task]]] = {
    "hpolib": {
        "hpolib-naval": partial(published.hpolib, data="naval_propulsion"),
        "hpolib-parkinsons": partial(published.hpolib, data="parkinsons_telemonitoring"),
        "hpolib-protein": partial(published.hpolib, data="protein_structure"),
        "hpolib-slice": partial(published.hpolib, data="slice_localization"),
    },
    "network": {
        "hpobench-phoneme": partial(published.hpobench, data="phoneme"),
        "nasbench201-cifar10": partial(published.nasbench201, data="cifar10"),
        "nasbench201-cifar100": partial(published.nasbench201, data="cifar100"),
        "nasbench201-imagenet": partial(published.nasbench201, data="imagenet"),
    },
    "bbob": {
        "bbob-rosenbrock-5": partial(bbob.bbob, function=bbob.ROSENBROCK, dimension=5),
        "bbob-ellipsoid-10": partial(bbob.bbob, function=bbob.ELLIPSOID, dimension=10),
        "bbob-schaffers-5": partial(bbob.bbob, function=bbob.SCHAFFERS, dimension=5),
        "bbob-gallagher-5": partial(bbob.bbob, function=bbob.GALLAGHER, dimension=5),
    },
    "mixint": {
        "mixint-rosenbrock-10": partial(bbob.bbob_mixint, function=bbob.ROSENBROCK, dimension=10),
        "mixint-gallagher-5": partial(bbob.bbob_mixint, function=bbob.GALLAGHER, dimension=5),
    },
    "noisy": {
        "noisy-rosenbrock-5": partial(
            bbob.bbob, function=bbob.ROSENBROCK, dimension=5, noise=log_gaussian(1.0)
        ),
        "noisy-sphere-10": partial(
            bbob.bbob, function=bbob.SPHERE, dimension=10, noise=seldom_cauchy(0.2, 1.0)
        ),
    },
    "conditional": {
        "conditional-optimizer": synthetic.optimizer_branches,
        "conditional-layers": synthetic.layer_branches,
        "conditional-classifier": estimators.classifier_branches,
        "conditional-kernel": estimators.kernel_branches,
    },
    "mixed": {
        "mixed-categories": synthetic.many_categories,
        "mixed-bag": synthetic.mixed_bag,
    },
    "failing": {
        "failing-divergence": synthetic.diverging,
        "failing-memory": synthetic.out_of_memory,
    },
    "sklearn": {
        "sklearn-svm-digits": estimators.svm_digits,
        "sklearn-forest-diabetes": estimators.forest_diabetes,
        "sklearn-mlp-wine": estimators.mlp_wine,
        "sklearn-boosting-cancer": estimators.boosting_cancer,
    },
    "trainer": {
        "trainer-digits": trainings.training,
        "trainer-wine": trainings.training,
    },
}


_MAKE = {name: make for family in FAMILIES.values() for name, make in family.items()}


@cache
def task(name: str) -> Task:
    """The task of that name, made once per process.

    Raises:
        KeyError: there is none.
    """
    return _MAKE[name](name)
