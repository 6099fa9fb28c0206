"""Random search."""

import random

from tunewright.api.trial import Proposal
from tunewright.search.sampler import Request, Response, Sampler, Suggestion


class RandomSampler(Sampler):
    """Independent draws from the scales and priors of the parameters.

    Source: Bergstra and Bengio, Random Search for Hyper-Parameter Optimization, JMLR 13, 2012.
    """

    description = "independent draws from the parameters' scales and priors"

    def propose(self, request: Request) -> Response:
        return Response([_draw(request, request.drawn + offset) for offset in range(request.count)])


def _draw(request: Request, number: int) -> Suggestion:
    # Of its own for each draw, so that a draw does not depend on how many were asked for at once.
    rng = random.Random(f"random {request.seed} {number}")  # noqa: S311 - no secret
    units = [rng.random() for _ in request.space.ordered]
    return Suggestion(request.space.configuration(units), Proposal(sampler="random"))
