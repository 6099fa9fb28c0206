"""Where a local study's facts are: one SQLite database in the study's folder."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from tunewright.api.problems import InvalidInput, Problem
from tunewright.api.study import HyperparameterStudy
from tunewright.api.trial import Trial
from tunewright.engine.facts import AttemptKey
from tunewright.local.disk import Ballast
from tunewright.local.filesystem import require_local
from tunewright.local.shim import exclusive_lock

DATABASE = "study.db"
VERSION = 1

Curves = Mapping[str, Sequence[tuple[int, float]]]
"""`(step, value)` by metric."""

# Every trial is written before anything of it runs. Should the machine lose power, a commit that was answered must
# still be there, or a trial's folder would be taken for another trial's of the same name: hence synchronous = FULL.
_SETTINGS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA busy_timeout = 10000")
_SCHEMA = (
    "CREATE TABLE study (id INTEGER PRIMARY KEY CHECK (id = 1), document TEXT NOT NULL, seen_at INTEGER NOT NULL)",
    "CREATE TABLE trials (name TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID",
    'CREATE TABLE attempts (trial TEXT, number INTEGER, "limit" INTEGER, PRIMARY KEY (trial, number)) WITHOUT ROWID',
    "CREATE TABLE curves (trial TEXT, number INTEGER, document TEXT NOT NULL, PRIMARY KEY (trial, number))",
    f"PRAGMA user_version = {VERSION}",
)


class StoreFullError(Exception):
    """The disk has no room left for what happens; what was written before is safe."""


@dataclass(frozen=True)
class StoredStudy:
    """The study as last written, and when, in milliseconds since the Unix epoch."""

    study: HyperparameterStudy
    seen_at: int


@dataclass(frozen=True)
class AttemptRecord:
    """An attempt whose end is not recorded yet; `limit` is its run time at most, in milliseconds."""

    key: AttemptKey
    limit: int | None


class Store(AbstractContextManager["Store"]):
    """Open by `Store.open` for the one process that runs the study, or by `Store.read`."""

    def __init__(self, connection: sqlite3.Connection, directory: Path, lock: int | None) -> None:
        self._connection = connection
        self._directory = directory
        self._lock = lock
        self._ballast = Ballast(directory / "ballast")

    @classmethod
    def open(cls, directory: Path) -> Self:
        """The store in `directory`, made where there is none; nobody else can open it until it is closed.

        Raises:
            InvalidInput: the folder cannot be used, holds something else, or is in use.
        """
        require_local(directory)
        with _explained(directory):
            directory.mkdir(parents=True, exist_ok=True)
            lock = _locked(directory)
            connection = sqlite3.connect(directory / DATABASE, isolation_level=None)
            _check_version(connection, directory)
            for setting in _SETTINGS:
                connection.execute(setting)
            store = cls(connection, directory, lock)
            if not _version(connection):
                store.write(lambda: [connection.execute(statement) for statement in _SCHEMA])
            store._ballast.load()
        return store

    @classmethod
    def read(cls, directory: Path) -> Self:
        """The store in `directory`, to be read only, also while a study runs.

        Raises:
            InvalidInput: there is none, or it cannot be read.
        """
        path = (directory / DATABASE).absolute()
        if not path.is_file():
            raise InvalidInput([Problem("", f"holds no study: there is no {DATABASE}")], str(directory))
        with _explained(directory):
            connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)
            _check_version(connection, directory)
        return cls(connection, directory, None)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        if self._lock is not None:
            os.close(self._lock)

    def write(self, change: Callable[[], object]) -> None:
        """Carry out `change`, which calls the `put` and `drop` methods; all of it is written, or nothing.

        Raises:
            StoreFullError: the disk is full, even with the ballast gone.
        """
        try:
            self._transact(change)
        except sqlite3.OperationalError as error:
            if not _is_full(error):
                raise
            self._ballast.drop()
            try:
                self._transact(change)
            except sqlite3.OperationalError as again:
                raise StoreFullError(f"{self._directory}: the disk is full; make room, then run the same command") from again

    def _transact(self, change: Callable[[], object]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            change()
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def put_study(self, study: HyperparameterStudy, seen_at: int) -> None:
        """Write the study, and that it was alive at `seen_at`."""
        self._connection.execute(
            "INSERT OR REPLACE INTO study (id, document, seen_at) VALUES (1, ?, ?)", (_text(study), seen_at)
        )

    def put_trial(self, trial: Trial) -> None:
        """Write a trial, new or changed."""
        self._connection.execute("INSERT OR REPLACE INTO trials VALUES (?, ?)", (trial.name, _text(trial)))

    def put_attempt(self, record: AttemptRecord) -> None:
        """Write that an attempt begins."""
        self._connection.execute("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?)", (*record.key, record.limit))

    def drop_attempt(self, key: AttemptKey) -> None:
        """An attempt's end is recorded in its trial."""
        self._connection.execute("DELETE FROM attempts WHERE trial = ? AND number = ?", key)

    def put_curves(self, key: AttemptKey, curves: Curves) -> None:
        """Write what an attempt reported."""
        self._connection.execute("INSERT OR REPLACE INTO curves VALUES (?, ?, ?)", (*key, json.dumps(curves)))

    def stored(self) -> StoredStudy | None:
        """The study as it was last written; None in a new store."""
        with _explained(self._directory):
            if not _version(self._connection):
                return None
            row = self._connection.execute("SELECT document, seen_at FROM study").fetchone()
            return None if row is None else StoredStudy(HyperparameterStudy.model_validate_json(row[0]), row[1])

    def trials(self) -> list[Trial]:
        """All trials, in the order of their names."""
        with _explained(self._directory):
            rows = self._connection.execute("SELECT document FROM trials ORDER BY name").fetchall()
            return [Trial.model_validate_json(document) for (document,) in rows]

    def attempts(self) -> list[AttemptRecord]:
        """The attempts that have begun and whose end is not recorded."""
        rows = self._connection.execute('SELECT trial, number, "limit" FROM attempts ORDER BY trial, number').fetchall()
        return [AttemptRecord(AttemptKey(trial, number), limit) for trial, number, limit in rows]

    def curves(self) -> dict[str, Curves]:
        """What the trials reported, by trial: where a later attempt went over the same steps, it counts."""
        result: dict[str, dict[str, list[tuple[int, float]]]] = {}
        rows = self._connection.execute("SELECT trial, document FROM curves ORDER BY trial, number")
        for trial, document in rows:
            curves = result.setdefault(trial, {})
            for metric, points in json.loads(document).items():
                first = points[0][0] if points else 0
                earlier = [point for point in curves.get(metric, []) if point[0] < first]
                curves[metric] = [*earlier, *((step, value) for step, value in points)]
        return {trial: dict(curves) for trial, curves in result.items()}


def _text(model: HyperparameterStudy | Trial) -> str:
    return json.dumps(model.document(), ensure_ascii=False, allow_nan=False)


def _locked(directory: Path) -> int:
    path = directory / "lock"
    lock = exclusive_lock(path)
    if lock is None:
        holder = path.read_text(errors="replace").strip()
        message = f"is in use by another tunewright (process {holder}); wait for it, or choose another --dir"
        raise InvalidInput([Problem("", message)], str(directory))
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def _check_version(connection: sqlite3.Connection, directory: Path) -> None:
    version = _version(connection)
    if version in (0, VERSION):  # 0: made a moment ago
        return
    message = f"was written by another version of Tunewright (schema {version}, this one has {VERSION})"
    raise InvalidInput([Problem("", message)], str(directory))


def _is_full(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


@contextmanager
def _explained(directory: Path) -> Iterator[None]:
    """What is wrong with the folder or with what it holds, as one line."""
    try:
        yield
    except OSError as error:
        message = f"cannot be used as a study's folder: {error.strerror}"
    except (sqlite3.DatabaseError, ValidationError, ValueError) as error:
        first = str(error).splitlines()[0]
        message = f"{DATABASE} is damaged or not Tunewright's ({first}); choose another --dir"
    else:
        return
    raise InvalidInput([Problem("", message)], str(directory))
