"""What a study needs to run beyond its schema: a budget, and a trial definition that can be followed."""

from tunewright.api.problems import Problem
from tunewright.api.study import HyperparameterStudy
from tunewright.api.template import check_template
from tunewright.api.trainer import check_trainer


def check(study: HyperparameterStudy) -> list[Problem]:
    """What keeps a valid study from being run in either home; empty where nothing does.

    Sampler names and settings are for `search` to check, and what only one home cannot do is for that home.
    """
    spec = study.spec
    problems = []
    if spec.budget is None:
        problems.append(Problem("spec.budget", "required to run, such as budget: {maxTrials: 20}"))
    if spec.trial is None:
        problems.append(Problem("spec.trial", "required to run; give trainer or template below it"))
    elif spec.trial.trainer is not None:
        problems += check_trainer(spec, spec.trial.trainer)
    elif spec.trial.template is not None:
        problems += check_template(spec, spec.trial.template)
    return problems
