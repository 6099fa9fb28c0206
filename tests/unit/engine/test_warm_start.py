"""Which other studies a study begins with, and what its sampler is told of them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from tests.builders import a_study, a_trial

from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import WarmStartSource
from tunewright.api.trial import Purpose, Trial, TrialState
from tunewright.engine.question import question
from tunewright.engine.state import State
from tunewright.engine.warm_start import (
    MAX_LOOKED_AT,
    Choice,
    WarmStartUnavailableError,
    choose,
    is_due,
    wanted,
)

VISION = {"team": "vision"}
BANK = {"selector": {"matchLabels": VISION}}
TRIALS = [a_trial(index, accuracy=index / 10) for index in range(4)]


def a_past_study(
    name: str,
    *,
    phase: str = "Completed",
    completed: int = 4,
    ended: int = 0,
    labels: Mapping[str, str] = VISION,
    **spec: Any,
) -> HyperparameterStudy:
    status = {"phase": phase, "trials": {"completed": completed}, "completionTime": ended}
    study = a_study(name, status=status, **spec)
    metadata = study.metadata.model_copy(update={"uid": f"uid of {name}", "labels": dict(labels)})
    return study.model_copy(update={"metadata": metadata})


def chosen(
    study: HyperparameterStudy,
    others: Sequence[HyperparameterStudy],
    trials: Mapping[str, Iterable[Trial]] | None = None,
) -> Choice:
    """What a home makes of it: of these studies, each with these trials."""
    of = trials or {}
    return choose(study, wanted(study, others), lambda other: of.get(other.metadata.name, TRIALS))


def begun(study: HyperparameterStudy, choice: Choice) -> HyperparameterStudy:
    status = study.status.model_copy(update={"warm_start": choice.sources})
    return study.model_copy(update={"status": status})


def told(choice: Choice) -> list[tuple[str, int, str]]:
    return [(source.study, source.trials, source.reason) for source in choice.sources]


def names(choice: Choice) -> list[str]:
    return [related.name for related in choice.related]


class TestNamed:
    def test_their_ended_trials_are_told_in_their_order(self) -> None:
        failed = a_trial(4, state=TrialState.FAILED, completion_order=4)
        test = a_trial(5, accuracy=0.99, purpose=Purpose.FINAL_TEST)
        trials = [failed, test, a_trial(6), *reversed(TRIALS)]
        choice = chosen(a_study(warmStartFrom={"studies": ["old"]}), [a_past_study("old")], {"old": trials})
        [related] = choice.related
        assert [trial.values for trial in related.trials] == [(0.0,), (0.1,), (0.2,), (0.3,), None]
        assert related.trials[0].duration == 0.9
        assert choice.sources == [WarmStartSource(study="old", uid="uid of old", completed=5, trials=5)]

    def test_all_that_is_wrong_is_said(self) -> None:
        study = a_study(warmStartFrom={"studies": ["a", "b", "c"]})
        with pytest.raises(WarmStartUnavailableError) as unavailable:
            wanted(study, [a_past_study("a", phase="Running"), a_past_study("b")])
        assert [str(problem) for problem in unavailable.value.problems] == [
            "spec.warmStartFrom.studies[0]: a is not finished (Running); it can be used once it is",
            "spec.warmStartFrom.studies[2]: there is no other study named c here",
        ]

    @pytest.mark.parametrize(
        ("other", "trials", "why"),
        [
            (
                {"objectives": [{"metric": "loss", "direction": "minimize"}]},
                TRIALS,
                "accuracy is none of its objectives",
            ),
            (
                {"objectives": [{"metric": "accuracy", "direction": "minimize"}]},
                TRIALS,
                "it was to minimize accuracy, not to maximize it",
            ),
            ({}, [], "no trial of it has a value of every objective"),
            (
                {},
                [a_trial(0, accuracy=0.5, parameters={"depth": 3})],
                "none of its 1 trials has a place in this study's search space",
            ),
        ],
    )
    def test_one_of_no_use_is_told_of_and_holds_nothing_up(
        self, other: dict[str, Any], trials: list[Trial], why: str
    ) -> None:
        study = a_study(warmStartFrom={"studies": ["old", "good"]})
        others = [a_past_study("old", **other), a_past_study("good")]
        choice = chosen(study, others, {"old": trials})
        assert names(choice) == ["good"]
        assert told(choice) == [("old", 0, why), ("good", 4, "")]

    def test_a_study_with_more_objectives_is_comparable(self) -> None:
        more = [
            {"metric": "loss", "direction": "minimize"},
            {"metric": "accuracy", "direction": "maximize"},
        ]
        study = a_study(warmStartFrom={"studies": ["old"]})
        assert names(chosen(study, [a_past_study("old", objectives=more)])) == ["old"]

    def test_values_are_summed_up_as_this_study_does(self) -> None:
        metrics = {
            "accuracy": {"last": 0.4, "lastStep": 3, "min": 0.1, "minStep": 1, "max": 0.8, "maxStep": 2}
        }
        trial = a_trial(0, state=TrialState.COMPLETED, completion_order=0, metrics=metrics)
        last = [{"metric": "accuracy", "direction": "maximize", "summary": "last"}]
        for objectives, value in ((None, 0.8), (last, 0.4)):
            own: dict[str, Any] = {} if objectives is None else {"objectives": objectives}
            study = a_study(warmStartFrom={"studies": ["old"]}, **own)
            [related] = chosen(study, [a_past_study("old")], {"old": [trial]}).related
            assert related.trials[0].values == (value,)

    def test_constraints_are_looked_up_in_what_the_other_reported(self) -> None:
        metrics = {
            name: {"last": 7.0, "lastStep": 3, "min": 0.1, "minStep": 1, "max": 9.0, "maxStep": 2}
            for name in ("accuracy", "latency")
        }
        trial = a_trial(0, state=TrialState.COMPLETED, completion_order=0, metrics=metrics)
        bounds = [{"metric": "latency", "max": 8}, {"metric": "memory", "max": 8}]
        study = a_study(
            warmStartFrom={"studies": ["old"]},
            constraints=bounds,
            trial={"template": {"spec": {"template": {"spec": {"containers": [{"name": "a"}]}}}}},
        )
        [related] = chosen(study, [a_past_study("old")], {"old": [trial]}).related
        assert related.trials[0].constraints == (7.0, None)

    def test_of_one_name_the_finished_one_that_ended_last_is_meant(self) -> None:
        old, new = a_past_study("old", ended=1_000), a_past_study("old", ended=2_000)
        goes = a_past_study("old", phase="Running", ended=0)
        study = a_study(warmStartFrom={"studies": ["old"]})
        assert wanted(study, [old, new, goes]) == [new]


class TestBank:
    def test_finished_studies_with_the_labels_the_newest_first(self) -> None:
        others = [
            a_past_study("first", ended=1),
            a_past_study("third", ended=3),
            a_past_study("second", ended=2, phase="Failed"),
            a_past_study("runs", ended=9, phase="Running"),
            a_past_study("barren", ended=9, phase="Failed", completed=0),
            a_past_study("others", ended=9, labels={"team": "speech"}),
        ]
        choice = chosen(a_study(warmStartFrom=BANK), others)
        assert names(choice) == ["third", "second", "first"]

    @pytest.mark.parametrize(
        ("other", "fits"),
        [
            ({}, True),
            ({"trial": {"trainer": {"model": "mlp", "dataset": "digits", "maxEpochs": 3}}}, True),
            ({"trial": {"trainer": {"model": "cnn", "dataset": "digits"}}}, False),
            ({"trial": {"trainer": {"model": "mlp", "dataset": "moons"}}}, False),
            ({"objectives": [{"metric": "loss", "direction": "minimize"}]}, False),
            ({"parameters": [{"name": "learning_rate", "type": "float", "min": 0, "max": 1}]}, True),
        ],
    )
    def test_only_of_the_same_trainer_and_objectives(self, other: dict[str, Any], fits: bool) -> None:
        choice = chosen(a_study(warmStartFrom=BANK), [a_past_study("old", **other)])
        assert names(choice) == (["old"] if fits else [])
        assert bool(choice.sources) is fits

    @pytest.mark.parametrize(
        ("container", "fits"),
        [
            ({}, True),
            ({"args": ["--epochs=3"]}, True),
            ({"command": ["train", "--rate=$(HP_RATE)", "--depth=$(HP_DEPTH)"]}, True),
            ({"command": ["train", "--fast"]}, False),
            ({"image": "team/train:2"}, False),
        ],
    )
    def test_a_template_is_known_by_its_image_and_command(
        self, container: dict[str, Any], fits: bool
    ) -> None:
        def template(**changed: Any) -> dict[str, Any]:
            main = {"name": "main", "image": "team/train:1", "command": ["train", "--rate=$(HP_RATE)"]}
            containers = [{"name": "proxy", "image": "proxy"}, {**main, **changed}]
            pod = {"template": {"spec": {"containers": containers}}}
            return {"template": {"spec": pod}, "metricsContainer": "main"}

        study = a_study(warmStartFrom=BANK, trial=template())
        assert names(chosen(study, [a_past_study("old", trial=template(**container))])) == (
            ["old"] if fits else []
        )

    def test_named_ones_come_first_and_five_are_enough(self) -> None:
        others = [a_past_study(f"bank-{number}", ended=number) for number in range(7)]
        study = a_study(warmStartFrom={"studies": ["mine"], **BANK})
        asked = []

        def trials_of(other: HyperparameterStudy) -> list[Trial]:
            asked.append(other.metadata.name)
            return TRIALS

        wished = wanted(study, [*others, a_past_study("mine", labels={}, ended=0)])
        choice = choose(study, wished, trials_of)
        assert names(choice) == ["mine", "bank-6", "bank-5", "bank-4", "bank-3"]
        assert asked == names(choice)

    def test_it_is_not_searched_to_the_end(self) -> None:
        others = [a_past_study(f"bank-{number:02}", ended=number) for number in range(30)]
        alien = [a_trial(0, accuracy=0.5, parameters={"depth": 3})]
        choice = chosen(a_study(warmStartFrom=BANK), others, {other.metadata.name: alien for other in others})
        assert not choice.related
        assert [source.study for source in choice.sources] == [f"bank-{29 - n}" for n in range(MAX_LOOKED_AT)]

    def test_an_empty_bank_is_a_choice(self) -> None:
        study = a_study(warmStartFrom=BANK)
        assert is_due(study)
        assert not is_due(begun(study, chosen(study, [])))


class TestKept:
    """The choice stays while the study lives."""

    STUDY = a_study(warmStartFrom={"studies": ["old"], **BANK})

    def test_newer_studies_do_not_come_in(self) -> None:
        others = [a_past_study("old"), a_past_study("first", ended=1)]
        before = chosen(self.STUDY, others)
        assert names(before) == ["old", "first"]
        again = chosen(begun(self.STUDY, before), [*others, a_past_study("second", ended=2)])
        assert again == before

    def test_trials_that_a_study_got_later_do_not_come_in(self) -> None:
        before = chosen(self.STUDY, [a_past_study("old")])
        grown = [*TRIALS, a_trial(4, accuracy=0.9)]
        again = chosen(begun(self.STUDY, before), [a_past_study("old", phase="Running")], {"old": grown})
        assert again == before

    def test_one_that_was_deleted_is_left_out_and_told_of(self) -> None:
        others = [a_past_study("old"), a_past_study("first")]
        study = begun(self.STUDY, chosen(self.STUDY, others))
        anew = others[1].model_copy(
            update={"metadata": others[1].metadata.model_copy(update={"uid": "another"})}
        )
        again = chosen(study, [others[0], anew])
        assert names(again) == ["old"]
        # What was told of it stays on record: trials were proposed from it.
        assert told(again) == [("old", 4, ""), ("first", 4, "it was deleted after this one began")]
        assert chosen(begun(study, again), others) == again

    def test_one_whose_trials_were_deleted_likewise(self) -> None:
        before = chosen(self.STUDY, [a_past_study("old")])
        again = chosen(begun(self.STUDY, before), [a_past_study("old")], {"old": []})
        assert names(again) == []
        assert told(again) == [("old", 4, "no trial of it has a value of every objective")]

    def test_what_is_due(self) -> None:
        assert is_due(self.STUDY)
        assert not is_due(a_study())
        assert not is_due(a_study(warmStartFrom=BANK, cancel=True))
        assert not is_due(a_study(warmStartFrom=BANK, suspend=True))


class TestQuestion:
    def test_the_sampler_is_told_and_the_proposal_says_so(self) -> None:
        choice = chosen(a_study(warmStartFrom=BANK), [a_past_study("old")])
        state = State.of(a_study(warmStartFrom=BANK), related=choice.related)
        asked = question(state, 2)
        assert asked.request.related == choice.related
        assert asked.inputs.related == {"old": 4}

    def test_nothing_is_recorded_where_there_is_none(self) -> None:
        inputs = question(State.of(a_study()), 1).inputs
        assert inputs.related == {}
        assert "related" not in inputs.document()

    @pytest.mark.parametrize("kept", [True, False])
    def test_a_question_is_asked_again_only_of_the_same_studies(self, kept: bool) -> None:
        choice = chosen(a_study(warmStartFrom=BANK), [a_past_study("old")])
        first = question(State.of(a_study(warmStartFrom=BANK), related=choice.related), 2)
        trial = a_trial(0)
        proposal = trial.spec.proposal.model_copy(update={"inputs": first.inputs})
        half = trial.model_copy(update={"spec": trial.spec.model_copy(update={"proposal": proposal})})
        state = State.of(a_study(warmStartFrom=BANK), [half], related=choice.related if kept else ())
        again = question(state, 1)
        assert (again.first_index, again.request.count) == ((0, 2) if kept else (1, 1))
