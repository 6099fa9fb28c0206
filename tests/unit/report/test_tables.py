from tests.builders import a_study, a_trial
from tests.unit.report.studies import a_view

from tunewright.api.trial import TrialState
from tunewright.report.tables import as_table
from tunewright.report.view import StudyView


def test_for_a_pipe_one_plain_line_per_trial_with_whole_numbers() -> None:
    view = a_view(40)
    lines = as_table(view).splitlines()
    assert len(lines) == 41
    assert lines[0].split()[:4] == ["trial", "state", "validation_accuracy", "learning_rate"]
    assert "\x1b" not in "".join(lines)
    assert "…" not in "".join(lines)
    first = lines[1].split()
    assert first == [
        "digits-5f0c-0",
        "Completed",
        "0.936378",
        "0.001",
        "64",
        "adam",
        "-",
        "64",
        "0.2",
        "false",
        "0.999",
    ]


def test_the_best_is_starred() -> None:
    view = a_view(40)
    starred = [line for line in as_table(view).splitlines() if line.startswith("*")]
    assert [line.split()[1] for line in starred] == [view.best.name]  # type: ignore[union-attr]


def test_a_failed_trial_says_why() -> None:
    trial = a_trial(3, state=TrialState.FAILED, reason="NotANumber", completion_order=0)
    assert "Failed (NotANumber)" in as_table(StudyView(a_study(), [trial], {}))


def test_on_a_narrow_terminal_parameters_share_a_column_and_no_number_is_cut() -> None:
    view = a_view(40)
    for width in (40, 100, 120):
        text = as_table(view, width=width)
        best = view.best
        assert best is not None
        assert "learning_rate=0.0673926" in text
        assert "0.971982" in text
        if width >= 100:
            assert max(map(len, text.splitlines())) <= width


def test_on_a_wide_terminal_a_column_per_parameter() -> None:
    assert as_table(a_view(40), width=200) == as_table(a_view(40))


def test_colour_is_for_states() -> None:
    trial = a_trial(0, state=TrialState.FAILED, completion_order=0)
    assert "\x1b[31m" in as_table(StudyView(a_study(), [trial], {}), colour=True)


def test_a_value_with_control_characters_or_markup_is_harmless() -> None:
    parameters = [{"name": "choice", "type": "categorical", "values": ["[red]x[/]", "\x1b[2J"]}]
    trials = [a_trial(0, parameters={"choice": "[red]x[/]"}), a_trial(1, parameters={"choice": "\x1b[2J"})]
    text = as_table(StudyView(a_study(parameters=parameters), trials, {}))
    assert "[red]x[/]" in text
    assert "\x1b" not in text


def test_no_trials() -> None:
    assert as_table(a_view(0)) == "digits: completed, no trials yet\n"
