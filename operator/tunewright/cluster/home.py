"""One study in the cluster: the engine's plans, carried out as Trials and Jobs."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tunewright.api.problems import Problem
from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import StudyStatus
from tunewright.api.trial import Trial
from tunewright.cluster import story, telemetry
from tunewright.cluster.api_error import Conflict, NotFound, Refused
from tunewright.cluster.attempts import Attempts, TakenError, adopt_or_create
from tunewright.cluster.events import Recorder
from tunewright.cluster.gateway import JOBS, PODS, TRIALS, Gateway, Kind, Object
from tunewright.cluster.informer import Change, Informer
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.labels import STUDY, owner_reference, owner_uid
from tunewright.cluster.observer import Observer
from tunewright.cluster.obstacles import obstacle_of_refusal
from tunewright.cluster.reading import UnreadableError, read_study, read_trial
from tunewright.cluster.sampling import Answer, SamplerFailedError, SamplerGoneError, SamplerPool
from tunewright.cluster.standing import Standing
from tunewright.cluster.warm_start import choice_of, warm_started
from tunewright.engine.actions import (
    Action,
    CreateTrial,
    Plan,
    Propose,
    RecordTrial,
    StartAttempt,
    StopAttempt,
)
from tunewright.engine.facts import Obstacle
from tunewright.engine.plan import plan
from tunewright.engine.state import State
from tunewright.engine.status import rejected, waiting
from tunewright.engine.warm_start import UNAVAILABLE, WarmStartUnavailableError, is_due
from tunewright.search.sampler import Response
from tunewright.search.space import SearchSpace

LOG = logging.getLogger(__name__)

FIRST_RETRY = 5_000
LONGEST_RETRY = 60_000
"""For how long what the API server refused is left alone, in milliseconds; doubled each time."""

LOOK_AGAIN = 10_000
"""How often, in milliseconds, it is looked whether another study has finished: that calls nobody."""


@dataclass(frozen=True)
class Services:
    """What all studies share.

    Attributes:
        gateway: the API server, to write to.
        informer: what the API server holds, to read from.
        samplers: the sampler processes.
        observer: what reads the pods' metrics.
        recorder: writes event objects.
        defaults: what the operator adds to Jobs.
        clock: milliseconds since the Unix epoch.
    """

    gateway: Gateway
    informer: Informer
    samplers: SamplerPool
    observer: Observer
    recorder: Recorder
    defaults: JobDefaults
    clock: Callable[[], int]


@dataclass(frozen=True)
class _Refusal:
    """What the API server refused, and until when it is left alone."""

    obstacle: Obstacle
    pause: int
    until: int


class StudyHome:
    """One study, from what the API server holds of it. Used by one thread at a time.

    Whatever it keeps in memory can be lost: another home goes on from the objects.

    Args:
        document: the study.
        services: what all studies share.
        wake: asks, from whatever thread, for another step.
    """

    def __init__(self, document: Object, services: Services, wake: Callable[[], None]) -> None:
        self.uid: str = document["metadata"]["uid"]
        self._document = document
        self._services = services
        self._wake = wake
        self._study, self._problems = read_study(document)
        self._standing = Standing(services.gateway, services.informer, self._study.status)
        self._checked: Answer[list[Problem]] | None = None
        self._answer: Answer[Response] | None = None
        self._asked_at = 0
        self._refusal: _Refusal | None = None
        self._rehearsed = False
        self._folded: dict[str, str] = {}
        self._unsure: Object | None = None
        self._state: State | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing is to be done before something changes, so that the home may be given up."""
        return self._standing.settled and self._standing.written.phase.terminal

    @property
    def replaceable(self) -> bool:
        """Whether another home would know as much: no sampler is at a question, and all is written."""
        return self._answer is None and self._unsure is None and self._standing.settled

    def step(self, document: Object, changes: Iterable[Change]) -> int | None:
        """Take in what has changed, and do what is to be done now.

        Args:
            document: the study as the cluster holds it.
            changes: of its Trials, Jobs and pods since the last step, in their order.

        Returns:
            When to look again, in milliseconds since the Unix epoch; None: not before something changes.

        Raises:
            ApiError: the API server could not be spoken to, or somebody else was faster: begin anew.
            SamplerGoneError: the sampler could not be asked whether it can do what the study wants.
        """
        self._document = document
        if "deletionTimestamp" in document["metadata"]:
            return None
        if document["metadata"].get("generation", 1) != self._study.metadata.generation:
            self._edited()
        problems = self._problems or self._sampler_problems()
        if problems is None:
            return None
        if problems:
            self._let_go()  # what changes meanwhile is not taken in
            return self._reject(self._study, problems)
        if is_due(self._known()):
            return self._choose()
        try:
            if self._state is None:
                self._state = self._take_up()
            else:
                self._take_in(self._state, changes)
        except UnreadableError as unreadable:
            return self._reject(self._let_go(), unreadable.problems)
        self._make_sure(self._state)
        self._take_answer(self._state)
        look_again = self._see_obstacle(self._state)
        decided = self._carry_out(self._state)
        now = self._services.clock()
        state = self._state
        if decided.status != state.study.status:
            state.study_changed(state.study.model_copy(update={"status": decided.status}))
        # Later than that nothing wanted it any more.
        retry = self._refusal.until if self._refusal is not None and self._refusal.until > now else None
        times = (
            decided.wake_at,
            look_again,
            self._attempts.refresh_at,
            self._tell(decided.status, now),
            retry,
        )
        return min((time for time in times if time is not None), default=None)

    def _edited(self) -> None:
        self._study, self._problems = read_study(self._document)
        if self._state is not None and not self._problems:
            # The status is ours: what the cluster holds of it may be older than what is known here.
            status = self._state.study.status
            self._state.study_changed(self._study.model_copy(update={"status": status}))

    def leave(self) -> None:
        """Let go of what this process does for the study; what runs in the cluster goes on."""
        if self._state is not None:
            self._attempts.close()
        for answer in (self._checked, self._answer):
            if answer is not None:
                answer.cancel()

    def _reject(self, study: HyperparameterStudy, problems: list[Problem]) -> int | None:
        now = self._services.clock()
        return self._tell(rejected(study, now, problems), now)

    def _let_go(self) -> HyperparameterStudy:
        """Forget the state, to be made anew from the objects; returns the study as it was known last."""
        self.leave()
        study = self._known()
        self._state = self._answer = None
        return study

    def _known(self) -> HyperparameterStudy:
        return read_study(self._document)[0] if self._state is None else self._state.study

    def _choose(self) -> int:
        """Write down which other studies this one begins with, before anything is made from it.

        Or what it waits for. Nothing of it runs then.
        """
        study, now = self._let_go(), self._services.clock()
        try:
            choice = choice_of(study, self._services.informer)
        except WarmStartUnavailableError as unavailable:
            again = self._tell(waiting(study, now, Obstacle(UNAVAILABLE, str(unavailable))), now)
            return now + LOOK_AGAIN if again is None else min(again, now + LOOK_AGAIN)
        again = self._tell(study.status.model_copy(update={"warm_start": choice.sources}), now)
        return now if again is None else again

    def _owned(self, kind: Kind) -> list[Object]:
        metadata = self._study.metadata
        return self._services.informer.of_study(kind, metadata.namespace, metadata.name)

    def _sampler_problems(self) -> list[Problem] | None:
        """What is wrong with the choice of sampler; None while it is being looked up.

        Raises:
            SamplerGoneError: that could not be found out.
        """
        if self._checked is None:
            spec = self._study.spec
            space = SearchSpace(spec.parameters)
            self._checked = self._services.samplers.check(
                spec.algorithm, space, spec.objectives, warm_start=spec.warm_start_from is not None
            )
            self._checked.when_ready(self._wake)
        if not self._checked.ready:
            return None
        try:
            return self._checked.take()
        except SamplerGoneError:
            self._checked = None
            raise
        except SamplerFailedError as error:
            return [Problem("spec.algorithm", str(error))]

    def _take_up(self) -> State:
        """All of the study, from its objects alone.

        Raises:
            UnreadableError: one of its Trials is broken.
        """
        services = self._services
        self._attempts = Attempts(
            self._study, services.gateway, services.observer, services.defaults, services.clock
        )
        trials = [each for each in self._owned(TRIALS) if self._is_ours(each)]
        for trial in trials:
            self._folded[trial["metadata"]["name"]] = trial["metadata"]["resourceVersion"]
        study, related = warm_started(self._known(), services.informer)
        gpus = self._attempts.gpus
        state = State.of(study, map(read_trial, trials), gpus=gpus, related=related)
        self._attempts.take_up(state.trials, self._owned(JOBS), self._owned(PODS))
        for execution in self._attempts.executions():
            state.execution_changed(execution)
        return state

    def _take_in(self, state: State, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.kind is TRIALS:
                self._take_in_trial(state, change.object["metadata"]["name"])
            elif change.kind is JOBS:
                self._attempts.job_changed(change.object, state.trials, deleted=change.deleted)
            elif change.kind is PODS:
                self._attempts.pod_changed(change.object, deleted=change.deleted)
        for execution in self._attempts.executions():
            state.execution_changed(execution)

    def _take_in_trial(self, state: State, name: str) -> None:
        """The newest that is known of a Trial: a change may be older than what was written here."""
        document = self._trial(name)
        if document is None:
            self._gone(state, name)
        elif self._folded.get(name) != document["metadata"]["resourceVersion"]:
            self._fold(state, document)

    def _gone(self, state: State, name: str) -> None:
        self._folded.pop(name, None)
        state.trial_gone(name, self._services.clock())
        self._attempts.trial_gone(name)

    def _fold(self, state: State, document: Object) -> None:
        """Take in a Trial as it is stored; the attempts that it now holds are done with."""
        metadata = document["metadata"]
        trial = read_trial(document)
        self._folded[metadata["name"]] = metadata["resourceVersion"]
        state.trial_changed(trial)
        for told in story.of_trial(trial) if self._attempts.recorded(trial) else ():
            self._services.recorder.record(self._document, *told)

    def _trial(self, name: str) -> Object | None:
        found = self._services.informer.get(TRIALS, self._study.metadata.namespace, name)
        return found if found is not None and self._is_ours(found) else None

    def _is_ours(self, trial: Object) -> bool:
        """One that waits for what it owns to be deleted counts as gone: what it would begin goes with it."""
        return owner_uid(trial) == self.uid and "deletionTimestamp" not in trial["metadata"]

    def _take_answer(self, state: State) -> None:
        if self._answer is None or not self._answer.ready:
            return
        answer, self._answer = self._answer, None
        telemetry.SUGGESTION_SECONDS.observe((self._services.clock() - self._asked_at) / 1000)
        try:
            response = answer.take()
        except SamplerFailedError as error:
            state.sampler_failed(str(error))
        else:
            state.sampler_answered(response)

    def _see_obstacle(self, state: State) -> int | None:
        """Tell the engine what is in the way; returns when to look again."""
        if self._refusal is not None and self._services.clock() < self._refusal.until:
            state.obstructed(self._refusal.obstacle)
            return None
        obstacle, again = self._attempts.obstacle()
        state.obstructed(obstacle)
        return again

    def _carry_out(self, state: State) -> Plan:
        """Plan and act until there is nothing more to do now. Returns the last plan."""
        while True:
            self._attempts.clear_away()  # before the next attempts begin
            decided = plan(state, self._services.clock())
            if not decided.actions:
                return decided
            for action in decided.actions:
                try:
                    self._act(state, action)
                except TakenError as taken:
                    self._leave_alone(state, Obstacle("NameTaken", str(taken)))
                    break
                except Refused as refused:
                    if isinstance(action, RecordTrial | StopAttempt):
                        raise
                    obstacle = obstacle_of_refusal(refused.code, refused.reason, refused.message)
                    self._leave_alone(state, obstacle)
                    break

    def _leave_alone(self, state: State, obstacle: Obstacle) -> None:
        before = self._refusal
        pause = FIRST_RETRY if before is None else min(2 * before.pause, LONGEST_RETRY)
        self._refusal = _Refusal(obstacle, pause, self._services.clock() + pause)
        state.obstructed(obstacle)

    def _act(self, state: State, action: Action) -> None:
        if isinstance(action, CreateTrial):
            self._create(state, action.trial)
        elif isinstance(action, RecordTrial):
            self._record(state, action.trial)
        elif isinstance(action, StartAttempt):
            self._start(state, action)
        elif isinstance(action, StopAttempt):
            state.execution_changed(self._attempts.stop(action.key))
        elif isinstance(action, Propose):
            state.sampler_asked(action)
            self._asked_at = self._services.clock()
            self._answer = self._services.samplers.ask(state.study.spec.algorithm, action.request)
            self._answer.when_ready(self._wake)

    def _start(self, state: State, action: StartAttempt) -> None:
        document = self._trial(action.trial.name)
        if document is None:  # deleted by hand a moment ago
            self._gone(state, action.trial.name)
            return
        uid = document["metadata"]["uid"]
        state.execution_changed(self._attempts.start(action.trial, uid, action.key, action.limit))
        self._refusal = None

    def _create(self, state: State, trial: Trial) -> None:
        if not self._rehearsed:
            # Before the first Trial is there: what cannot run leaves nothing behind.
            self._attempts.rehearse(trial)
            self._rehearsed = True
        metadata = trial.metadata.model_copy(update={"labels": {STUDY: self._study.metadata.name}})
        document = trial.model_copy(update={"metadata": metadata}).document()
        document["metadata"]["ownerReferences"] = [owner_reference("HyperparameterStudy", self._document)]
        self._fold(state, self._keep(adopt_or_create(self._services.gateway, TRIALS, document, self.uid)))

    def _record(self, state: State, trial: Trial) -> None:
        """Write a Trial's status."""
        document = self._trial(trial.name)
        if document is None:  # deleted by hand a moment ago
            self._gone(state, trial.name)
            return
        status = trial.status.model_dump(mode="json", by_alias=True, exclude_none=True)
        self._unsure = {**document, "status": status}
        written = self._services.gateway.replace_status(TRIALS, self._unsure)
        self._unsure = None
        self._fold(state, self._keep(written))

    def _make_sure(self, state: State) -> None:
        """Find out what became of a Trial's status that may have been written, though no answer came.

        Before anything is decided: else another trial could be given the same place in the completion order.
        """
        body = self._unsure
        if body is None:
            return
        gateway, metadata = self._services.gateway, body["metadata"]
        if self._folded.get(metadata["name"]) == metadata["resourceVersion"]:
            try:
                self._fold(state, self._keep(gateway.replace_status(TRIALS, body)))
            except Conflict:  # it was written, or somebody else was faster
                stored = gateway.get(TRIALS, metadata["namespace"], metadata["name"])
                self._fold(state, self._keep(stored))
            except (NotFound, Refused):
                self._unsure = None
                raise
        self._unsure = None

    def _keep(self, document: Object) -> Object:
        self._services.informer.offer(TRIALS, document)
        return document

    def _tell(self, status: StudyStatus, now: int) -> int | None:
        """Write the study's status, where it is time to, and what is to be told of it."""
        before = self._standing.written
        again = self._standing.write(status, self._document, now)
        if self._standing.settled:
            for told in story.of_study(before, status):
                self._services.recorder.record(self._document, *told)
        return again
