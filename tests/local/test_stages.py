"""A study in stages, run and explained as its user would."""

import re
from pathlib import Path

import pytest
from tests.local.studies import a_shell_study, run, tunewright

from tunewright.local.view import view_of

# The metric is best where the rate is 0.7 and the layers are 4.
SCORE = """\
python3 -c "print('accuracy=%.6f' % (1 - abs($1 - 0.7) - abs($2 - 4) / 10))"
"""
STAGES = [
    {"name": "rate", "parameters": ["rate"], "maxTrials": 6},
    {"name": "layers", "parameters": ["layers"], "maxTrials": 9},
    {"name": "refine", "narrow": 0.2},
]
PARAMETERS = [
    {"name": "rate", "type": "float", "min": 0, "max": 1, "default": 0.1},
    {"name": "layers", "type": "int", "min": 1, "max": 8, "default": 7},
]


@pytest.fixture
def study(tmp_path: Path) -> Path:
    budget = {"maxTrials": 18, "parallelism": 2}
    return a_shell_study(
        tmp_path, SCORE, "$(HP_RATE)", "$(HP_LAYERS)", budget=budget, parameters=PARAMETERS, stages=STAGES
    )


def test_each_stage_starts_from_the_best_before_it_and_the_story_tells_so(study: Path) -> None:
    done = run(study)
    assert done.returncode == 0, done.stderr

    with view_of(study.parent / "out") as view:
        trials, stages = list(view.searched), list(view.study.status.stages)
    by_stage = [[trial for trial in trials if trial.stage == number] for number in range(3)]
    # There are but eight numbers of layers, one of which was tried before: the stage ends early.
    assert [len(each) for each in by_stage] == [6, 7, 5]
    assert [(stage.name, stage.first_index, stage.trials) for stage in stages] == [
        ("rate", 0, 6),
        ("layers", 6, 7),
        ("refine", 13, 5),
    ]
    assert {trial.spec.parameters["layers"] for trial in by_stage[0]} == {7}
    best = max(by_stage[0], key=lambda trial: trial.status.objectives["accuracy"])
    assert {trial.spec.parameters["rate"] for trial in by_stage[1]} == {best.spec.parameters["rate"]}
    assert stages[1].reasons == [
        f"rate: fixed at {best.spec.parameters['rate']:.4g}, as in the best of 6 trials"
    ]
    rate, layers = stages[2].reasons
    assert re.fullmatch(r"rate: 0\.\.1 narrowed to .* around .*, the best of 13 trials", rate)
    assert re.fullmatch(r"layers: 1\.\.8 narrowed to 3\.\.5 around 4, the best of 13 trials", layers)
    assert {trial.spec.parameters["layers"] for trial in by_stage[2]} <= {3, 4, 5}

    told = tunewright(study.parent, "explain", "--dir", "out")
    assert (told.returncode, told.stderr) == (0, "")
    assert "  layers: trials 6 to 12\n    rate: fixed at " in told.stdout
    assert f"    {layers}\n" in told.stdout
    of_one = tunewright(study.parent, "explain", "--dir", "out", "14")
    assert (of_one.returncode, of_one.stderr) == (0, "")
    assert "  In stage refine.\n" in of_one.stdout


def test_a_run_that_is_cut_off_goes_on_in_its_stage(study: Path) -> None:
    first = run(study, "--set", "spec.budget.maxTrials=8")
    assert first.returncode == 0, first.stderr
    second = run(study)
    assert second.returncode == 0, second.stderr

    with view_of(study.parent / "out") as view:
        assert [trial.stage for trial in view.searched] == [0] * 6 + [1] * 7 + [2] * 5
