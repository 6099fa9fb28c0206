"""Constraints: which trials keep them, and what depends on it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.builders import a_study, a_trial
from tests.unit.engine.simulation import AttentiveSampler, Fate, Simulation

from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import Phase
from tunewright.api.trial import Purpose, Stop, Trial, TrialState
from tunewright.engine import evaluation
from tunewright.engine.actions import Propose
from tunewright.engine.ending import ending_of
from tunewright.engine.facts import AttemptKey, Execution, Exit
from tunewright.engine.observing import observed
from tunewright.engine.outcomes import settle
from tunewright.engine.plan import plan
from tunewright.engine.state import State
from tunewright.metrics.curves import summary_of
from tunewright.search.sampler import NoSettings

LATENCY = {"metric": "latency", "max": 50}
RECALL = {"metric": "recall", "min": 0.8}


def a_bound_study(*constraints: dict[str, Any], **spec: Any) -> HyperparameterStudy:
    template = {"template": {"spec": {}}, "finalTest": True}
    return a_study(**{"constraints": constraints or [LATENCY], "trial": template, **spec})


def kept(index: int, accuracy: float = 0.5, latency: float = 20.0, **more: Any) -> Trial:
    return a_trial(index, accuracy=accuracy, reported={"latency": latency}, **more)


def reporting(last: Mapping[str, float], code: int | None = None, index: int = 0) -> Execution:
    """A trial's first attempt, which has reported these, each after a 0; with a code it has ended."""
    metrics = {name: summary_of([(1, 0.0), (2, value)]) for name, value in last.items()}
    ended = None if code is None else Exit(9_000, code, final=code == 0)
    return Execution(AttemptKey(f"digits-{index}", 1), started_at=1_000, metrics=metrics, exit=ended)


class TestWhatATrialSaysOfItself:
    @pytest.mark.parametrize(
        ("last", "feasible", "violations"),
        [
            ({"latency": 50.0, "recall": 0.8}, True, {}),
            ({"latency": 63.0, "recall": 0.9}, False, {"latency": 13.0}),
            ({"latency": 63.0, "recall": 0.3}, False, {"latency": 13.0, "recall": 0.5}),
            # What has been reported breaks one, whatever the other will be.
            ({"latency": 63.0}, False, {"latency": 13.0}),
            ({"latency": 20.0}, None, {}),
            ({}, None, {}),
        ],
    )
    def test_by_the_last_values(
        self, last: dict[str, float], feasible: bool | None, violations: dict[str, float]
    ) -> None:
        status = observed(reporting(last), a_trial(0), a_bound_study(LATENCY, RECALL).spec)

        assert status.feasible is feasible
        assert status.violations == pytest.approx(violations)

    def test_what_was_worse_before_is_over(self) -> None:
        execution = replace(reporting({}), metrics={"latency": summary_of([(1, 10.0), (2, 90.0), (3, 20.0)])})
        status = observed(
            execution, a_trial(0), a_bound_study(LATENCY, {"metric": "latency", "min": 15}).spec
        )

        assert (status.feasible, status.violations) == (True, {})

    def test_nothing_without_constraints(self) -> None:
        status = observed(reporting({"latency": 63.0}), a_trial(0), a_study().spec)

        assert (status.feasible, status.violations) == (None, {})

    def test_nothing_of_a_final_test(self) -> None:
        test = a_trial(0, purpose=Purpose.FINAL_TEST)
        for reported in ({"accuracy": 0.5}, {"latency": 63.0}):
            status = settle(reporting(reported, 0), test, a_bound_study().spec, 0).status
            assert (status.feasible, status.violations, status.reason) == (None, {}, "")

    def test_one_that_completed_without_a_constrained_metric_says_which_and_is_not_feasible(self) -> None:
        spec = a_bound_study(LATENCY, RECALL, {"metric": "latency", "min": 1}).spec
        status = settle(reporting({"accuracy": 0.5}, 0), a_trial(0), spec, 0).status

        assert (status.state, status.feasible) == (TrialState.COMPLETED, False)
        assert status.reason == "ConstraintNotReported"
        assert status.message == (
            "it never reported latency and recall, so it is not known to keep the constraints"
        )
        assert (status.attempts[0].reason, status.attempts[0].message) == ("", "")

    def test_one_that_completed_and_breaks_a_bound_has_nothing_to_explain(self) -> None:
        status = settle(
            reporting({"accuracy": 0.5, "latency": 63.0}, 0), a_trial(0), a_bound_study().spec, 0
        ).status

        assert (status.state, status.feasible, status.reason) == (TrialState.COMPLETED, False, "")

    def test_one_that_was_stopped_keeps_the_reason_for_that(self) -> None:
        running = a_trial(0, state=TrialState.RUNNING, stop=Stop(attempt=1, reason="TargetReached"))
        status = settle(reporting({"accuracy": 0.5}, 143), running, a_bound_study().spec, 0).status

        assert (status.state, status.feasible, status.reason) == (TrialState.STOPPED, None, "TargetReached")


class TestTheBest:
    def test_is_the_best_feasible_one(self) -> None:
        trials = [kept(0, 0.5), kept(1, 0.9, latency=51.0), kept(2, 0.7, latency=50.0), kept(3, 0.6)]
        best = plan(State.of(a_bound_study(), trials), 0).status.best

        assert best is not None
        assert (best.index, best.violations, best.summary) == (2, {}, "accuracy=0.7")

    def test_is_the_nearest_to_feasible_while_none_is_and_says_so(self) -> None:
        study = a_bound_study(LATENCY, RECALL)
        reported = [
            {"accuracy": 0.9, "latency": 10.0, "recall": 0.4},  # half of its bound away
            {"accuracy": 0.5, "latency": 60.0, "recall": 0.64},  # a fifth of each
            {"accuracy": 0.8, "latency": 70.0, "recall": 0.8},  # two fifths, too, but later
            {"accuracy": 0.9, "latency": 10.0},
        ]
        trials = [
            settle(reporting(last, 0, index), a_trial(index), study.spec, index)
            for index, last in enumerate(reported)
        ]
        best = plan(State.of(study, trials), 0).status.best

        assert best is not None
        assert best.index == 1
        assert best.violations == pytest.approx({"latency": 10.0, "recall": 0.16})
        assert best.summary == "breaks latency by 10, recall by 0.16; accuracy=0.5"

    def test_is_none_where_nothing_is_known_of_the_constraints(self) -> None:
        assert plan(State.of(a_bound_study(), [a_trial(0, accuracy=0.9)]), 0).status.best is None

    def test_is_none_of_a_failed_trial(self) -> None:
        trial = kept(0, 0.9, latency=60.0)
        status = trial.status.model_copy(update={"state": TrialState.FAILED})
        failed = trial.model_copy(update={"status": status})

        assert plan(State.of(a_bound_study(), [failed]), 0).status.best is None

    def test_the_pareto_front_is_of_feasible_ones(self) -> None:
        study = a_bound_study(
            objectives=[
                {"metric": "accuracy", "direction": "maximize"},
                {"metric": "latency", "direction": "minimize"},
            ]
        )
        latencies = {"a": 60.0, "b": 50.0, "c": 10.0}
        trials = [
            kept(
                index,
                0.9 - index / 10,
                latency,
                objectives={"accuracy": 0.9 - index / 10, "latency": latency},
            )
            for index, latency in enumerate(latencies.values())
        ]
        status = plan(State.of(study, trials), 0).status

        assert [member.index for member in status.pareto_front] == [1, 2]
        assert status.best is not None
        assert status.best.index == 1
        none = plan(State.of(study, trials[:1]), 0).status
        assert none.pareto_front == []
        assert none.best is not None
        assert none.best.index == 0


class TestTheEnd:
    @pytest.mark.parametrize(("latency", "reached"), [(20.0, True), (60.0, False)])
    def test_only_a_feasible_trial_reaches_the_target(self, latency: float, reached: bool) -> None:
        study = a_bound_study(objectives=[{"metric": "accuracy", "direction": "maximize", "target": 0.9}])
        ending = ending_of(State.of(study, [kept(0, 0.95, latency)]), 0)

        assert (ending is not None) is reached

    @pytest.mark.parametrize(
        ("trials", "reason", "message"),
        [
            ([kept(0), kept(1, latency=60.0)], "MaxTrialsReached", "every trial has ended"),
            (
                [kept(0, latency=70.0), kept(1, latency=60.0)],
                "NoFeasibleTrial",
                "no trial keeps every constraint; digits-1 is nearest (every trial has ended)",
            ),
            (
                [a_trial(0, accuracy=0.5), a_trial(1, state=TrialState.FAILED, completion_order=1)],
                "NoFeasibleTrial",
                "no trial reported every metric that has a constraint (every trial has ended)",
            ),
            (
                [a_trial(i, state=TrialState.FAILED, completion_order=i) for i in range(2)],
                "NoTrialCompleted",
                "no trial has a value of every objective (every trial has ended)",
            ),
        ],
    )
    def test_a_search_without_a_feasible_trial_has_failed(
        self, trials: list[Trial], reason: str, message: str
    ) -> None:
        ending = ending_of(State.of(a_bound_study(budget={"maxTrials": 2}), trials), 0)

        assert ending is not None
        assert (ending.reason, ending.message) == (reason, message)
        assert ending.phase is (Phase.COMPLETED if reason == "MaxTrialsReached" else Phase.FAILED)

    def test_while_a_trial_runs_it_may_still_turn_out_feasible(self) -> None:
        running = [kept(0, latency=60.0), a_trial(1, state=TrialState.RUNNING)]

        assert ending_of(State.of(a_bound_study(budget={"maxTrials": 2}), running), 0) is None

    def test_a_used_up_space_is_remembered_of_a_study_that_found_nothing_feasible(self) -> None:
        study = a_bound_study(status={"reason": "NoFeasibleTrial", "observedGeneration": 1})
        ending = ending_of(State.of(study, [kept(0, latency=60.0)]), 0)

        assert ending is not None
        assert ending.message.endswith("(the search space holds nothing new)")


class TestTheFinalTest:
    @pytest.mark.parametrize(("latency", "tested"), [(20.0, [1, 0]), (60.0, [1])])
    def test_is_of_feasible_trials_alone(self, latency: float, tested: list[int]) -> None:
        default = kept(0, 0.5, latency, purpose=Purpose.DEFAULT)
        state = State.of(a_bound_study(), [default, kept(1, 0.8)])

        assert [trial.spec.index for trial in evaluation.tested_trials(state)] == tested
        assert plan(state, 0).status.default is not None  # it is compared with all the same

    def test_is_not_of_the_nearest(self) -> None:
        assert evaluation.tested_trials(State.of(a_bound_study(), [kept(0, latency=60.0)])) == []


def test_the_sampler_is_told_the_constraints_their_values_and_how_long_a_trial_took() -> None:
    study = a_bound_study(LATENCY, RECALL, initial={"default": False})
    trials = [
        kept(0, 0.5, 60.0),
        a_trial(1, accuracy=0.4),
        a_trial(2, state=TrialState.FAILED, completion_order=2),
    ]
    [action] = plan(State.of(study, trials), 0).actions

    assert isinstance(action, Propose)
    assert action.request.constraints == study.spec.constraints
    told = [(each.values, each.constraints, each.duration) for each in action.request.history]
    assert told == [((0.5,), (60.0, None), 0.9), ((0.4,), (None, None), 0.9), (None, (), None)]


def test_the_time_of_all_attempts_counts_and_none_of_a_trial_that_never_ran() -> None:
    trial = kept(0)
    [attempt] = trial.status.attempts
    earlier = attempt.model_copy(update={"started_at": 0, "ended_at": 2_100, "outcome": "interrupted"})
    waited = attempt.model_copy(update={"started_at": None, "outcome": "interrupted"})
    status = trial.status.model_copy(update={"attempts": [earlier, waited, attempt]})

    assert status.run_time == 3_000
    assert status.model_copy(update={"attempts": [waited]}).run_time is None


def sized(key: AttemptKey, grace: int) -> Fate:
    """Later trials are more accurate, and greater."""
    return Fate(value=(int(key.trial.rsplit("-", 1)[1]) + 1) / 10)


def a_sized_study(*constraints: dict[str, Any]) -> HyperparameterStudy:
    return a_study(
        constraints=constraints,
        parameters=[{"name": "layers", "type": "int", "min": 1, "max": 50, "default": 3}],
        budget={"maxTrials": 5, "parallelism": 2},
        trial={"trainer": {"model": "mlp", "dataset": "digits"}, "gracePeriod": "1s"},
    )


def home_of(*constraints: dict[str, Any]) -> Simulation:
    home = Simulation(a_sized_study(*constraints), sized, AttentiveSampler(NoSettings()))
    home.run()
    home.check()
    home.check_replay()
    return home


def sources(home: Simulation) -> list[int]:
    return sorted(trial.spec.index for trial in home.trials.values() if trial.is_test)


def test_a_whole_study_tests_the_best_of_the_feasible() -> None:
    home = home_of({"metric": "size", "max": 0.3}, {"metric": "size", "min": 0.15})
    status = home.study.status

    assert (status.phase, status.reason) == (Phase.COMPLETED, "MaxTrialsReached")
    assert status.best is not None
    assert status.best.index == 2
    assert status.default is not None
    assert status.default.violations == pytest.approx({"size": 0.05})
    assert sources(home) == [2]


def test_a_study_that_found_nothing_feasible_goes_on_with_a_greater_budget() -> None:
    home = home_of({"metric": "size", "min": 0.6})
    status = home.study.status
    assert (status.phase, status.reason) == (Phase.FAILED, "NoFeasibleTrial")
    assert status.best is not None
    assert status.best.index == 4
    assert status.best.violations == pytest.approx({"size": 0.1})
    assert sources(home) == []

    home.edit(max_trials=7)
    assert home.run() is Phase.COMPLETED
    assert home.study.status.best is not None
    assert home.study.status.best.index == 6
    assert sources(home) == [6]
