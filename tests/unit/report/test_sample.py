from tests.unit.report.studies import a_view

from tunewright.report.sample import best_and_latest, evenly


def test_evenly_keeps_the_ends_and_the_order() -> None:
    assert evenly(range(101), 5) == [0, 25, 50, 75, 100]
    assert evenly([1, 2], 5) == [1, 2]
    assert len(set(evenly(range(1000), 999))) == 999


def test_best_and_latest() -> None:
    view = a_view(100)
    chosen = best_and_latest(view, view.searched, 10)
    names = [trial.name for trial in chosen]
    assert len(names) == 10
    assert view.default is not None
    assert {view.default.name, *view.ranked[:5]} <= set(names)
    assert {"digits-5f0c-99", "digits-5f0c-98", "digits-5f0c-97"} <= set(names)
    assert [trial.spec.index for trial in chosen] == sorted(trial.spec.index for trial in chosen)


def test_few_trials_are_all_taken() -> None:
    view = a_view(5)
    assert best_and_latest(view, view.searched, 10) == view.searched
