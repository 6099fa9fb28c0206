"""Stages in the engine: when one begins, what it searches, and what the study's status says of it."""

from typing import Any

from tests.builders import a_study, a_trial
from tests.unit.engine.simulation import Fate, Simulation

from tunewright.api.study_status import Phase, StageStatus
from tunewright.api.trial import Trial
from tunewright.engine.actions import Propose
from tunewright.engine.facts import AttemptKey
from tunewright.engine.plan import plan
from tunewright.engine.state import State

RATE = {"name": "rate", "type": "float", "min": 1e-5, "max": 0.3, "scale": "log", "default": 1e-3}
LAYERS = {"name": "layers", "type": "int", "min": 1, "max": 5, "default": 3}
STAGES = [
    {"name": "rate", "parameters": ["rate"], "maxTrials": 4},
    {"name": "layers", "parameters": ["layers"], "maxTrials": 3},
    {"name": "refine", "narrow": 0.3},
]
BUDGET = {"maxTrials": 10, "parallelism": 3}


def a_home(script: Any = None, **fields: Any) -> Simulation:
    spec: dict[str, Any] = {"parameters": [RATE, LAYERS], "stages": STAGES, "budget": BUDGET, **fields}
    return Simulation(a_study(**spec), script or by_rate)


def by_rate(key: AttemptKey, grace: int) -> Fate:
    """Trial 2 is the best of the first four, and trial 5 of the first seven."""
    index = int(key.trial.rsplit("-", 1)[1])
    return Fate(runs=1_000 * (1 + index % 3), value={2: 0.8, 5: 0.9}.get(index, 0.5))


def in_order(home: Simulation) -> list[Trial]:
    return sorted((t for t in home.trials.values() if not t.is_test), key=lambda trial: trial.spec.index)


def test_one_stage_after_the_other_each_around_the_best_of_those_before() -> None:
    home = a_home()
    assert home.run() is Phase.COMPLETED
    home.check()
    trials = in_order(home)
    found = [trial.spec.parameters for trial in trials]

    assert [trial.stage for trial in trials] == [0] * 4 + [1] * 3 + [2] * 3
    assert {values["layers"] for values in found[:4]} == {3}
    assert {values["rate"] for values in found[4:7]} == {found[2]["rate"]}
    assert len({values["layers"] for values in found[4:7]}) == 3
    last = home.study.status.stages[-1]
    assert [stage.name for stage in home.study.status.stages] == ["rate", "layers", "refine"]
    assert (last.first_index, last.trials) == (7, 3)
    assert last.reasons[0].startswith("rate: 1e-05..0.3 narrowed to ")
    assert last.reasons[0].endswith(", the best of 7 trials")
    low, high = map(float, last.reasons[0].split(" narrowed to ")[1].split(" ")[0].split(".."))
    assert all(low * 0.99 <= float(values["rate"]) <= high * 1.01 for values in found[7:])


def test_a_stage_begins_once_all_trials_before_it_have_ended() -> None:
    home = a_home()
    home.run()
    attempts = [trial.status.attempts[0] for trial in in_order(home)]
    starts, ends = [each.started_at or 0 for each in attempts], [each.ended_at or 0 for each in attempts]

    assert starts[3] < max(ends[:3])  # within a stage nothing waits
    assert min(starts[4:]) >= max(ends[:4])
    assert min(starts[7:]) >= max(ends[:7])


def test_the_sampler_is_asked_for_no_more_than_a_stage_has_left() -> None:
    home = a_home(budget={"maxTrials": 10, "parallelism": 8})
    home.advance(1)
    assert home.state.next_index == 4


def test_it_is_asked_in_the_stages_space_with_the_whole_and_an_empty_memory() -> None:
    ended = [
        a_trial(index, accuracy=index / 10, parameters={"rate": 0.01, "layers": 3}) for index in range(4)
    ]
    proposal = {
        "sampler": "grid",
        "inputs": {"completed": 3, "count": 1, "drawn": 6},
        "state": {"position": [2]},
    }
    last = ended[-1].document()
    last["spec"]["proposal"] = proposal
    ended[-1] = Trial.model_validate(last)
    state = State.of(a_study(parameters=[RATE, LAYERS], stages=STAGES, budget=BUDGET), ended)
    (action,) = plan(state, 10_000).actions
    assert isinstance(action, Propose)
    assert action.inputs.stage == 1
    assert action.request.count == 3
    assert action.request.state == {}
    assert action.request.drawn == 7
    assert action.request.whole is state.space
    assert action.request.space.contains({"rate": 0.01, "layers": 5})
    assert not action.request.space.contains({"rate": 0.02, "layers": 5})
    assert len(action.request.history) == 4


def test_a_stage_that_holds_nothing_new_is_followed_by_the_next() -> None:
    stages = [{"name": "layers", "parameters": ["layers"], "maxTrials": 8}, {"name": "all"}]
    home = a_home(stages=stages)
    home.run()
    home.check()

    assert [trial.stage for trial in in_order(home)] == [0] * 5 + [1] * 5
    assert home.study.status.stages == [
        StageStatus(
            name="layers",
            first_index=0,
            trials=5,
            reasons=["rate: fixed at 0.001, its default, as no trial had a value yet"],
        ),
        StageStatus(name="all", first_index=5, trials=5),
    ]


def test_a_study_is_exhausted_only_with_its_last_stage() -> None:
    stages = [{"name": "layers", "parameters": ["layers"], "maxTrials": 8}, {"name": "again"}]
    home = a_home(stages=stages, parameters=[LAYERS])
    home.run()

    assert home.study.status.reason == "SpaceExhausted"
    assert [trial.stage for trial in in_order(home)] == [0] * 5


def test_what_is_tried_at_first_counts_to_the_first_stage_however_much_it_is() -> None:
    configurations = [{"rate": rate} for rate in (1e-4, 1e-2, 2e-2, 0.1)]
    home = a_home(initial={"configurations": configurations})
    home.run()

    assert [trial.stage for trial in in_order(home)] == [0] * 5 + [1] * 3 + [2] * 2


def test_a_budget_that_ends_before_a_stage_leaves_it_out() -> None:
    home = a_home(budget={"maxTrials": 5, "parallelism": 2})
    home.run()

    assert [(stage.name, stage.trials) for stage in home.study.status.stages] == [("rate", 4), ("layers", 1)]


def test_a_trial_that_was_deleted_keeps_its_place() -> None:
    home = a_home()
    while home.state.next_index < 6:
        home.advance(200)
    home.delete(in_order(home)[4].metadata.name)
    home.run()

    assert [trial.spec.index for trial in in_order(home)] == [0, 1, 2, 3, 5, 6, 7, 8, 9]
    assert home.study.status.stages[1].first_index == 4


def test_a_stage_whose_trials_were_deleted_does_not_begin_again() -> None:
    home = a_home()
    while home.state.next_index < 7:
        home.advance(200)
    for trial in in_order(home)[4:]:
        home.delete(trial.metadata.name)
    home.restart()
    home.run()

    assert [(trial.spec.index, trial.stage) for trial in in_order(home)[4:]] == [(7, 2), (8, 2), (9, 2)]
    assert [(told.first_index, told.trials) for told in home.study.status.stages] == [(0, 4), (4, 3), (7, 3)]


def test_of_very_many_parameters_the_status_names_some() -> None:
    many = [{"name": f"x{place}", "type": "float", "min": 0, "max": 1} for place in range(30)]
    stages = [{"name": "first", "parameters": ["x0"], "maxTrials": 4}, {"name": "rest"}]
    home = a_home(parameters=many, stages=stages)
    home.advance(1)

    reasons = home.study.status.stages[0].reasons
    assert len(reasons) == 10
    assert reasons[-1] == "and 20 more"
    assert home.study.status.stages[0].first_index == 0
