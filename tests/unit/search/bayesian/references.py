"""BoTorch and GPyTorch, as references for the mathematics of `auto`."""

import warnings

import numpy as np
from numpy.typing import NDArray

from tunewright.search.bayesian.gaussian_process import JITTER, Data, Parameters
from tunewright.search.bayesian.kernel import Array, Kernel
from tunewright.search.bayesian.trend import CONSTANT

with warnings.catch_warnings():
    # Of what their import does with torch.
    warnings.simplefilter("ignore")
    import torch
    from botorch.acquisition.analytic import LogExpectedImprovement
    from botorch.acquisition.multi_objective.analytic import ExpectedHypervolumeImprovement
    from botorch.models import SingleTaskGP
    from botorch.models.kernels.categorical import CategoricalKernel
    from botorch.models.model_list_gp_regression import ModelListGP
    from botorch.utils.multi_objective.box_decompositions import NondominatedPartitioning
    from botorch.utils.multi_objective.hypervolume import Hypervolume
    from gpytorch.kernels import ConstantKernel, MaternKernel, ScaleKernel
    from gpytorch.kernels import Kernel as TorchKernel
    from gpytorch.likelihoods import GaussianLikelihood
    from gpytorch.means import ZeroMean

__all__ = [
    "ExpectedHypervolumeImprovement",
    "Hypervolume",
    "LogExpectedImprovement",
    "ModelListGP",
    "NondominatedPartitioning",
    "SingleTaskGP",
]


Columns = NDArray[np.bool_]
"""Which columns are categories."""


def tensor(array: Array) -> torch.Tensor:
    return torch.tensor(array, dtype=torch.float64)


def reference_kernel(kernel: Kernel) -> TorchKernel:
    """Of at least one number; the weights are length scales there, and the categorical one is a mean."""
    numbers, categories = np.flatnonzero(~kernel.categorical), np.flatnonzero(kernel.categorical)
    reference = MaternKernel(nu=2.5, ard_num_dims=len(numbers), active_dims=numbers.tolist()).double()
    reference.lengthscale = tensor(kernel.weights[numbers] ** -0.5)
    if len(categories):
        overlap = CategoricalKernel(ard_num_dims=len(categories), active_dims=categories.tolist()).double()
        overlap.lengthscale = tensor(1 / (len(categories) * kernel.weights[categories]))
        reference = reference * overlap
    scaled = ScaleKernel(reference).double()
    scaled.outputscale = tensor(np.array(kernel.variance))
    return scaled


def reference_process(data: Data, parameters: Parameters, sign: float = 1.0) -> SingleTaskGP:
    """The process of `sign` times the values, about a constant of variance 1."""
    constant = ConstantKernel().double()
    constant.constant = torch.ones(1, dtype=torch.float64)
    likelihood = GaussianLikelihood().double()
    likelihood.noise = tensor(np.exp([parameters.noise]) + JITTER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = SingleTaskGP(
            tensor(data.rows),
            sign * tensor(data.values)[:, None],
            likelihood=likelihood,
            covar_module=reference_kernel(parameters.kernel(data.categorical)) + constant,
            mean_module=ZeroMean(),
            outcome_transform=None,
        )
    return model.eval()


def some_data(seed: int, count: int, categorical: Columns) -> Data:
    """Rows drawn at random, and values that depend on them."""
    rng = np.random.default_rng(seed)
    rows = rng.random((count, len(categorical)))
    rows[:, categorical] = rng.integers(-1, 3, (count, int(categorical.sum())))
    values = np.sin(3 * rows.sum(axis=1)) + 0.1 * rng.standard_normal(count)
    return Data(rows, (values - values.mean()) / values.std(), categorical, CONSTANT)


def some_parameters(seed: int, columns: int) -> Parameters:
    """Parameters drawn at random."""
    rng = np.random.default_rng(seed)
    return Parameters(rng.normal(1.0, 1.0, columns), rng.normal(0, 0.5), rng.normal(-4, 1.0))
