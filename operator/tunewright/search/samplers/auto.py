"""The sampler of a study that names none."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from pydantic import Field, JsonValue, TypeAdapter
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tunewright.api import base
from tunewright.api.base import Bool
from tunewright.api.trial import Proposal
from tunewright.search.bayesian.kernel import Array
from tunewright.search.bayesian.maximise import maximise
from tunewright.search.bayesian.model import Model, Points
from tunewright.search.history import key
from tunewright.search.ranking import by_merit
from tunewright.search.sampler import Request, Response, Sampler, Suggestion
from tunewright.search.samplers.sobol import SobolSampler
from tunewright.search.samplers.startup import StartupSettings, starting

STARTUP = 6
"""How many trials must have ended before the model is asked: of fewer it would learn too little."""
STARTUP_SETTINGS = StartupSettings(startup_trials=STARTUP)
RELATED = 2
"""How many of the best configurations of related studies are tried before the model is asked."""
MANY_OBJECTIVES = 3
"""From so many on TPE makes every other proposal: the model expects much hypervolume wherever it is certain
of none of them, and may look there in vain again and again."""
BOLD_TURN, BOLDNESS = 4, 2.0
"""Every so many-th proposal, deviations count so many times: a model is too sure of itself where it looks for
the best, mostly by a factor of 1.5 to 2, and stays where it has found something good."""
DECIMALS = 3
"""Entries of a row that agree in so many decimals are one: nearer there is nothing to learn."""


class AutoSettings(base.Model):
    """The settings of `auto`."""

    cost_aware: Bool = Field(
        False,
        description="Weigh what a configuration promises against the run time that it is expected to take.",
    )


class AutoSampler(Sampler):
    """Bayesian optimisation with Gaussian processes over the mixed space.

    The parts, each named in the proposals that it makes: `sobol` covers the space with the first few trials;
    `related` begins with what related studies found best, where there are any; `model` then proposes where
    most is expected of a trial, pending ones taken as ended with what is predicted for them; `bold` does so
    every fourth time as if that were less certain; `tpe` makes every other proposal from three objectives on,
    unless the study asks for what it does not honour: constraints, related studies, priors, run time.

    What is expected: an improvement of the objective, or of the hypervolume that several ones dominate; times
    the probability that the trial neither fails nor breaks a constraint, both learnt from the trials; times
    the density of the user's priors, whose weight falls with the number of trials; if `costAware`, divided by
    the run time. Everything is computed over several kernels, drawn as they are plausible.
    """

    description = (
        "Bayesian optimisation for 10 to 300 trials: mixed and conditional spaces, constraints, warm starts"
    )
    settings_model = AutoSettings
    sees_whole = True
    uses_related = True

    def propose(self, request: Request) -> Response:
        if all(axis.count == 1 for axis in request.space.axes.values()):
            return _covering(request)
        begun = len(request.history) + len(request.pending)
        if begun < RELATED and (best := _best_related(request)):
            # Fewer than asked for would say that there is nothing new.
            missing = replace(request, count=request.count - len(best), drawn=request.drawn + len(best))
            return Response([*best, *_covering(missing).suggestions], request.state)
        if starting(request.history, STARTUP_SETTINGS):
            return _covering(request)
        # One thread: beside trainers that use all cores, more would wait for each other.
        with threadpool_limits(1, "blas"):
            share = (request.count + request.drawn % 2) // 2 if self._alternates(request) else 0
            return self._alternating(request, share) if share else self._expecting(request)

    def _alternates(self, request: Request) -> bool:
        """Whether TPE takes turns: only where it honours all that the study asks for, and has something to
        learn from in the part of the space that is searched."""
        return (
            len(request.objectives) >= MANY_OBJECTIVES
            and not request.constraints
            and not request.related
            and not self.settings.cost_aware
            and all(parameter.prior is None for parameter in request.space.parameters)
            and not starting(request.inside().history, STARTUP_SETTINGS)
        )

    def _alternating(self, request: Request, share: int) -> Response:
        """So many suggestions by TPE, and then the model's."""
        from tunewright.search.samplers.tpe import TpeSampler  # takes a second, and is seldom needed

        tpe = TpeSampler(STARTUP_SETTINGS)
        drawn = tpe.propose(replace(request.inside(), count=share, state={})).suggestions
        proposal = Proposal(sampler="auto", part="tpe", reason="Like the good trials, unlike the others.")
        suggestions = [Suggestion(each.configuration, proposal) for each in drawn]
        if share == request.count:
            return Response(suggestions, request.state)
        pending = [*request.pending, *(each.configuration for each in suggestions)]
        rest = replace(request, count=request.count - share, drawn=request.drawn + share, pending=pending)
        expecting = self._expecting(rest)
        return Response([*suggestions, *expecting.suggestions], expecting.state)

    def _expecting(self, request: Request) -> Response:
        rng = np.random.default_rng((request.seed, request.drawn))
        before = request.state.get("points")
        model = Model(request, _points(before), rng, cost_aware=self.settings.cost_aware)
        ended = (trial.configuration for trial in request.history)
        taken = {_cell(row) for row in model.rows.encode([*ended, *request.pending])}
        worth = model.worth
        suggestions: list[Suggestion] = []
        while True:
            turn = request.drawn + len(suggestions)
            bold = len(request.objectives) == 1 and model.feasible and turn % BOLD_TURN == 0
            wanted = worth.bold(BOLDNESS) if bold else worth
            found, worths = maximise(wanted.of, model.rows, model.centres, model.scales, rng)
            place = next((place for place, row in enumerate(found) if _cell(row) not in taken), 0)
            row = found[place]
            # Of a bold turn the ordinary worth is told, as of all others: they are to be compared.
            told = worth.of(row[None, :])[0] if bold else worths[place]
            proposal = _proposal(model, row, float(told), bold=bold)
            suggestions.append(Suggestion(model.rows.decode(row), proposal))
            if len(suggestions) == request.count:
                return Response(suggestions, {"points": model.points})
            taken.add(_cell(row))
            worth = worth.believing(row[None, :])


def _covering(request: Request) -> Response:
    """Points of a Sobol sequence, which need nothing to learn from."""
    covering = SobolSampler(None).propose(request)
    proposal = Proposal(sampler="auto", part="sobol", reason="Covers the space while too little is known.")
    return Response(
        [Suggestion(each.configuration, proposal) for each in covering.suggestions], request.state
    )


def _best_related(request: Request) -> Sequence[Suggestion]:
    """The best configurations of related studies that have not been tried: first the best of each."""
    ranked = []
    for study in request.related:
        order = by_merit(study.trials, request.objectives, request.constraints)
        valued = [study.trials[place] for place in order if study.trials[place].values is not None]
        ranked.append([(study.name, trial.configuration) for trial in valued[:RELATED]])
    taken = {key(configuration) for configuration in request.pending}
    suggestions = []
    for place in range(RELATED):
        for name, configuration in (best[place] for best in ranked if place < len(best)):
            identity = key(configuration)
            if (
                identity in taken
                or request.history.tried(identity)
                or not request.space.contains(configuration)
            ):
                continue
            taken.add(identity)
            reason = f"Number {place + 1} of what {name} found best."
            proposal = Proposal(sampler="auto", part="related", reason=reason)
            suggestions.append(Suggestion(configuration, proposal))
    return suggestions[: request.count]


def _points(stored: JsonValue) -> Points:
    """What `Model.points` was, read back."""
    return TypeAdapter(dict[str, list[float]]).validate_python(stored or {})


def _cell(row: Array) -> tuple[float, ...]:
    return tuple(np.round(row, DECIMALS).tolist())


def _proposal(model: Model, row: Array, worth: float, *, bold: bool) -> Proposal:
    told = {"acquisition": worth}
    prediction = model.prediction(row)
    if prediction is not None:
        told |= {"mean": prediction[0], "deviation": prediction[1]}
    finite = {name: value for name, value in told.items() if math.isfinite(value)}
    reason = _reason(model, row, several=prediction is None, bold=bold)
    return Proposal(sampler="auto", part="bold" if bold else "model", reason=reason, **finite)


def _reason(model: Model, row: Array, *, several: bool, bold: bool) -> str:
    if not model.feasible:
        return "No trial keeps the constraints yet, and this one is the likeliest to."
    if several:
        return "May add to the Pareto front."
    if bold:
        return "May be better than the best trial so far, if the model is less certain than it says."
    if model.better(row):
        return "Predicted to be better than the best trial so far."
    return "May be better than the best trial so far, for little is known there."
