"""What the engine decides: a home carries actions out in their order, each again without harm."""

from dataclasses import dataclass

from tunewright.api.study_status import StudyStatus
from tunewright.api.trial import ProposalInputs, Trial
from tunewright.engine.facts import AttemptKey
from tunewright.search.sampler import Request


@dataclass(frozen=True)
class CreateTrial:
    """Write a new Trial, before anything of it runs."""

    trial: Trial


@dataclass(frozen=True)
class RecordTrial:
    """Write the status of a Trial."""

    trial: Trial


@dataclass(frozen=True)
class StartAttempt:
    """Begin an attempt; `limit` is its run time at most, in milliseconds.

    The home enforces it without the engine.
    """

    trial: Trial
    key: AttemptKey
    limit: int | None


@dataclass(frozen=True)
class StopAttempt:
    """Ask an attempt to save a checkpoint and end; kill it once its grace period is over."""

    key: AttemptKey
    reason: str


@dataclass(frozen=True)
class Propose:
    """Ask the sampler; its answer comes back as a change.

    Attributes:
        request: the question.
        inputs: what the trials record of it.
        first_index: the index of the trial that the first suggestion becomes.
    """

    request: Request
    inputs: ProposalInputs
    first_index: int


Action = CreateTrial | RecordTrial | StartAttempt | StopAttempt | Propose


@dataclass(frozen=True)
class Plan:
    """What to do now, the study's status as things stand, and when to look again though nothing changed.

    The status that the actions lead to is that of the next plan.
    `wake_at` is in milliseconds since the Unix epoch; None: not before something changes.
    """

    actions: tuple[Action, ...]
    status: StudyStatus
    wake_at: int | None
