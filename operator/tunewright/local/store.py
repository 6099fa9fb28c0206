"""A study's facts on this machine: one SQLite database in the study's directory.

Each change is on the disk before it counts (`synchronous=FULL`): an attempt is written down before it begins,
and what it did must not be found under a trial that a power failure took back. With a write-ahead log that is
one `fsync` per transaction, and readers need not wait for the writer.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Self

from pydantic import ValidationError

from tunewright.api.problems import InvalidInput, Problem
from tunewright.api.study import HyperparameterStudy
from tunewright.api.study_status import StudyStatus
from tunewright.api.trial import Trial
from tunewright.engine.facts import AttemptKey
from tunewright.local.disk import BALLAST_SIZE, Ballast
from tunewright.local.filesystem import require_local
from tunewright.local.shim import exclusive_lock
from tunewright.metrics.curves import Point, join

DATABASE = "study.db"

_LOCK = "lock"
_BALLAST = "ballast"
_APPLICATION = int.from_bytes(b"TUNE", "big")
_VERSION = 1
_SCHEMA = (
    "CREATE TABLE study (id INTEGER PRIMARY KEY CHECK (id = 0), document TEXT NOT NULL)",
    "CREATE TABLE status"
    " (id INTEGER PRIMARY KEY CHECK (id = 0), document TEXT NOT NULL, seen_at INTEGER NOT NULL)",
    "CREATE TABLE trials"
    " (name TEXT PRIMARY KEY, idx INTEGER NOT NULL, state TEXT NOT NULL, document TEXT NOT NULL)",
    "CREATE TABLE attempts"
    " (trial TEXT NOT NULL, number INTEGER NOT NULL, run_time INTEGER, device TEXT,"
    " PRIMARY KEY (trial, number))",
    "CREATE TABLE curves"
    " (trial TEXT NOT NULL, attempt INTEGER NOT NULL, document TEXT NOT NULL, PRIMARY KEY (trial, attempt))",
)
_PATIENCE = 10.0


class StoreFullError(Exception):
    """The disk has no room for what is to be recorded; nothing of it was."""


class AttemptRecord(NamedTuple):
    """An attempt that was begun, its end not recorded.

    Attributes:
        key: which one.
        limit: its run time at most, in milliseconds.
        device: the CUDA device that it holds, if any.
    """

    key: AttemptKey
    limit: int | None
    device: str | None


class Stored(NamedTuple):
    """The study as it is stored, last seen alive at `seen_at`, in milliseconds since the Unix epoch."""

    study: HyperparameterStudy
    seen_at: int


class Store:
    """The facts of one study. Models are stored as their JSON; a change of one rewrites no other."""

    def __init__(self, connection: sqlite3.Connection, path: Path, lock: int | None = None) -> None:
        self._connection = connection
        self._path = path
        self._lock = lock
        self._ballast = Ballast(path.with_name(_BALLAST))
        self._written: HyperparameterStudy | None = None

    @classmethod
    def open(cls, directory: Path) -> Self:
        """The store in a directory, made where there is none. Until it is closed no other can be opened.

        Raises:
            InvalidInput: it cannot be used; says why.
            StoreFullError: there is no room for a new one.
        """
        require_local(directory)
        lock = _lock(directory)
        try:
            path = directory / DATABASE
            with _translated(path):
                connection = _connect(path, "rwc")
                _prepare(connection, path)
        except BaseException:
            os.close(lock)
            raise
        return cls(connection, path, lock)

    @classmethod
    def read(cls, directory: Path) -> Self:
        """The store in a directory as it is now, to read from, also while another process writes to it.

        Raises:
            InvalidInput: there is none, or it cannot be read; says why.
        """
        path = directory / DATABASE
        if not path.is_file():
            raise _refused(directory, "no study here; `tunewright run` makes one")
        with _translated(path):
            connection = _connect(path, "ro")
            if not _is_ours(connection, path):
                raise _refused(directory, "no study here; `tunewright run` makes one")
            connection.execute("BEGIN")  # all that is read is of one moment
        return cls(connection, path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let another process have it."""
        self._connection.close()
        if self._lock is not None:
            self._ballast.drop()
            os.close(self._lock)
            self._lock = None

    def write(self, changes: Callable[[], None]) -> None:
        """Make changes by the methods below: all or none. On a full disk `changes` may be called twice.

        Raises:
            StoreFullError: there is no room, even without the ballast.
        """
        try:
            self._transact(changes)
        except StoreFullError:
            if not self._ballast.drop():
                raise
            self._transact(changes)
        else:
            self._ballast.load()

    def put_study(self, study: HyperparameterStudy, seen_at: int) -> None:
        """Write the study with its status; `seen_at` is the time, in milliseconds since the Unix epoch."""
        if self._written is None or (study.spec, study.metadata) != (
            self._written.spec,
            self._written.metadata,
        ):
            document = study.model_dump_json(by_alias=True, exclude={"status"})
            self._connection.execute("REPLACE INTO study VALUES (0, ?)", (document,))
            self._written = study
        status = study.status.model_dump_json(by_alias=True)
        self._connection.execute("REPLACE INTO status VALUES (0, ?, ?)", (status, seen_at))

    def put_trial(self, trial: Trial) -> None:
        """Write a trial, new or changed."""
        self._connection.execute(
            "INSERT INTO trials VALUES (?, ?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE SET state = excluded.state, document = excluded.document",
            (trial.name, trial.spec.index, trial.status.state, trial.model_dump_json(by_alias=True)),
        )

    def put_attempt(self, record: AttemptRecord) -> None:
        """Write that an attempt is about to begin."""
        self._connection.execute(
            "REPLACE INTO attempts VALUES (?, ?, ?, ?)", (*record.key, record.limit, record.device)
        )

    def drop_attempt(self, key: AttemptKey) -> None:
        """The attempt's end is recorded in its trial."""
        self._connection.execute("DELETE FROM attempts WHERE trial = ? AND number = ?", key)

    def put_curves(self, key: AttemptKey, curves: Mapping[str, Sequence[Point]]) -> None:
        """Write what an attempt reported, by metric."""
        if curves:
            document = json.dumps(curves, separators=(",", ":"))
            self._connection.execute("REPLACE INTO curves VALUES (?, ?, ?)", (*key, document))

    def stored(self) -> Stored | None:
        """The study; None in a store that is new."""
        with _translated(self._path):
            row = self._connection.execute(
                "SELECT study.document, status.document, seen_at FROM study JOIN status USING (id)"
            ).fetchone()
            if row is None:
                return None
            study = HyperparameterStudy.model_validate_json(row[0])
            status = StudyStatus.model_validate_json(row[1])
            return Stored(study.model_copy(update={"status": status}), row[2])

    def study(self) -> HyperparameterStudy:
        """The study.

        Raises:
            InvalidInput: the store is new.
        """
        stored = self.stored()
        if stored is None:
            raise _refused(self._path.parent, "no study here; `tunewright run` makes one")
        return stored.study

    def trials(self) -> list[Trial]:
        """All trials, in the order in which they were created."""
        with _translated(self._path):
            rows = self._connection.execute("SELECT document FROM trials ORDER BY rowid")
            return [Trial.model_validate_json(document) for (document,) in rows]

    def attempts(self) -> list[AttemptRecord]:
        """The attempts that were begun and whose end is not recorded."""
        with _translated(self._path):
            rows = self._connection.execute(
                "SELECT trial, number, run_time, device FROM attempts ORDER BY rowid"
            )
            return [
                AttemptRecord(AttemptKey(trial, number), limit, device)
                for trial, number, limit, device in rows
            ]

    def with_curves(self) -> list[str]:
        """The names of the trials that have reported something."""
        with _translated(self._path):
            return [name for (name,) in self._connection.execute("SELECT DISTINCT trial FROM curves")]

    def curves(self, trial: str) -> dict[str, list[Point]]:
        """What a trial reported over all its attempts, by metric; empty where that is nothing."""
        result: dict[str, list[Point]] = {}
        with _translated(self._path):
            for (document,) in self._connection.execute(
                "SELECT document FROM curves WHERE trial = ? ORDER BY attempt", (trial,)
            ):
                for metric, points in json.loads(document).items():
                    result[metric] = join(result.get(metric, []), [(step, value) for step, value in points])
        return result

    def _transact(self, changes: Callable[[], None]) -> None:
        with _translated(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                changes()
                self._connection.execute("COMMIT")
            except BaseException:
                self._written = None
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def _lock(directory: Path) -> int:
    """A descriptor that keeps other processes out."""
    path = directory / _LOCK
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = exclusive_lock(path)
        if lock is not None:
            os.ftruncate(lock, 0)
            os.pwrite(lock, b"%d" % os.getpid(), 0)
            return lock
        holder = path.read_text(errors="replace")[:20]
    except OSError as error:
        raise _refused(directory, f"cannot be used: {error.strerror}; choose another --dir") from None
    raise _refused(
        directory, f"another `tunewright run` (process {holder}) works on it; wait for it or end it"
    )


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None)


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    ours = _is_ours(connection, path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    if ours:
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
    connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")


def _is_ours(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether it is a study's database; False if it is empty."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not tables:
        return False
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != _APPLICATION:
        raise _refused(path, "is another program's database; choose another --dir")
    if version > _VERSION:
        raise _refused(path, f"was written by a newer version of Tunewright (schema {version}); use that one")
    return True


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turns what SQLite and the models say into what a user can act on."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _no_room(path)):
            raise StoreFullError(
                f"{path}: the disk is full; make room, and run the same command again"
            ) from error
        if code not in _SAYS:
            raise
        raise _refused(path, _SAYS[code]) from error
    except ValidationError as error:
        raise _refused(
            path, "holds what this version of Tunewright cannot read; choose another --dir"
        ) from error


_DAMAGED = "is damaged, or no study's database; move it away, or choose another --dir"
_CLOSED = "cannot be opened for reading and writing; check its permissions, or choose another --dir"
_SAYS = {
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: _CLOSED,
    sqlite3.SQLITE_READONLY: _CLOSED,
    sqlite3.SQLITE_PERM: _CLOSED,
    sqlite3.SQLITE_BUSY: "is locked by another program; end that first",
}


def _no_room(path: Path) -> bool:
    return shutil.disk_usage(path.parent).free < BALLAST_SIZE


def _refused(path: Path, message: str) -> InvalidInput:
    return InvalidInput([Problem("", message)], str(path))
