"""The sampler of a study that names none: a stated choice among the others."""

from tunewright.search.sampler import Request, Response, Sampler
from tunewright.search.samplers.encoding import Encoding
from tunewright.search.samplers.startup import StartupSettings

GP_TRIALS = 200
"""Up to how many ended trials `gp` is worth its time; it looks at no more of them anyhow."""
GP_WIDTH = 20
"""Up to how many columns: there are too few trials to learn the length scales of more."""


class AutoSampler(Sampler):
    """`gp` for up to 200 ended trials and configurations at most 20 columns wide, else `tpe`.

    A parameter is one column wide; a categorical one of more than two values, one per value. Both samplers
    begin as `sobol`. A proposal names the sampler that made it.
    """

    description = "gp for up to 200 trials of up to 20 parameters, else tpe"

    def propose(self, request: Request) -> Response:
        return _choice(request).propose(request)


def _choice(request: Request) -> Sampler:
    # Imported where they are used: each takes a second, and it is rarely both.
    if len(request.history) <= GP_TRIALS and Encoding(request.space).width <= GP_WIDTH:
        from tunewright.search.samplers.gp import GpSampler

        return GpSampler(StartupSettings())
    from tunewright.search.samplers.tpe import TpeSampler

    return TpeSampler(StartupSettings())
