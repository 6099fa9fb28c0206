"""How parameters reach a trial: as environment variables, and by Kubernetes' own `$(NAME)` expansion."""

import json
import re
from collections.abc import Iterable, Mapping

from tunewright.api.base import Scalar
from tunewright.api.naming import environment_name
from tunewright.api.study import StudySpec
from tunewright.api.trial import Purpose, Trial

# As the kubelet reads it: a name is whatever stands before the first closing bracket.
_REFERENCE = re.compile(r"\$\$|\$\(([^)]*)\)")


def variables_of(trial: Trial, spec: StudySpec) -> dict[str, str]:
    """What every attempt of a trial finds in its environment, in either home.

    First one `HP_<NAME>` per parameter of the study, empty where it is inactive, so that what follows may
    refer to it.
    """
    values = trial.spec.parameters
    variables = {
        environment_name(each.name): text_of(values[each.name]) if each.name in values else ""
        for each in spec.parameters
    }
    variables["TUNEWRIGHT_PARAMETERS"] = json.dumps(values, ensure_ascii=False)
    variables["TUNEWRIGHT_TRIAL"] = trial.name
    variables["TUNEWRIGHT_OBJECTIVES"] = _listed(each.metric for each in spec.objectives)
    if spec.constraints:
        variables["TUNEWRIGHT_CONSTRAINTS"] = _listed(each.metric for each in spec.constraints)
    if trial.spec.purpose is Purpose.FINAL_TEST:
        variables["TUNEWRIGHT_FINAL_TEST"] = "1"
    return variables


def _listed(metrics: Iterable[str]) -> str:
    return ",".join(dict.fromkeys(metrics))


def text_of(value: Scalar) -> str:
    """A parameter's value as a command line shows it: true and false, numbers at full precision."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`$(NAME)` becomes the variable's value, as in Kubernetes: an unknown one stays, `$$` is a plain `$`."""

    def replacement(match: re.Match[str]) -> str:
        name = match.group(1)
        return "$" if name is None else variables.get(name, match.group(0))

    return _REFERENCE.sub(replacement, text)
