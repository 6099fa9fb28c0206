"""A home without machines: objects in dicts, attempts that follow a script, a clock that is moved by hand.

It carries plans out as a home does - write, act, tell the state - can be cut off before any of these steps
and go on from its objects alone, and holds what happens against the guarantees of docs/rules.md.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from tunewright.api.constraint import total_violation
from tunewright.api.study import HyperparameterStudy, StudySpec
from tunewright.api.study_status import Phase, StudyStatus
from tunewright.api.trainer import trainer_defaults
from tunewright.api.trial import Outcome, Proposal, ProposalInputs, Purpose, Trial, TrialState
from tunewright.engine.actions import (
    Action,
    CreateTrial,
    Plan,
    Propose,
    RecordTrial,
    StartAttempt,
    StopAttempt,
)
from tunewright.engine.budget import gpu_time
from tunewright.engine.facts import AttemptKey, Cause, Execution, Exit, Obstacle
from tunewright.engine.plan import plan
from tunewright.engine.state import State
from tunewright.metrics.curves import summary_of
from tunewright.search.history import Evaluated, History
from tunewright.search.propose import propose
from tunewright.search.sampler import NoSettings, Request, Response, Sampler, Suggestion
from tunewright.search.samplers.random import RandomSampler
from tunewright.search.space import SearchSpace
from tunewright.search.stage import Incumbent, part_of

ROUNDS = 60
"""More rounds than any moment of these small studies needs."""
NEVER = 10**18
START = 1_700_000_000_000


class Crash(Exception):  # noqa: N818
    """The home was killed here."""


@dataclass(frozen=True)
class Fate:
    """What an attempt does; times in milliseconds.

    Attributes:
        waits: until it starts, or cannot be started.
        runs: until it ends by itself; `NEVER` for one that hangs.
        reports: how many values it reports on the way, evenly spread (a hanging one: one a second).
        value: of the last report; those before are lower.
        sized: whether it reports the metric `size` too, which is as the accuracy.
        not_finite: whether the last value is NaN.
        code, cause, final: of its end.
        takes: how long it takes to end when it is asked to.
        asked_code: its exit code then.
    """

    waits: int = 0
    runs: int = 10_000
    reports: int = 3
    value: float = 0.5
    sized: bool = True
    not_finite: bool = False
    code: int | None = 0
    cause: Cause | None = None
    final: bool | None = True
    takes: int = 500
    asked_code: int = 143

    def reported_after(self, number: int) -> int:
        """How long after its start report `number`, from 1, comes."""
        return 1_000 * number if self.runs >= NEVER else self.runs * number // (self.reports + 1)


@dataclass
class Process:
    """An attempt that was begun. It lives whatever becomes of the home."""

    key: AttemptKey
    fate: Fate
    limit: int | None
    begun: int
    asked: int | None = None

    @property
    def start(self) -> int:
        return min(self.begun + self.fate.waits, NEVER)

    @property
    def end(self) -> int:
        return self._end()[0]

    def _end(self) -> tuple[int, int | None, Cause | None, bool | None]:
        """When and how it ends as things stand."""
        asked = NEVER if self.asked is None else self.asked
        if self.fate.cause is Cause.CANNOT_START:
            return min(self.start, asked), 127, Cause.CANNOT_START, None
        if asked <= self.start:
            return asked, 143, None, False
        by_itself = self.start + self.fate.runs
        limited = NEVER if self.limit is None else self.start + self.limit
        if by_itself <= min(asked, limited):
            return by_itself, self.fate.code, self.fate.cause, self.fate.final
        cause = Cause.DEADLINE if limited < asked else None
        code = self.fate.asked_code
        return min(asked, limited) + self.fate.takes, code, cause, code == 0

    def used(self, time: int) -> int:
        """For how long it has run by then."""
        return max(0, min(time, self.end) - self.start)

    def execution(self, time: int, gpus: int, clock: Callable[[int], int]) -> Execution:
        """What can be seen of it at `time`."""
        ended_at, code, cause, final = self._end()
        visible = min(time, ended_at)
        started = self.start <= visible and self.fate.cause is not Cause.CANNOT_START
        times = [self.start + self.fate.reported_after(number) for number in range(1, self.fate.reports + 1)]
        told = [at for at in times if started and at <= visible]
        values = [self.fate.value - (self.fate.reports - number) / 100 for number in range(1, len(told) + 1)]
        bad = self.fate.not_finite and len(told) == self.fate.reports
        points = list(enumerate(values[:-1] if bad else values, start=1))
        names = ["accuracy", "size"] if self.fate.sized else ["accuracy"]
        metrics = {name: summary_of(points) for name in names} if points else {}
        return Execution(
            self.key,
            started_at=clock(self.start) if started else None,
            reported_at=clock(told[-1]) if told else None,
            gpus=gpus,
            metrics=metrics,
            curves={"accuracy": points} if points else {},
            not_finite=frozenset({"accuracy"} if bad else ()),
            exit=Exit(clock(ended_at), code, cause, final) if ended_at <= time else None,
            limit=self.limit,
            stopping=self.asked is not None,
        )


class AttentiveSampler(Sampler):
    """Random search whose every draw depends on all that it was told: it tells requests apart."""

    description = "for tests"

    def propose(self, request: Request) -> Response:
        known = [
            (sorted(each.configuration.items()), each.values, each.constraints, each.duration)
            for each in request.history
        ]
        pending = [sorted(configuration.items()) for configuration in request.pending]
        asked = request.state.get("asked", 0)
        rng = Random(repr((known, pending, request.count, request.seed, asked, request.drawn)))
        units = [[rng.random() for _ in request.space.ordered] for _ in range(request.count)]
        drawn = [request.space.configuration(each) for each in units]
        suggestions = [Suggestion(configuration, Proposal(sampler="attentive")) for configuration in drawn]
        return Response(suggestions, {"asked": asked + 1 if isinstance(asked, int) else 0})


Script = Callable[[AttemptKey, int], Fate]
"""What becomes of an attempt, given how long one may take at most to end when asked."""


def all_well(key: AttemptKey, grace: int) -> Fate:
    """Every attempt completes; later trials are better."""
    return Fate(value=int(key.trial.rsplit("-", 1)[1]) / 100)


def random_script(seed: int) -> Script:
    """Every way an attempt can go, by chance; the same for the same attempt.

    None ends at the moment at which it is begun or asked to: so a home that is cut off there sees the same as
    one that is not.
    """

    def fate(key: AttemptKey, grace: int) -> Fate:
        rng = Random(f"{seed} {key}")
        common = Fate(
            waits=rng.choice([0, 0, 0, 700, 20_000]),
            runs=rng.randrange(1, 40_000),
            reports=rng.randrange(1, 4),
            value=rng.randrange(100) / 100,
            takes=rng.choice([1, grace // 2, grace]),
            asked_code=rng.choice([143, 143, 143, -9, 0]),
            final=rng.choice([True, True, None]),
            sized=rng.random() < 0.9,
        )
        ways: list[dict[str, Any]] = [
            {"not_finite": True, "code": rng.choice([0, 1])},
            {"reports": 0},
            {"runs": NEVER},
            {"waits": 700, "cause": Cause.CANNOT_START},
            {"code": 0, "final": False},
            *({"code": code, "final": False} for code in (1, 12, 13, 143, -15, 137, -9, None)),
            *({"code": None, "cause": cause, "final": None} for cause in (Cause.DISRUPTED, Cause.LOST)),
            *({"code": -9, "cause": cause} for cause in (Cause.OUT_OF_MEMORY, Cause.DISK_FULL)),
            {"code": 0, "cause": Cause.DISRUPTED},
        ]
        return replace(common, **rng.choice(ways)) if rng.random() < 0.5 else common

    return fate


def greedy_script(seed: int) -> Script:
    """Attempts that take all they are given: most run until they are ended, and take their time then."""

    def fate(key: AttemptKey, grace: int) -> Fate:
        rng = Random(f"{seed} {key}")
        runs = NEVER if rng.random() < 0.9 else rng.randrange(1, 20_000)
        return Fate(runs=runs, takes=grace + 1_000, value=rng.random())

    return fate


@dataclass
class Simulation:
    """A study, its objects, its living attempts, and the home that looks after them.

    Attributes:
        study, trials, processes: what outlives the home: its store, and what runs.
        script: what becomes of the attempts.
        sampler: whom to ask; an exception to raise instead.
        gpus: how many GPUs an attempt holds.
        time: the true time; the home's clock shows it plus `offset`.
        instant: whether the sampler answers at once, else only by `answer`.
        twice: whether every action is carried out twice.
        cuts: the steps, counted from 1, before which the home is cut off, in their order.
        down_for: for how long it is down then.
    """

    study: HyperparameterStudy
    script: Script = all_well
    sampler: Sampler | Exception = field(default_factory=lambda: RandomSampler(NoSettings()))
    gpus: int = 0
    instant: bool = True
    twice: bool = False
    cuts: list[int] = field(default_factory=list)
    down_for: int = 0
    time: int = START
    trials: dict[str, Trial] = field(default_factory=dict)
    processes: dict[AttemptKey, Process] = field(default_factory=dict)
    question: Propose | None = None
    obstacle: Obstacle | None = None
    steps: int = 0
    proposals: int = 0

    def __post_init__(self) -> None:
        self._offsets = [(0, 0)]
        self.ever: dict[str, Trial] = {}
        self.failed: set[str] = set()
        self.remains: dict[AttemptKey, Process] = {}
        self.graveyard: list[tuple[Trial, list[Execution], int]] = []
        self.gpu_time_before = 0
        self.active_time = 0
        self.gpu_slack = 0
        self.wall_slack = 0
        self.older: set[AttemptKey] = set()
        self.clock_was_set = False
        self.most_attempts = self.budget.max_attempts
        self.attempts_begun: list[AttemptKey] = []
        self.restart()

    # What outlives the home

    @property
    def now(self) -> int:
        """What the clock shows."""
        return self.clock(self.time)

    def clock(self, time: int) -> int:
        """What the clock showed at a time."""
        return time + next(offset for since, offset in reversed(self._offsets) if since <= time)

    def set_clock(self, by: int) -> None:
        """Someone sets the clock."""
        self._offsets.append((self.time, self._offsets[-1][1] + by))
        self.clock_was_set = True

    @property
    def grace(self) -> int:
        assert self.study.spec.trial is not None
        return self.study.spec.trial.grace_period * 1000

    @property
    def budget(self) -> Any:
        return self.study.spec.budget

    @property
    def living(self) -> list[Process]:
        return [process for process in self.processes.values() if process.end > self.time]

    def gpu_time(self) -> int:
        """GPU time that was really used, by whatever is or was there."""
        running = sum(process.used(self.time) for process in self.processes.values())
        return self.gpu_time_before + running * self.gpus

    def _bury(self, process: Process) -> None:
        self.gpu_time_before += process.used(self.time) * self.gpus
        self.remains[process.key] = self.processes.pop(process.key)

    def executions(self) -> list[Execution]:
        """What can be seen of attempts, of those whose end is recorded too: a Job stays for a while."""
        processes = [*self.processes.values(), *self.remains.values()]
        return [process.execution(self.time, self.gpus, self.clock) for process in processes]

    # What people do

    def suspend(self, suspended: bool = True) -> None:
        """The user suspends the study, or resumes it."""
        self._edit(self.study.spec.model_copy(update={"suspend": suspended}))

    def cancel(self, cancelled: bool = True) -> None:
        """The user cancels the study, or takes it back."""
        self._edit(self.study.spec.model_copy(update={"cancel": cancelled}))

    def edit(self, **budget: Any) -> None:
        """The user edits the budget."""
        self._edit(self.study.spec.model_copy(update={"budget": self.budget.model_copy(update=budget)}))

    def _edit(self, spec: StudySpec) -> None:
        metadata = self.study.metadata.model_copy(update={"generation": self.study.metadata.generation + 1})
        self.study = self.study.model_copy(update={"spec": spec, "metadata": metadata})
        self.most_attempts = max(self.most_attempts, self.budget.max_attempts)
        self.older = {process.key for process in self.living}
        self._grant_grace()
        self.state.study_changed(self.study)

    def _grant_grace(self) -> None:
        """What runs when a budget is lowered has its grace period, from when the home can ask it to stop."""
        held = self.gpus * len(self.living) * (self.grace + 1_000)
        self.gpu_slack = max(self.gpu_slack, self.gpu_time() + held)
        self.wall_slack = max(self.wall_slack, self.active_time + self.grace + 1_000)

    def obstruct(self, obstacle: Obstacle | None) -> None:
        """Something keeps attempts from beginning, or nothing does any more."""
        self.obstacle = obstacle
        self.state.obstructed(obstacle)

    def delete(self, name: str) -> None:
        """The user deletes a Trial: what runs of it is gone with it.

        The home is at work, and writes that it noticed: of what is deleted while it is down, only what stood
        in the high-water mark is known.
        """
        self.cuts = []
        self.settle()
        executions = [each for each in self.executions() if each.key.trial == name]
        self.graveyard.append((self.trials.pop(name), executions, self.now))
        for process in [process for process in self.processes.values() if process.key.trial == name]:
            self._bury(process)
        self.remains = {key: process for key, process in self.remains.items() if key.trial != name}
        self.state.trial_gone(name, self.now)
        self.settle()

    # The home

    def restart(self) -> None:
        """The home begins, or begins again after a crash: it knows its objects, and what runs."""
        self.question = None
        self.state = State.of(self.study, self.trials.values(), self.executions(), gpus=self.gpus)
        self.state.obstructed(self.obstacle)

    def settle(self) -> Plan:
        """Plan and act until there is nothing more to do now; if the home is cut off, it begins again."""
        while True:
            try:
                return self._settle()
            except Crash:
                del self.cuts[0]
                self.sleep(self.down_for)

    def _settle(self) -> Plan:
        for _ in range(ROUNDS):
            for execution in self.executions():
                self.state.execution_changed(execution)
            if self.instant:
                self.answer()
            decided = plan(self.state, self.now)
            for action in decided.actions:
                self._carry_out(action)
                if self.twice:
                    self._carry_out(action)
            self._write_status(decided.status)
            if not decided.actions:
                return decided
        raise AssertionError(f"no end of rounds: {decided.actions}")

    def answer(self) -> None:
        """The sampler answers, if it was asked."""
        if self.question is None:
            return
        question, self.question = self.question, None
        if isinstance(self.sampler, Exception):
            self.state.sampler_failed(str(self.sampler))
            return
        self.state.sampler_answered(self.respond(question.request))

    def respond(self, request: Request) -> Response:
        assert isinstance(self.sampler, Sampler)
        return propose(self.sampler, request)

    def _step(self) -> None:
        self.steps += 1
        if self.cuts and self.steps >= self.cuts[0]:
            raise Crash

    def _write_status(self, status: StudyStatus) -> None:
        if status == self.study.status:
            return
        self._step()
        before = self.study.status
        assert status.next_index >= before.next_index
        assert status.charged.gpu_milliseconds >= before.charged.gpu_milliseconds
        assert status.charged.failed_trials >= before.charged.failed_trials
        assert status.departed.gpu_milliseconds >= before.departed.gpu_milliseconds
        assert status.departed.failed_trials >= before.departed.failed_trials
        self.study = self.study.model_copy(update={"status": status})
        self._step()
        self.state.study_changed(self.study)

    def _carry_out(self, action: Action) -> None:
        self._step()
        match action:
            case CreateTrial(trial):
                self._create(trial)
                self._step()
                self.state.trial_changed(trial)
            case RecordTrial(trial):
                self._record(trial)
                self._step()
                self.state.trial_changed(trial)
            case StartAttempt(trial, key, limit):
                process = self._begin(trial, key, limit)
                self._step()
                self.state.execution_changed(process.execution(self.time, self.gpus, self.clock))
            case StopAttempt(key):
                process = self._ask(key)
                self._step()
                self.state.execution_changed(process.execution(self.time, self.gpus, self.clock))
            case Propose():
                self.question = action
                self.proposals += 1
                self._step()
                self.state.sampler_asked(action)

    def _create(self, trial: Trial) -> None:
        known = self.ever.setdefault(trial.name, trial)
        assert known.spec == trial.spec, "a name means one trial"
        if trial.spec.purpose is not Purpose.FINAL_TEST:
            assert trial.name not in [gone.name for gone, *_ in self.graveyard], "deleted, and made again"
            assert trial.spec.index < self.budget.max_trials
            same_index = [t for t in self.ever.values() if t.spec.index == trial.spec.index]
            assert sum(t.spec.purpose is not Purpose.FINAL_TEST for t in same_index) == 1
            others = [t.spec for t in self.trials.values() if t.name != trial.name and not t.spec.source]
            assert trial.spec.parameters not in [spec.parameters for spec in others], "tried before"
        self.trials.setdefault(trial.name, trial)

    def _record(self, trial: Trial) -> None:
        before = self.trials[trial.name]
        assert before.spec == trial.spec
        if before.status.state.terminal:
            assert trial == before, "a terminal trial never changes"
        assert (trial.status.completion_order is not None) == trial.status.state.terminal
        attempts = trial.status.attempts
        assert attempts[: len(before.status.attempts)] == before.status.attempts
        assert [attempt.number for attempt in attempts] == list(range(1, len(attempts) + 1))
        interrupted = sum(attempt.outcome is Outcome.INTERRUPTED for attempt in attempts)
        assert interrupted <= self.most_attempts
        self.trials[trial.name] = trial
        if trial.status.state is TrialState.FAILED and trial.spec.purpose is not Purpose.FINAL_TEST:
            self.failed.add(trial.name)
        for attempt in attempts:
            process = self.processes.get(AttemptKey(trial.name, attempt.number))
            if process is not None:
                assert process.end <= self.time, "recorded as ended, and still running"
                assert attempt.gpu_milliseconds == process.used(self.time) * self.gpus or self.clock_was_set
                self._bury(process)

    def _begin(self, trial: Trial, key: AttemptKey, limit: int | None) -> Process:
        stored = self.trials[trial.name]
        assert not stored.status.state.terminal
        assert key.number == len(stored.status.attempts) + 1, "each attempt is begun once"
        if key not in self.processes:
            assert len(self.living) < self.budget.parallelism
            allowed = self.budget.max_failed_trials
            # A study that has reached its target has not failed, whatever else did.
            complete = self.state.tally.target_reached and trial.spec.purpose is Purpose.FINAL_TEST
            assert complete or allowed is None or len(self.failed) <= allowed
            assert not self.study.spec.suspend
            assert self.obstacle is None
            assert not self.study.spec.cancel
            self.attempts_begun.append(key)
            fate = self.script(key, self.grace)
            self.processes[key] = Process(key, fate, limit, self.time)
        return self.processes[key]

    def _ask(self, key: AttemptKey) -> Process:
        stop = self.trials[key.trial].status.stop
        assert stop is not None
        assert stop.attempt == key.number, "a request is recorded before it is made"
        process = self.processes[key]
        if process.asked is None:
            process.asked = self.time
        return process

    # Time

    def next_event(self, wake_at: int | None) -> int | None:
        """When something happens by itself next."""
        times = [wake_at - self._offsets[-1][1]] if wake_at is not None else []
        for process in self.processes.values():
            fate = process.fate
            reports = [process.start + fate.reported_after(number) for number in range(1, fate.reports + 1)]
            times += [process.start, process.end, *reports]
        return min((time for time in times if self.time < time < NEVER), default=None)

    def advance(self, by: int) -> Plan:
        """Let time pass, with the home at work."""
        until = self.time + by
        decided = self.settle()
        while (event := self.next_event(decided.wake_at)) is not None and event <= until:
            self._pass(event)
            decided = self.settle()
        self._pass(until)
        return self.settle()

    def sleep(self, by: int) -> None:
        """Let time pass with the home down, and start it again.

        What was begun under another budget, and what began to wait for its place, may exceed the budget until
        the home is there again: the one has an old limit, and the other's limit counts from its start.
        """
        older = any(process.key in self.older for process in self.living)
        late = any(process.start > self.time for process in self.living)
        self._pass(self.time + by, gpu_checked=not older, wall_checked=not (older or late))
        if older or late:
            self._grant_grace()
        self.restart()

    def _pass(self, until: int, *, gpu_checked: bool = True, wall_checked: bool = True) -> None:
        until = max(until, self.time)
        if self.study.status.phase in (Phase.RUNNING, Phase.TESTING):
            self.active_time += until - self.time
        self.time = until
        if self.clock_was_set:
            return
        # No budget of time is exceeded: GPU time by what was really used, wall-clock time by what runs.
        hours, duration = self.budget.max_gpu_hours, self.budget.max_duration
        if gpu_checked and hours is not None and self.gpus:
            assert self.gpu_time() <= max(hours * 3_600_000, self.gpu_slack)
        if wall_checked and duration is not None:
            running = any(process.start <= self.time for process in self.living)
            assert not running or self.active_time <= max(duration * 1000, self.wall_slack)

    def run(self) -> Phase:
        """Let time pass until the study is over."""
        for _ in range(3_000):
            decided = self.settle()
            phase = decided.status.phase
            if phase.terminal:
                assert not self.living
                assert not any(not trial.status.state.terminal for trial in self.trials.values())
                return phase
            event = self.next_event(decided.wake_at)
            if event is None:
                assert self.question is not None, f"{phase}, and nothing will ever happen"
                self.answer()
            else:
                self._pass(event)
        raise AssertionError("no end")

    # What must hold whenever nothing more is to be done

    def check(self) -> None:
        """A plan without change does nothing, the fold equals a rebuild, and the order of ends is one."""
        self.settle()
        again = plan(self.state, self.now)
        assert again.actions == ()
        assert again.status == self.study.status
        if again.status.phase.terminal:
            assert plan(self.state, self.now + 10**9) == again
        rng = Random(self.steps)
        rebuilt, refolded = self._rebuilt(rng), self._refolded(rng)
        if again.status.phase.terminal:
            assert plan(rebuilt, self.now) == again
        for other in (rebuilt, refolded):
            for name, value in aggregates(self.state).items():
                assert aggregates(other)[name] == value, name
            # What the sampler is at is in no object, nor what it has said while the study is not over.
            other.asked, other.used_up = self.state.asked, self.state.used_up
            other.sampler_error = self.state.sampler_error
        refolded.obstructed(self.obstacle)
        for other in (rebuilt, refolded):
            assert plan(other, self.now) == again
        if not self.clock_was_set:
            assert gpu_time(self.state, self.now) == self.gpu_time()
        self._check_order()
        assert self.state.next_index >= len([t for t in self.ever.values() if not t.spec.source])

    def _check_order(self) -> None:
        ended = [
            trial.status.completion_order for trial in self.trials.values() if trial.status.state.terminal
        ]
        assert None not in ended
        if self.graveyard:
            assert len(set(ended)) == len(ended)
        else:
            assert sorted(order for order in ended if order is not None) == list(range(len(ended)))

    def _rebuilt(self, rng: Random) -> State:
        trials, executions = list(self.trials.values()), self.executions()
        return State.of(
            self.study,
            rng.sample(trials, len(trials)),
            rng.sample(executions, len(executions)),
            gpus=self.gpus,
        )

    def _refolded(self, rng: Random) -> State:
        """A state that was told of the objects one by one, in any order; attempts after their trials."""
        unknown = self.study.model_copy(update={"status": StudyStatus()})
        state = State.of(unknown, gpus=self.gpus)
        for trial, executions, at in self.graveyard:
            state.trial_changed(trial)
            for execution in executions:
                state.execution_changed(execution)
            state.trial_gone(trial.name, at)
        for trial in rng.sample(list(self.trials.values()), len(self.trials)):
            if rng.random() < 0.5:
                state.trial_changed(self.ever[trial.name])
            state.trial_changed(trial)
        for execution in rng.sample(self.executions(), len(self.processes) + len(self.remains)):
            state.execution_changed(execution)
        state.study_changed(self.study)
        return state

    def check_replay(self) -> None:
        """Every proposal can be made again from what its Trial recorded of it."""
        for trial in self.trials.values():
            proposal = trial.spec.proposal
            if proposal.inputs is not None:
                response = self.respond(self._request(proposal.inputs))
                again = response.suggestions[proposal.inputs.position]
                assert again.configuration == trial.spec.parameters
                assert response.state == proposal.state

    def _request(self, inputs: ProposalInputs) -> Request:
        """The request that recorded inputs stand for, from the objects alone."""
        spec = self.study.spec
        searched = [trial for trial in self.trials.values() if not trial.spec.source]
        known = [(t.status.completion_order, t) for t in searched if t.status.completion_order is not None]
        known = sorted((order, t) for order, t in known if order < inputs.completed)
        pending = {trial.spec.index: trial.spec.parameters for trial in searched}
        whole = SearchSpace(spec.parameters)
        return Request(
            space=self._part(whole, inputs.stage),
            objectives=spec.objectives,
            history=History(told(t, spec) for _, t in known),
            pending=[pending[index] for index in inputs.pending],
            count=inputs.count,
            seed=spec.algorithm.seed,
            state=inputs.state,
            drawn=inputs.drawn,
            constraints=spec.constraints,
            whole=whole if spec.stages else None,
        )

    def _part(self, whole: SearchSpace, stage: int) -> SearchSpace:
        """What a stage searches, from the trials before its first one."""
        spec = self.study.spec
        if not spec.stages:
            return whole
        searched = [trial for trial in self.trials.values() if not trial.spec.source]
        first = min((trial.spec.index for trial in searched if trial.stage == stage), default=0)
        before = [trial for trial in searched if trial.spec.index < first]
        known = [trial for trial in before if values_told(trial, spec) is not None]
        best = best_of(known, spec)
        incumbent = Incumbent(best.spec.parameters, len(known)) if stage and best else Incumbent()
        return part_of(whole, spec.stages[stage], incumbent, trainer_defaults(spec)).space


def values_told(trial: Trial, spec: StudySpec) -> tuple[float, ...] | None:
    """What the sampler is told of a trial that has ended."""
    values = trial.status.objectives
    if trial.status.state is TrialState.FAILED or any(o.metric not in values for o in spec.objectives):
        return None
    return tuple(values[o.metric] for o in spec.objectives)


def best_of(trials: Sequence[Trial], spec: StudySpec) -> Trial | None:
    """The best feasible trial, else the one nearest to feasible; of equal ones the earliest.

    The second objective is never better where the first is.
    """

    def standing(trial: Trial) -> tuple[float, float, int]:
        broken = total_violation(spec.constraints, told(trial, spec).constraints)
        return broken, 0 if broken else -trial.status.objectives["accuracy"], trial.spec.index

    best = min(map(standing, trials), default=None)
    if best is None or math.isinf(best[0]):
        return None
    return next(trial for trial in trials if trial.spec.index == best[2])


def told(trial: Trial, spec: StudySpec) -> Evaluated:
    """All that it is told of it."""
    values, status = values_told(trial, spec), trial.status
    if values is None:
        return Evaluated(trial.spec.parameters, None)
    metrics = [status.metrics.get(constraint.metric) for constraint in spec.constraints]
    ran = [a.ended_at - a.started_at for a in status.attempts if a.started_at is not None and a.ended_at]
    return Evaluated(
        trial.spec.parameters,
        values,
        tuple(None if metric is None else metric.last for metric in metrics),
        sum(max(0, span) for span in ran) / 1000 if ran else None,
    )


def aggregates(state: State) -> dict[str, Any]:
    """All that follows from the objects of a study."""
    tally = state.tally
    return {
        "trials": state.trials,
        "executions": state.executions,
        "open": state.open,
        "charges": state.charges,
        "departed": state.departed,
        "next_index": state.next_index,
        "newest": state.newest,
        "initial": state.initial,
        "stage_starts": state.stage_starts,
        "history": list(tally.history),
        "front": tally.ranking.front,
        "infeasible": tally.ranking.infeasible,
        "nearest": tally.ranking.nearest,
        "counts": dict(tally.counts),
        "names": tally.names,
        "tests": tally.tests,
        "default": tally.default,
        "target_reached": tally.target_reached,
        "shortest": tally.shortest,
        "longest": tally.longest,
        "next_order": tally.next_order,
    }
