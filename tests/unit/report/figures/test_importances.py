from tests.unit.report.studies import a_view

from tunewright.report.figures.drawing import GOOD, OTHER
from tunewright.report.figures.importances import MAX_PARAMETERS, importances
from tunewright.report.importance import Effect, Importance


def found(r2: float = 0.8, parameters: int = 2) -> Importance:
    names = [f"p{i}" for i in range(parameters)]
    return Importance(
        effects={
            name: Effect(0.5, 0.1, 0.9, 0.05) if name == "p0" else Effect(0.05, 0.05, 0.01, 0.01)
            for name in names
        },
        pairs={("p0", "p1"): 0.123},
        r2=r2,
        trials=32,
        library="scikit-learn 1.0",
    )


def test_bars_the_greatest_on_top_and_grey_where_not_clearly_above_zero() -> None:
    drawing = importances(a_view(5), found())
    assert drawing.plot is not None
    bars = drawing.plot.data[0]
    assert list(bars.y) == ["p1", "p0"]
    assert list(bars.marker.color) == [OTHER, GOOD]
    assert list(bars.x) == [0.05, 0.5]
    assert "fANOVA by scikit-learn 1.0, from 32 trials" in drawing.caption
    assert "Explained only by two together: p0 and p1 (12%)." in drawing.caption
    assert "Need not be tuned any more: p1." in drawing.caption
    assert drawing.alt == "Bar chart; from the most important parameter down: p0, p1."


def test_too_few_trials_are_said_instead_of_drawn() -> None:
    drawing = importances(a_view(1), None)
    assert drawing.plot is None
    assert drawing.caption == (
        "Too little to tell: importance takes at least 20 trials with values that differ; "
        "1 trial ended with a value."
    )


def test_a_forest_that_has_learned_nothing_draws_nothing() -> None:
    drawing = importances(a_view(5), found(r2=-0.2))
    assert drawing.plot is None
    assert "Nothing can be told from these 32 trials" in drawing.caption
    assert "R² = -0.20" in drawing.caption


def test_of_very_many_parameters_the_most_important_are_drawn() -> None:
    drawing = importances(a_view(5), found(parameters=40))
    assert drawing.plot is not None
    assert len(drawing.plot.data[0].y) == MAX_PARAMETERS
    assert "The 15 most important of 40 parameters are drawn." in drawing.caption
