"""What is believed of a quantity at configurations that have not been tried."""

import math
from dataclasses import dataclass

import numpy as np

from tunewright.search.bayesian.gaussian_process import GaussianProcess
from tunewright.search.bayesian.kernel import Array


@dataclass(frozen=True)
class Surrogate:
    """Several Gaussian processes of the same values, whose kernels are about equally plausible.

    What is computed of each is averaged: with few values their kernel is uncertain, and a single one would be
    too sure.
    Source: Snoek et al., Practical Bayesian Optimization of Machine Learning Algorithms, NeurIPS 2012.

    Attributes:
        processes: at least one, about the same trend; the most plausible comes first.
    """

    processes: tuple[GaussianProcess, ...]

    def predict(self, rows: Array) -> tuple[Array, Array]:
        """Mean and standard deviation by each process, both of shape (processes, rows)."""
        features = self.processes[0].trend.features(rows)  # the same of all, and dear
        predictions = (process.predict(rows, features) for process in self.processes)
        means, deviations = zip(*predictions, strict=True)
        return np.array(means), np.array(deviations)

    def moments(self, rows: Array) -> tuple[Array, Array]:
        """Mean and standard deviation of the mixture, both of shape (rows,)."""
        means, deviations = self.predict(rows)
        mean = means.mean(0)
        return mean, np.sqrt((deviations**2).mean(0) + means.var(0))

    @property
    def noise(self) -> float:
        """The standard deviation of a value's noise, by all processes."""
        return float(np.mean([math.exp(process.parameters.noise) for process in self.processes]) ** 0.5)

    def believing(self, rows: Array) -> "Surrogate":
        """The same, as if rows had ended with what each process predicts for them (kriging believer).

        Source: Ginsbourger et al., Kriging Is Well-Suited to Parallelize Optimization, 2010.
        """
        return self._ended(rows, self.predict(rows)[0])

    def imagining(self, row: Array, scores: Array) -> tuple["Surrogate", Array]:
        """The same, as if a row had ended with a value that each process imagines, and these values.

        A process's value lies as many of its standard deviations from its mean as its score says: with
        standard normal scores the average over the processes is one over what may come of the row.
        Source: Snoek et al., Practical Bayesian Optimization of Machine Learning Algorithms, NeurIPS 2012.
        """
        means, deviations = self.predict(row[None, :])
        values = means[:, 0] + scores * deviations[:, 0]
        return self._ended(row[None, :], values[:, None]), values

    def _ended(self, rows: Array, values: Array) -> "Surrogate":
        """As if rows had ended with values of each process's own, of shape (processes, rows)."""
        pairs = zip(self.processes, values, strict=True)
        return Surrogate(tuple(process.believing(rows, own) for process, own in pairs))
