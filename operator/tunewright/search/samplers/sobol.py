"""Sobol's sequence: draws that cover the space more evenly than chance."""

from scipy.stats.qmc import Sobol

from tunewright.api.trial import Proposal
from tunewright.search.sampler import Request, Response, Sampler, Suggestion


class SobolSampler(Sampler):
    """The points of a scrambled Sobol sequence, in order; the seed scrambles.

    Every parameter has a coordinate of its own, which is passed over while the parameter is inactive.

    Source: Owen, Scrambling Sobol' and Niederreiter-Xing Points, Journal of Complexity 14, 1998.
    """

    description = "a scrambled Sobol sequence: even cover of the space"

    def propose(self, request: Request) -> Response:
        sequence = Sobol(len(request.space.ordered), scramble=True, rng=request.seed)
        if request.drawn:
            sequence.fast_forward(request.drawn)
        # One by one: scipy warns of a first batch that is no power of two, whose balance is no concern here.
        points = [sequence.random(1)[0].tolist() for _ in range(request.count)]
        return Response(
            [Suggestion(request.space.configuration(units), Proposal(sampler="sobol")) for units in points]
        )
