"""The Gaussian process of `gp`: scikit-optimize's, with what is fixed about it here."""

import numpy as np
from numpy.typing import NDArray
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import ConstantKernel, Matern

Array = NDArray[np.float64]

MAX_SCALES = 40
"""Up to how many columns each have a length scale of their own; more share one."""


class GaussianProcess:
    """A process with a Matern 5/2 kernel and Gaussian noise, whose kernel is fitted to rows and their losses.

    Attributes:
        model: predicts mean and standard deviation, as scikit-optimize's acquisition functions want it.
        least: the least of the losses; one that is only believed is nothing to improve upon.
    """

    def __init__(self, rows: Array, losses: Array, seed: int) -> None:
        """Rows of shape (trials, columns); losses of shape (trials,), of mean 0 and deviation 1."""
        scales = rows.shape[1] if rows.shape[1] <= MAX_SCALES else 1
        kernel = ConstantKernel(1.0, (0.01, 1000.0)) * Matern(
            length_scale=np.ones(scales), length_scale_bounds=(0.01, 100.0), nu=2.5
        )
        self.model = GaussianProcessRegressor(kernel, noise="gaussian", random_state=seed).fit(rows, losses)
        self._kernel = self.model.kernel_.k1  # without the noise
        self._noise = float(self.model.noise_)
        self.least = float(losses.min())

    def believe(self, rows: Array) -> None:
        """Take rows as if they had ended with their predicted mean; the kernel stays."""
        seen, losses = self.model.X_train_, self.model.y_train_
        self.model = GaussianProcessRegressor(self._kernel, alpha=self._noise, optimizer=None).fit(
            np.vstack([seen, rows]), np.concatenate([losses, self.model.predict(rows)])
        )
