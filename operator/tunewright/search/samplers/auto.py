"""The sampler of a study that names none."""

import json
import math
import os

import numpy as np
from pydantic import Field
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tunewright.api.base import Bool, Model
from tunewright.api.trial import Proposal
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.maximise import maximise
from tunewright.search.bayesian.model import Model as Surrogates, Points
from tunewright.search.sampler import Request, Response, Sampler, Suggestion
from tunewright.search.samplers.sobol import SobolSampler

V = {"startup": 6, **json.loads(os.environ.get("TW_AUTO", "{}"))}
RESOLUTION = 3


class AutoSettings(Model):
    """The settings of `auto`."""

    cost_aware: Bool = Field(False, description="Prefer configurations that promise more for their run time.")


class AutoSampler(Sampler):
    description = "Gaussian process over the mixed space"
    settings_model = AutoSettings
    sees_whole = True
    uses_related = True

    def propose(self, request: Request) -> Response:
        succeeded = sum(trial.values is not None for trial in request.history)
        begun = len(request.history) + len(request.pending)
        if begun < V["startup"] or succeeded < 2:
            return SobolSampler(None).propose(request)
        with threadpool_limits(1, "blas"):
            return self._modelled(request)

    def _modelled(self, request: Request) -> Response:
        rng = np.random.default_rng((request.seed, request.drawn))
        points = request.state.get("points", {})
        model = Surrogates(request, points, rng, cost_aware=self.settings.cost_aware)
        taken = {_cell(row) for row in model.rows.encode(t.configuration for t in request.history)}
        taken |= {_cell(row) for row in model.rows.encode(request.pending)}
        worth = model.worth
        suggestions = []
        for turn in range(request.count):
            if turn:
                worth = worth.believing(row[None, :])
            found, worths = maximise(worth.of, model.rows, model.centres, model.scales, rng)
            place = next((i for i, each in enumerate(found) if _cell(each) not in taken), 0)
            row = found[place]
            taken.add(_cell(row))
            suggestions.append(Suggestion(model.rows.decode(row), _proposal(model, row, float(worths[place]))))
        return Response(suggestions, {"points": model.points})


def _cell(row: Array) -> tuple[float, ...]:
    return tuple(np.round(row, RESOLUTION).tolist())


def _proposal(model: Surrogates, row: Array, worth: float) -> Proposal:
    prediction = model.prediction(row)
    told = {"acquisition": worth}
    if prediction is not None:
        told |= {"mean": prediction[0], "deviation": prediction[1]}
    told = {name: value for name, value in told.items() if math.isfinite(value)}
    return Proposal(sampler="auto", part="model", **told)
