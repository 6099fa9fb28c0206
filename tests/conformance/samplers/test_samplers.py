"""Every built-in sampler passes the suite that third parties inherit too."""

from typing import ClassVar

from tunewright.search.conformance import SamplerConformance
from tunewright.search.samplers.auto import AutoSampler
from tunewright.search.samplers.gp import GpSampler
from tunewright.search.samplers.grid import GridSampler
from tunewright.search.samplers.random import RandomSampler
from tunewright.search.samplers.sobol import SobolSampler
from tunewright.search.samplers.tpe import TpeSampler


class TestGrid(SamplerConformance):
    sampler_type = GridSampler
    settings: ClassVar = {"points": 3}
    seeded = False
    draws_from_priors = False
    learns = False


class TestRandom(SamplerConformance):
    sampler_type = RandomSampler
    learns = False


class TestSobol(SamplerConformance):
    sampler_type = SobolSampler
    learns = False


class TestGp(SamplerConformance):
    sampler_type = GpSampler


class TestTpe(SamplerConformance):
    sampler_type = TpeSampler


class TestAuto(SamplerConformance):
    sampler_type = AutoSampler
