"""The attempts of one study, as Jobs and pods: started, stopped, and told to the engine as executions."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress

from tunewright.api.base import parse_time
from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Trial, TrialState
from tunewright.api.trial_definition import MetricsSource
from tunewright.cluster.api_error import AlreadyExists
from tunewright.cluster.executions import GONE, execution_of, pod_of
from tunewright.cluster.gateway import CLAIMS, JOBS, PODS, Gateway, Kind, Object
from tunewright.cluster.job_defaults import JobDefaults
from tunewright.cluster.jobs import claim_of, gpus_of, job_of
from tunewright.cluster.labels import ATTEMPT, LIMIT, TRIAL, owner_uid
from tunewright.cluster.observer import Observer
from tunewright.cluster.pod_spec import metrics_container_of
from tunewright.cluster.pod_status import ended, started_at
from tunewright.cluster.waiting import Waiting
from tunewright.engine.facts import AttemptKey, Execution, Obstacle
from tunewright.engine.naming import job_name
from tunewright.metrics.readings import NONE, Readings

REFRESH_EVERY = 5_000
"""How often attempts are looked at again though nothing came, in milliseconds: their readings change."""


class Attempts:
    """The attempts that have begun and are not recorded.

    Args:
        study: whose they are.
        gateway: the API server.
        observer: what reads the pods' metrics.
        defaults: what the operator adds to Jobs.
        clock: milliseconds since the Unix epoch.
    """

    def __init__(
        self,
        study: HyperparameterStudy,
        gateway: Gateway,
        observer: Observer,
        defaults: JobDefaults,
        clock: Callable[[], int],
    ) -> None:
        assert study.spec.trial is not None
        self._namespace = study.metadata.namespace
        self._study = study
        self._gateway = gateway
        self._observer = observer
        self._defaults = defaults
        self._clock = clock
        self._container = metrics_container_of(study)
        self._metrics = study.spec.trial.metrics
        self._judging = study.spec.judging
        self.gpus = gpus_of(study, defaults)
        self._begun: dict[AttemptKey, int | None] = {}  # with their limits
        self._jobs: dict[AttemptKey, Object] = {}
        self._job_uids: dict[AttemptKey, str] = {}
        self._pods: dict[AttemptKey, dict[str, Object]] = {}
        self._stopping: set[AttemptKey] = set()
        self._changed: set[AttemptKey] = set()
        self._refreshed_at = 0
        self._over: dict[AttemptKey, Object] = {}
        self._waiting = Waiting(gateway, self._namespace)

    def take_up(self, trials: Mapping[str, Trial], jobs: Iterable[Object], pods: Iterable[Object]) -> None:
        """Go on with what an earlier operator began; `trials` are all of the study, by name."""
        uids = {trial.metadata.uid for trial in trials.values()}
        ours = [job for job in jobs if _key_of_job(job) is not None and owner_uid(job) in uids]
        found = {job["metadata"]["uid"]: job for job in ours}
        for job in found.values():
            self.job_changed(job, trials)
        for pod in pods:
            self.pod_changed(pod)
            key, owner = _key(pod), owner_uid(pod)
            if key is not None and key not in self._begun and owner in found and _unfinished(pod):
                self._over[key] = found[owner]
        for trial in trials.values():
            if trial.status.state.terminal:
                continue
            key = AttemptKey(trial.name, len(trial.status.attempts) + 1)
            began = trial.status.state is TrialState.RUNNING or trial.status.stop is not None
            if began and key not in self._begun:
                self._begun[key] = None  # it is gone, and nobody has seen it end
                self._changed.add(key)

    def job_changed(self, job: Object, trials: Mapping[str, Trial], *, deleted: bool = False) -> None:
        """A Job as it is now, or was last; `trials` are all of the study, by name."""
        key = _key_of_job(job)
        if key is None:
            return
        trial = trials.get(key.trial)
        if trial is None or owner_uid(job) != trial.metadata.uid:
            return  # somebody's, or an older study's of this name, and not ours to end
        recorded = any(each.number == key.number for each in trial.status.attempts)
        if trial.status.state.terminal or recorded:
            # A Job whose creation took so long that its trial ended without it: nobody waits for it.
            if not deleted and (not recorded or job["spec"].get("suspend")):
                self._over[key] = job
            return
        self._job_uids[key] = job["metadata"]["uid"]
        self._begun.setdefault(key, _limit(job))
        if deleted:
            self._jobs.pop(key, None)
        else:
            self._jobs[key] = job
            if "deletionTimestamp" in job["metadata"] and trial.status.stop is not None:
                self._stopping.add(key)
        self._changed.add(key)

    def pod_changed(self, pod: Object, *, deleted: bool = False) -> None:
        """A pod as it is now, or was last."""
        key = _key(pod)
        if key is None or key not in self._begun or owner_uid(pod) != self._job_uids.get(key, owner_uid(pod)):
            return
        # One that is gone stays as it was seen last: its end may be the last thing that was seen.
        self._pods.setdefault(key, {})[pod["metadata"]["name"]] = {**pod, GONE: True} if deleted else pod
        self._changed.add(key)

    def executions(self) -> Iterator[Execution]:
        """Those that may have changed since the last call.

        Raises:
            ApiError: a log cannot be read now; what was not given out comes with the next call.
        """
        now = self._clock()
        if now - self._refreshed_at >= REFRESH_EVERY:
            self._refreshed_at = now
            self._changed.update(self._begun)
        for key in sorted(self._changed):
            if key in self._begun:
                yield self._execution(key, now)
            self._changed.discard(key)

    @property
    def refresh_at(self) -> int | None:
        """When `executions` has more to tell though nothing changed; None: not before something does."""
        return self._refreshed_at + REFRESH_EVERY if self._pods else None

    def start(self, trial: Trial, trial_uid: str, key: AttemptKey, limit: int | None) -> Execution:
        """Begin an attempt; one that has been begun is adopted.

        Raises:
            ApiError: the API server does not let it.
            TakenError: something else has its name.
        """
        claim = claim_of(self._study, trial, trial_uid)
        if claim is not None:
            adopt_or_create(self._gateway, CLAIMS, claim, trial_uid)
        job = adopt_or_create(
            self._gateway,
            JOBS,
            job_of(self._study, trial, key.number, limit, self._defaults, trial_uid),
            trial_uid,
        )
        self.job_changed(job, {trial.name: trial})
        return self._execution(key, self._clock())

    def rehearse(self, trial: Trial) -> None:
        """Have the API server check an attempt's Job, and do no more.

        Raises:
            ApiError: it refuses it.
        """
        job = job_of(self._study, trial, 1, None, self._defaults, self._study.metadata.uid)
        with suppress(AlreadyExists):  # what has its name is found out when it is to be made
            self._gateway.create(JOBS, self._namespace, job, dry_run=True)

    def stop(self, key: AttemptKey) -> Execution:
        """Ask an attempt to end."""
        self._stopping.add(key)
        job = self._jobs.get(key)
        if job is not None:
            metadata = job["metadata"]
            self._gateway.delete(JOBS, self._namespace, metadata["name"], metadata["uid"])
        return self._execution(key, self._clock())

    def recorded(self, trial: Trial) -> bool:
        """Forget those whose end stands in the trial now; whether there was one."""
        keys = [AttemptKey(trial.name, attempt.number) for attempt in trial.status.attempts]
        begun = [key for key in keys if key in self._begun]
        for key in begun:
            self._forget(key)
        return bool(begun)

    def trial_gone(self, name: str) -> None:
        """Forget those of a Trial that was deleted: their Jobs go with it."""
        for key in [key for key in self._begun if key.trial == name]:
            self._forget(key)

    def _forget(self, key: AttemptKey) -> None:
        pods = self._pods.pop(key, {})
        for name in pods:
            self._observer.forget(self._namespace, name)
        job = self._jobs.pop(key, None)
        if job is not None and (job["spec"].get("suspend") or any(map(_unfinished, pods.values()))):
            self._over[key] = job
        for known in (self._begun, self._job_uids):
            known.pop(key, None)
        self._stopping.discard(key)
        self._changed.discard(key)

    def clear_away(self) -> None:
        """Delete the Jobs that could go on though their attempts are over: Kueue lets one that it preempted.

        And those that came about when their trials had ended.

        Raises:
            ApiError: one could not be deleted; the next call tries again.
        """
        while self._over:
            key, job = next(iter(self._over.items()))
            if self._could_go_on(key, job):
                self._gateway.delete(JOBS, self._namespace, job["metadata"]["name"], job["metadata"]["uid"])
            del self._over[key]

    def _could_go_on(self, key: AttemptKey, job: Object) -> bool:
        """Whether a Job may yet run something. Its pods are asked for: news of their end may be late."""
        if _finished(job) or "deletionTimestamp" in job["metadata"]:
            return False
        pods = self._gateway.list(PODS, self._namespace, selector=_selector(key))
        return bool(job["spec"].get("suspend")) or not pods or any(map(_unfinished, pods))

    def close(self) -> None:
        """Read no more metrics."""
        for pods in self._pods.values():
            for name in pods:
                self._observer.forget(self._namespace, name)

    def obstacle(self) -> tuple[Obstacle | None, int | None]:
        """What keeps attempts from running, if anything; and when to look again.

        Raises:
            ApiError: the reason cannot be asked for now.
        """
        not_begun = {}
        for key in sorted(self._begun):
            pod, job = pod_of(self._pods.get(key, {}).values()), self._jobs.get(key)
            if job is None or job["spec"].get("suspend"):  # Kueue has it wait
                continue
            if pod is None or started_at(pod) is None:
                not_begun[key] = (job, pod)
        return self._waiting.obstacle(not_begun, self._clock())

    def _execution(self, key: AttemptKey, now: int) -> Execution:
        execution = self._seen(key, now)
        if key not in self._pods and (execution.exit is not None or _has_run(self._jobs.get(key), now)):
            # News of its pod is late, or came before its Job was known to be ours.
            for pod in self._gateway.list(PODS, self._namespace, selector=_selector(key)):
                self.pod_changed(pod)
            execution = self._seen(key, now)
        return execution

    def _seen(self, key: AttemptKey, now: int) -> Execution:
        pod = pod_of(self._pods.get(key, {}).values())
        return execution_of(
            key,
            self._jobs.get(key),
            pod,
            self._readings(pod),
            sdk=self._metrics.source is MetricsSource.SDK,
            container=self._container,
            gpus=self.gpus,
            limit=self._begun.get(key),
            stopping=key in self._stopping,
            now=now,
        )

    def _watch(self, pod: Object) -> None:
        metrics = self._metrics
        self._observer.watch(pod, self._container, metrics.source, metrics.pattern, self._judging)

    def _readings(self, pod: Object | None) -> Readings:
        if pod is None:
            return NONE
        name = pod["metadata"]["name"]
        if _unfinished(pod) and started_at(pod) is not None:
            self._watch(pod)  # before it is judged: its silence counts from the first look
        elif ended(pod) and GONE not in pod and self._metrics.source is MetricsSource.LOG:
            self._watch(pod)
            self._observer.last_look(self._namespace, name)
        return self._observer.readings(self._namespace, name)


class TakenError(Exception):
    """The name of an object that must be made belongs to somebody else's; the message says which."""


def adopt_or_create(gateway: Gateway, kind: Kind, body: Object, owner: str) -> Object:
    """Create an object, or where it is there already, made for the same owner, take that.

    Raises:
        ApiError: the API server does not let it.
        TakenError: an object of another owner has its name.
    """
    namespace, name = body["metadata"]["namespace"], body["metadata"]["name"]
    try:
        return gateway.create(kind, namespace, body)
    except AlreadyExists:
        found = gateway.get(kind, namespace, name)
    if owner_uid(found) != owner:
        raise TakenError(f"{kind.plural} {name} is there already, and not of this study; rename or delete it")
    return found


def _key(document: Object) -> AttemptKey | None:
    """Of which attempt it is, by its labels; None where they do not say."""
    labels = document["metadata"]["labels"]
    trial, number = labels.get(TRIAL), labels.get(ATTEMPT, "")
    return AttemptKey(trial, int(number)) if trial and number.isdecimal() else None


def _key_of_job(job: Object) -> AttemptKey | None:
    """None too where its name is another: somebody's copy has the labels of what it was copied from."""
    key = _key(job)
    return key if key is not None and job["metadata"]["name"] == job_name(*key) else None


def _selector(key: AttemptKey) -> str:
    return f"{TRIAL}={key.trial},{ATTEMPT}={key.number}"


def _has_run(job: Object | None, now: int) -> bool:
    """Whether a Job has had a pod for a while."""
    status = job.get("status", {}) if job is not None else {}
    started = parse_time(status["startTime"]) if status.get("active") and "startTime" in status else now
    return now - started >= REFRESH_EVERY


def _limit(job: Object) -> int | None:
    limit = job["metadata"].get("annotations", {}).get(LIMIT, "")
    return int(limit) if limit.isdecimal() else None  # users may edit it


def _finished(job: Object) -> bool:
    conditions: Sequence[Object] = job.get("status", {}).get("conditions") or []
    return any(each["type"] in ("Complete", "Failed") and each["status"] == "True" for each in conditions)


def _unfinished(pod: Object) -> bool:
    return GONE not in pod and not ended(pod)
