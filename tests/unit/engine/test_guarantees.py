"""The guarantees of docs/rules.md, whatever happens; `simulation` says what is checked at every step."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.builders import a_study
from tests.unit.engine.simulation import START, AttentiveSampler, Simulation, greedy_script, random_script

from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Trial
from tunewright.engine.facts import Obstacle
from tunewright.search.sampler import NoSettings, Sampler
from tunewright.search.samplers.random import RandomSampler
from tunewright.search.samplers.sobol import SobolSampler

SMALL = [{"name": "layers", "type": "int", "min": 1, "max": 5, "default": 3}]
WIDE = [
    {"name": "rate", "type": "float", "min": 1e-5, "max": 0.3, "scale": "log", "default": 1e-3},
    {"name": "layers", "type": "int", "min": 1, "max": 5},
]
STAGES = {
    "none": [],
    "one after the other": [
        {"name": "rate", "parameters": ["rate"], "maxTrials": 3},
        {"name": "layers", "parameters": ["layers"], "maxTrials": 2},
        {"name": "refine", "narrow": 0.3},
    ],
    "used up": [
        {"name": "layers", "parameters": ["layers"], "maxTrials": 4},
        {"name": "nearby", "parameters": ["layers"], "narrow": 0.5, "maxTrials": 3},
        {"name": "all"},
    ],
}
ACCURACY = {"metric": "accuracy", "direction": "maximize"}
SIZE = {"metric": "size", "direction": "minimize"}
CONSTRAINTS = [
    [],
    [],
    [{"metric": "size", "max": 0.5}],
    [{"metric": "size", "max": 0.95}, {"metric": "accuracy", "min": 0.9}],
    [{"metric": "size", "min": 2}],
]

MILLISECONDS = st.integers(1, 60_000) | st.sampled_from([1, 1_000, 10_000, 40_000, 120_000])
SEEDS = st.integers(0, 10**6)
BUDGETS = {
    "max_trials": st.integers(1, 12),
    "parallelism": st.integers(1, 4),
    "max_failed_trials": st.none() | st.integers(0, 4),
    "max_attempts": st.integers(1, 3),
    "max_duration": st.none() | st.integers(20, 400),
    "max_gpu_hours": st.none() | st.floats(0.005, 0.2),
}


@st.composite
def studies(draw: st.DrawFn) -> HyperparameterStudy:
    """Small studies of every kind."""
    parameters = draw(st.sampled_from([SMALL, WIDE, WIDE]))
    possible = [name for name in STAGES if parameters is WIDE or name != "one after the other"]
    study = a_study(
        parameters=parameters,
        stages=STAGES[draw(st.sampled_from(possible))],
        objectives=draw(st.sampled_from([[ACCURACY], [{**ACCURACY, "target": 0.9}], [ACCURACY, SIZE]])),
        constraints=draw(st.sampled_from(CONSTRAINTS)),
        initial={
            "default": draw(st.booleans()),
            "configurations": draw(st.sampled_from([[], [{"layers": 2}]])),
        },
        trial={
            "trainer": {"model": "mlp", "dataset": "digits"},
            "progressDeadline": "30s",
            "gracePeriod": draw(st.sampled_from(["1s", "5s"])),
            "finalTest": draw(st.booleans()),
        },
    )
    budget = {name: draw(values) for name, values in BUDGETS.items()}
    assert study.spec.budget is not None
    spec = study.spec.model_copy(update={"budget": study.spec.budget.model_copy(update=budget)})
    return study.model_copy(update={"spec": spec})


def samplers() -> st.SearchStrategy[Sampler]:
    return st.sampled_from(
        [AttentiveSampler(NoSettings()), RandomSampler(NoSettings()), SobolSampler(NoSettings())]
    )


class Life(RuleBasedStateMachine):
    """A study's life, with all that may come between."""

    @initialize(
        study=studies(),
        seed=SEEDS,
        sampler=samplers(),
        gpus=st.integers(0, 2),
        twice=st.booleans(),
    )
    def begin(self, study: HyperparameterStudy, seed: int, sampler: Sampler, gpus: int, twice: bool) -> None:
        self.home = Simulation(study, random_script(seed), sampler, gpus, twice=twice)

    @rule(by=MILLISECONDS)
    def time_passes(self, by: int) -> None:
        self.home.advance(by)

    @rule(step=st.integers(1, 40), down=st.just(0) | MILLISECONDS, by=MILLISECONDS)
    def the_home_is_killed(self, step: int, down: int, by: int) -> None:
        self.home.cuts = [self.home.steps + step]
        self.home.down_for = down
        self.home.advance(by)

    @rule(down=MILLISECONDS)
    def the_home_is_restarted(self, down: int) -> None:
        self.home.settle()
        self.home.sleep(down)

    @rule(instant=st.booleans())
    def the_sampler_takes_its_time(self, instant: bool) -> None:
        self.home.instant = instant

    @rule()
    def the_sampler_answers(self) -> None:
        self.home.answer()

    @rule()
    def the_sampler_fails(self) -> None:
        self.home.sampler, sampler = ValueError("no such luck"), self.home.sampler
        self.home.answer()
        self.home.sampler = sampler

    @rule(data=st.data(), field=st.sampled_from(sorted(BUDGETS)))
    def the_budget_is_edited(self, data: st.DataObject, field: str) -> None:
        self.home.edit(**{field: data.draw(BUDGETS[field])})

    @rule()
    def the_study_is_suspended(self) -> None:
        self.home.suspend()

    @rule()
    def the_study_is_resumed(self) -> None:
        self.home.suspend(False)

    @rule(cancelled=st.booleans())
    def the_study_is_cancelled_or_that_is_taken_back(self, cancelled: bool) -> None:
        self.home.cancel(cancelled)

    @rule(reason=st.sampled_from(["Unschedulable", "QuotaExceeded"]))
    def something_stands_in_the_way(self, reason: str) -> None:
        self.home.obstruct(Obstacle(reason, "for tests"))

    @rule()
    def nothing_stands_in_the_way(self) -> None:
        self.home.obstruct(None)

    @precondition(lambda self: self.home.trials)
    @rule(data=st.data())
    def a_trial_is_deleted(self, data: st.DataObject) -> None:
        self.home.delete(data.draw(st.sampled_from(sorted(self.home.trials))))

    @rule(by=st.integers(-100_000, 100_000))
    def the_clock_is_set(self, by: int) -> None:
        self.home.set_clock(by)

    @rule()
    def nothing_changes(self) -> None:
        self.home.check()

    def teardown(self) -> None:
        if not hasattr(self, "home"):
            return
        self.home.check()
        self.home.suspend(False)
        self.home.cancel(False)
        self.home.obstruct(None)
        self.home.run()
        self.home.check()
        if not self.home.graveyard:
            self.home.check_replay()


TestLife = Life.TestCase
TestLife.settings = settings(
    max_examples=400,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def outcome(home: Simulation) -> tuple[HyperparameterStudy, dict[str, Trial]]:
    """All that a study leaves, once it is over."""
    home.run()
    home.check()
    return home.study, home.trials


WITH_MANY_WAYS_TO_END = [
    pytest.param({"maxTrials": 6, "parallelism": 3}, 0, RandomSampler(NoSettings()), id="space"),
    pytest.param(
        {"maxTrials": 30, "parallelism": 2, "maxGpuHours": 0.03},
        1,
        AttentiveSampler(NoSettings()),
        id="gpu-hours",
    ),
    pytest.param(
        {"maxTrials": 9, "parallelism": 4, "maxFailedTrials": 1}, 2, SobolSampler(NoSettings()), id="failures"
    ),
    pytest.param(
        {"maxTrials": 20, "parallelism": 3, "maxDuration": "70s"}, 3, SobolSampler(NoSettings()), id="time"
    ),
]


def a_busy_study(budget: dict[str, object]) -> HyperparameterStudy:
    return a_study(
        parameters=SMALL if budget["maxTrials"] == 6 else WIDE,
        budget=budget,
        trial={
            "trainer": {"model": "mlp", "dataset": "digits"},
            "progressDeadline": "30s",
            "gracePeriod": "1s",
        },
    )


@pytest.mark.parametrize(("budget", "seed", "sampler"), WITH_MANY_WAYS_TO_END)
def test_a_run_that_is_cut_anywhere_ends_as_one_that_is_not(
    budget: dict[str, object], seed: int, sampler: Sampler
) -> None:
    study = a_busy_study(budget)
    uncut = Simulation(study, random_script(seed), sampler, gpus=1)
    expected = outcome(uncut)

    for step in range(1, uncut.steps + 1):
        cut = Simulation(study, random_script(seed), sampler, gpus=1, cuts=[step])
        assert outcome(cut) == expected, step


@pytest.mark.parametrize("stages", ["one after the other", "used up"])
def test_a_run_in_stages_that_is_cut_anywhere_ends_as_one_that_is_not(stages: str) -> None:
    study = a_study(
        parameters=WIDE,
        stages=STAGES[stages],
        budget={"maxTrials": 12, "parallelism": 3},
        trial={
            "trainer": {"model": "mlp", "dataset": "digits"},
            "progressDeadline": "30s",
            "gracePeriod": "1s",
        },
    )
    sampler = AttentiveSampler(NoSettings())
    uncut = Simulation(study, random_script(4), sampler)
    expected = outcome(uncut)
    uncut.check_replay()
    assert [trial.stage for trial in uncut.trials.values() if not trial.is_test][-1] == 2

    for step in range(1, uncut.steps + 1):
        assert outcome(Simulation(study, random_script(4), sampler, cuts=[step])) == expected, step


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    study=studies(),
    seed=SEEDS,
    sampler=samplers(),
    gpus=st.integers(0, 2),
    cuts=st.lists(st.integers(1, 150)),
)
def test_a_run_that_is_cut_often_ends_as_one_that_is_not(
    study: HyperparameterStudy, seed: int, sampler: Sampler, gpus: int, cuts: list[int]
) -> None:
    uncut = Simulation(study, random_script(seed), sampler, gpus)
    cut = Simulation(study, random_script(seed), sampler, gpus, cuts=sorted(cuts))

    assert outcome(cut) == outcome(uncut)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    seed=SEEDS,
    gpus=st.integers(1, 3),
    parallelism=st.integers(1, 5),
    hours=st.none() | st.floats(0.01, 0.2),
    duration=BUDGETS["max_duration"],
    after=st.just(0) | MILLISECONDS,
)
def test_the_budget_holds_while_the_home_is_down(
    seed: int, gpus: int, parallelism: int, hours: float | None, duration: int | None, after: int
) -> None:
    study = a_study(
        parameters=WIDE,
        budget={"maxTrials": 20, "parallelism": parallelism, "maxGpuHours": hours},
        trial={"trainer": {"model": "mlp", "dataset": "digits"}, "gracePeriod": "5s"},
    )
    home = Simulation(study, greedy_script(seed), gpus=gpus)
    home.edit(max_duration=duration)
    home.advance(after)
    home.sleep(10**7)

    if hours is not None:
        assert home.gpu_time() <= hours * 3_600_000
    if duration is not None:
        assert all(process.end - START <= duration * 1_000 for process in home.processes.values())


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    seed=SEEDS,
    parallelism=st.integers(1, 5),
    after=st.integers(1, 60_000),
    hours=st.none() | st.floats(0.001, 0.1),
    duration=st.none() | st.integers(1, 120),
)
def test_a_budget_that_is_lowered_holds_from_then_on(
    seed: int, parallelism: int, after: int, hours: float | None, duration: int | None
) -> None:
    study = a_study(
        parameters=WIDE,
        budget={"maxTrials": 20, "parallelism": parallelism},
        trial={"trainer": {"model": "mlp", "dataset": "digits"}, "gracePeriod": "1s"},
    )
    home = Simulation(study, greedy_script(seed), gpus=1)
    home.advance(after)
    home.edit(max_gpu_hours=hours, max_duration=duration)
    home.advance(400_000)  # longer than one attempt alone needs for all of it; the simulation checks

    assert hours is None or home.study.status.phase.terminal
    assert duration is None or home.study.status.phase.terminal


@pytest.mark.parametrize(("budget", "seed", "sampler"), WITH_MANY_WAYS_TO_END)
def test_actions_carried_out_twice_do_no_harm(budget: dict[str, object], seed: int, sampler: Sampler) -> None:
    study = a_busy_study(budget)
    once = Simulation(study, random_script(seed), sampler, gpus=1)
    twice = Simulation(study, random_script(seed), sampler, gpus=1, twice=True)

    assert outcome(twice) == outcome(once)
