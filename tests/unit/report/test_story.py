"""The story of a study."""

from typing import Any

import pytest
from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view
from tests.unit.report.test_details import section

from tunewright.api.trial import Purpose, Trial, TrialState
from tunewright.report.proposals import source, sources, surprise
from tunewright.report.story import MAX_IMPROVEMENTS, story
from tunewright.report.view import StudyView


def proposed(index: int, accuracy: float | None, **proposal: Any) -> Trial:
    """A trial of the sampler `auto`; failed without an accuracy."""
    trial = (
        a_trial(index, state=TrialState.FAILED, reason="Hung", completion_order=index)
        if accuracy is None
        else a_trial(index, accuracy=accuracy)
    )
    document = trial.document()
    document["spec"]["proposal"] = {"sampler": "auto", **proposal}
    return Trial.model_validate(document)


MODEL = {"part": "model", "reason": "most improvement is expected there", "deviation": 0.01}
TRIALS = [
    a_trial(0, accuracy=0.8, purpose=Purpose.DEFAULT),
    a_trial(1, accuracy=0.7, purpose=Purpose.INITIAL),
    proposed(2, 0.85, part="random"),
    proposed(3, None, **MODEL, mean=0.9),
    proposed(4, 0.9, **MODEL, mean=0.91),
    proposed(5, 0.95, **MODEL, mean=0.9),
    proposed(6, 0.9, **MODEL, mean=0.89),
]


def a_story(trials: list[Trial], status: dict[str, Any] | None = None, **spec: Any) -> str:
    return story(StudyView(a_study(status=status, **spec), trials, {}))


def test_how_it_began() -> None:
    assert section(a_story(TRIALS), "How it began") == [
        "  With the default configuration, digits-0: accuracy 0.8.",
        "  Then 1 initial configuration of the study.",
        "  Then the sampler auto, seed 0.",
    ]
    assert section(a_story(TRIALS[2:]), "How it began")[0] == "  Without the default configuration."


def test_what_proposed_how_many_and_what_they_won() -> None:
    lines = section(a_story(TRIALS), "What proposed the trials")
    assert [line.split() for line in lines[1:5]] == [
        ["default", "configuration", "1", "0", "1", "-"],
        ["initial", "configurations", "1", "0", "0", "-"],
        ["auto:", "random", "1", "0", "1", "-"],
        ["auto:", "model", "4", "1", "2", "2", "of", "3"],
    ]
    assert lines[5] == (
        "  Of 3 values that had been predicted, 2 came within 2 predicted deviations (67%; a normal law "
        "would have 95%)."
    )


def test_how_the_best_was_found_and_why_it_was_proposed() -> None:
    assert section(a_story(TRIALS), "How the best was found") == [
        "  digits-0: accuracy 0.8, by default configuration",
        "  digits-2: accuracy 0.85 (+0.05), by auto: random",
        "  digits-4: accuracy 0.9 (+0.05), by auto: model; predicted 0.91 +- 0.01",
        "    most improvement is expected there",
        "  digits-5: accuracy 0.95 (+0.05), by auto: model; predicted 0.9 +- 0.01",
        "    most improvement is expected there",
    ]


def test_a_proposal_without_a_part_or_a_reason() -> None:
    trial = proposed(1, 0.9)
    assert source(trial) == "auto"
    assert source(a_trial(1, accuracy=0.9)) == "sampler"
    assert surprise(StudyView(a_study(), [trial], {}), trial) is None


def test_of_very_many_improvements_the_first_and_the_latest_are_told() -> None:
    lines = section(a_story([proposed(i, i / 100) for i in range(40)]), "How the best was found")
    assert len(lines) == MAX_IMPROVEMENTS + 1
    assert lines[0].startswith("  digits-0: ")
    assert lines[1] == "  (and 25 more)"
    assert lines[2] == "  digits-26: accuracy 0.26 (+0.01), by auto"
    assert lines[-1].startswith("  digits-39: ")


def test_what_broke_a_constraint_did_not_improve_the_best() -> None:
    def measured(index: int, accuracy: float, size: float) -> Trial:
        summary = {"last": size, "last_step": 1, "min": size, "min_step": 1, "max": size, "max_step": 1}
        trial = proposed(index, accuracy)
        status = {
            **trial.document()["status"],
            "metrics": {"size": summary},
            "feasible": size <= 5,
            "violations": {"size": size - 5} if size > 5 else {},
        }
        return Trial.model_validate({**trial.document(), "status": status})

    trials = [measured(0, 0.8, 4), measured(1, 0.95, 9), measured(2, 0.9, 5)]
    text = a_story(trials, constraints=[{"metric": "size", "max": 5}])
    assert [line.split(":")[0] for line in section(text, "How the best was found")] == [
        "  digits-0",
        "  digits-2",
    ]
    assert section(text, "What went wrong") == ["  2 of 3 trials feasible; excluded: 1 by size at most 5."]


def test_failures_by_reason() -> None:
    assert section(a_story(TRIALS), "What went wrong") == ["  1 trial failed: 1 Hung."]
    assert "What went wrong" not in a_story(TRIALS[:3])


def test_the_stages_with_the_reasons_of_their_narrowing() -> None:
    stages = [
        {"name": "rate", "parameters": ["learning_rate"], "maxTrials": 3},
        {"name": "more", "maxTrials": 2},
        {"name": "last"},
    ]
    status = {
        "phase": "Completed",
        "stages": [
            {"name": "rate", "firstIndex": 0, "trials": 3, "reasons": ["optimizer: fixed at adam"]},
            {"name": "more", "firstIndex": 3, "trials": 4},
        ],
    }
    assert section(a_story(TRIALS, status, stages=stages), "Stages") == [
        "  rate: trials 0 to 2",
        "    optimizer: fixed at adam",
        "  more: trials 3 to 6",
        "  without a trial: last",
    ]
    assert "Stages" not in a_story(TRIALS)


def test_what_matters_and_what_to_tune_next() -> None:
    lines = section(story(a_view(120)), "What matters")
    assert lines[0].startswith("  learning_rate explains ")
    assert "  Need not be tuned any more: " in next(line for line in lines if "Need not" in line)
    assert "batch_size at " in next(line for line in lines if "The best trial has" in line)
    suggestion = lines[-1]
    assert suggestion.startswith("  A new study could tune learning_rate, ")
    assert suggestion.endswith(" alone, with warmStartFrom: {studies: [digits]}.")
    assert "batch_size" not in suggestion


def test_with_few_trials_it_says_that_too_little_is_known() -> None:
    (line,) = section(a_story(TRIALS), "What matters")
    assert line.startswith("  Too little to tell: importance takes at least 20 trials")


def test_how_it_ended() -> None:
    lines = section(story(a_view(40)), "How it ended")
    assert lines[0] == f"  The best is {a_view(40).best.name}."  # type: ignore[union-attr]
    assert lines[1].startswith("  validation_accuracy: ")
    assert lines[1].endswith(", better).")
    assert any(line.startswith("  test_accuracy on held-out test data: 0.9722, ") for line in lines)


def test_several_objectives_tell_of_the_front() -> None:
    view = a_view(60, latency=True)
    text = story(view)
    assert len(section(text, "How the Pareto front was found")) <= MAX_IMPROVEMENTS + 1
    assert sum(each.improved for each in sources(view)) == len(view.front)
    assert "on the front" in section(text, "What proposed the trials")[0]


@pytest.mark.parametrize("trials", [[], [a_trial(0)]])
def test_a_study_that_has_hardly_begun(trials: list[Trial]) -> None:
    text = a_story(trials, {"phase": "Running"})
    assert text.splitlines()[0] == "digits running"
    assert ("Where it stands" in text) is bool(trials)


def test_what_a_user_wrote_does_no_harm() -> None:
    text = a_story([proposed(0, 0.5, part="\x1b[31m", reason="two\nlines \x07")])
    assert "\x1b" not in text
    assert "two\\nlines \\x07" in text
