"""What a study tries before its sampler is asked."""

from collections.abc import Mapping

from tunewright.api.base import Scalar
from tunewright.api.study import StudySpec
from tunewright.api.trial import Purpose
from tunewright.search.history import Key, key
from tunewright.search.space import SearchSpace


def initial_configurations(
    spec: StudySpec, space: SearchSpace, fallback: Mapping[str, object] | None = None
) -> list[tuple[Purpose, dict[str, Scalar]]]:
    """The default configuration, unless the study does without, then the initial ones in order, each once.

    `fallback` holds the trainer's own defaults, for parameters that state none.
    """
    wanted = [(Purpose.INITIAL, space.complete(partial, fallback)) for partial in spec.initial.configurations]
    if spec.initial.default:
        wanted.insert(0, (Purpose.DEFAULT, space.default_configuration(fallback)))
    first: dict[Key, tuple[Purpose, dict[str, Scalar]]] = {}
    for purpose, configuration in wanted:
        first.setdefault(key(configuration), (purpose, configuration))
    return list(first.values())
