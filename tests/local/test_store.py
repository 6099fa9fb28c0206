"""The store: what is written is read again, whole, by one writer at a time, whatever happens to its file."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from tests.builders import a_study, a_trial
from tests.local.full_disk import MIB, fill, small_disk

from tunewright.api.problems import InvalidInput
from tunewright.api.trial import Trial, TrialState
from tunewright.engine.facts import AttemptKey
from tunewright.local import filesystem
from tunewright.local.filesystem import Mount
from tunewright.local.store import DATABASE, AttemptRecord, Store, StoreFullError

KEY = AttemptKey("digits-0", 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "study") as store:
        yield store


def again(store: Store, tmp_path: Path) -> Store:
    """Another run's."""
    store.close()
    return Store.open(tmp_path / "study")


def put_trials(store: Store, trials: Iterable[Trial]) -> None:
    for trial in trials:
        store.put_trial(trial)


def refusal(directory: Path) -> str:
    """The one line with which a run refuses the directory."""
    with pytest.raises(InvalidInput) as error:
        Store.open(directory)
    (line,) = error.value.lines()
    return line


class TestRoundTrip:
    def test_a_new_store_is_empty(self, store: Store) -> None:
        assert (store.stored(), store.trials(), store.attempts(), store.with_curves()) == (None, [], [], [])

    def test_study(self, store: Store, tmp_path: Path) -> None:
        study = a_study(
            algorithm={"name": "gp", "settings": {"none": None, "list": [1, 1.0, "é✓🎉", {"a": True}]}},
            budget={"maxTrials": 10, "maxDuration": "1h30m", "maxGpuHours": 1.5},
            initial={"configurations": [{"optimizer": "sgd", "momentum": 0.5}]},
            status={"phase": "Running", "nextIndex": 7, "activeSince": "2026-01-31T12:00:00.123Z"},
        )
        store.write(lambda: store.put_study(study, seen_at=5))
        stored = again(store, tmp_path).stored()
        assert stored is not None
        assert (stored.study, stored.seen_at) == (study, 5)
        numbers = stored.study.spec.algorithm.settings["list"]
        assert isinstance(numbers, list)
        assert [type(each) for each in numbers[:2]] == [int, float]

    def test_status_changes_alone(self, store: Store, tmp_path: Path) -> None:
        study = a_study()
        store.write(lambda: store.put_study(study, seen_at=5))
        later = study.model_copy(update={"status": a_study(status={"nextIndex": 3}).status})
        store.write(lambda: store.put_study(later, seen_at=6))
        assert again(store, tmp_path).stored() == (later, 6)

    def test_spec_changes(self, store: Store, tmp_path: Path) -> None:
        study = a_study()
        changed = a_study(budget={"maxTrials": 99})
        store.write(lambda: store.put_study(study, seen_at=5))
        store.write(lambda: store.put_study(changed, seen_at=6))
        assert again(store, tmp_path).study() == changed

    def test_trials_in_the_order_of_their_creation(self, store: Store, tmp_path: Path) -> None:
        trials = [a_trial(2), a_trial(0, accuracy=0.9), a_trial(1, parameters={"x": "é✓\u2028\x00"})]
        store.write(lambda: put_trials(store, trials))
        trials[0] = a_trial(2, accuracy=0.1 + 0.2)
        store.write(lambda: store.put_trial(trials[0]))
        assert again(store, tmp_path).trials() == trials

    def test_attempts(self, store: Store, tmp_path: Path) -> None:
        records = [AttemptRecord(KEY, None, None), AttemptRecord(AttemptKey("é", 2), 1500, "GPU-1")]

        def changes() -> None:
            for record in records:
                store.put_attempt(record)

        store.write(changes)
        store = again(store, tmp_path)
        assert store.attempts() == records
        store.write(lambda: store.drop_attempt(KEY))
        assert store.attempts() == records[1:]

    def test_curves_of_a_trial_over_its_attempts(self, store: Store, tmp_path: Path) -> None:
        def changes() -> None:
            store.put_curves(AttemptKey("b", 2), {"acc": [(3, 0.3), (4, 0.4)]})
            store.put_curves(AttemptKey("b", 1), {"acc": [(1, 0.1), (3, 9.0)], "loss": [(1, 1e-300)]})
            store.put_curves(AttemptKey("a", 1), {})

        store.write(changes)
        store = again(store, tmp_path)
        assert store.with_curves() == ["b"]
        assert store.curves("b") == {"acc": [(1, 0.1), (3, 0.3), (4, 0.4)], "loss": [(1, 1e-300)]}
        assert store.curves("a") == {}


class TestTransactions:
    def test_all_or_nothing(self, store: Store, tmp_path: Path) -> None:
        def changes() -> None:
            store.put_study(a_study(), seen_at=1)
            store.put_trial(a_trial())
            raise KeyError

        with pytest.raises(KeyError):
            store.write(changes)
        assert (store.stored(), store.trials()) == (None, [])
        store.write(lambda: store.put_study(a_study(), seen_at=1))  # also what was taken back
        assert again(store, tmp_path).study() == a_study()

    def test_what_is_written_survives_a_kill(self, tmp_path: Path) -> None:
        code = f"""
            import os, sys
            sys.path.insert(0, {str(Path.cwd())!r})
            from pathlib import Path
            from tests.builders import a_trial
            from tunewright.local.store import Store
            store = Store.open(Path({str(tmp_path)!r}))
            for index in range(1_000_000):
                store.write(lambda: store.put_trial(a_trial(index)))
                print(index, flush=True)
        """
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            told = [writer.stdout.readline() for _ in range(50)]
            writer.send_signal(signal.SIGKILL)
            told += writer.stdout.readlines()
        with Store.open(tmp_path) as store:
            indices = [trial.spec.index for trial in store.trials()]
        assert indices == list(range(len(indices)))
        assert len(indices) - len(told) in (0, 1)

    def test_readers_see_one_moment_and_disturb_nobody(self, store: Store, tmp_path: Path) -> None:
        def begin() -> None:
            store.put_study(a_study(), seen_at=1)
            store.put_trial(a_trial(0))

        store.write(begin)
        with Store.read(tmp_path / "study") as reader:
            assert len(reader.trials()) == 1
            store.write(lambda: store.put_trial(a_trial(1)))
            assert len(reader.trials()) == 1
            with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only"):
                reader.put_trial(a_trial(2))
        with Store.read(tmp_path / "study") as reader:
            assert (len(reader.trials()), reader.study()) == (2, a_study())


class TestRefusals:
    def test_one_run_at_a_time(self, store: Store, tmp_path: Path) -> None:
        directory = tmp_path / "study"
        assert refusal(directory) == (
            f"{directory}: another `tunewright run` (process {os.getpid()}) works on it; "
            "wait for it or end it"
        )
        again(store, tmp_path).close()

    def test_the_lock_goes_with_its_process(self, tmp_path: Path) -> None:
        code = f"""
            import time
            from pathlib import Path
            from tunewright.local.store import Store
            store = Store.open(Path({str(tmp_path)!r}))
            print("open", flush=True)
            time.sleep(1000)
        """
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
        ) as other:
            assert other.stdout is not None and other.stdout.readline() == "open\n"
            assert f"(process {other.pid})" in refusal(tmp_path)
            other.kill()
        Store.open(tmp_path).close()

    @pytest.mark.parametrize(
        "content", [b"not a database" * 100, bytes(4096), b"SQLite format 3\0" + b"\xff" * 4096]
    )
    def test_garbage(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / DATABASE).write_bytes(content)
        says = "is damaged, or no study's database; move it away, or choose another --dir"
        assert refusal(tmp_path) == f"{tmp_path / DATABASE}: {says}"

    def test_a_damaged_page(self, store: Store, tmp_path: Path) -> None:
        store.write(lambda: put_trials(store, map(a_trial, range(100))))
        store.close()
        path = tmp_path / "study" / DATABASE
        with path.open("r+b") as file:
            file.seek(4096 * 8)
            file.write(b"\xff" * 4096 * 4)
        with Store.open(tmp_path / "study") as damaged, pytest.raises(InvalidInput, match="is damaged"):
            damaged.trials()

    def test_a_document_of_another_kind(self, store: Store) -> None:
        store._connection.execute("INSERT INTO trials VALUES ('t', 0, 'Pending', '{\"kind\": \"Pod\"}')")
        with pytest.raises(InvalidInput, match="cannot read; choose another --dir"):
            store.trials()

    def test_another_programs_database(self, tmp_path: Path) -> None:
        connection = sqlite3.connect(tmp_path / DATABASE)
        connection.execute("CREATE TABLE study (id INTEGER)")
        connection.close()
        expected = f"{tmp_path / DATABASE}: is another program's database; choose another --dir"
        assert refusal(tmp_path) == expected
        with pytest.raises(InvalidInput, match="another program's"):
            Store.read(tmp_path)

    def test_a_newer_schema(self, store: Store, tmp_path: Path) -> None:
        store._connection.execute("PRAGMA user_version = 2")
        store.close()
        assert refusal(tmp_path / "study") == (
            f"{tmp_path / 'study' / DATABASE}: was written by a newer version of Tunewright (schema 2); "
            "use that one"
        )

    @pytest.mark.parametrize("made", [False, True])
    def test_reading_where_there_is_none(self, tmp_path: Path, made: bool) -> None:
        if made:
            (tmp_path / DATABASE).touch()
        with pytest.raises(InvalidInput) as error:
            Store.read(tmp_path)
        assert error.value.lines() == [f"{tmp_path}: no study here; `tunewright run` makes one"]

    def test_a_store_that_is_new_has_no_study(self, store: Store) -> None:
        with pytest.raises(InvalidInput, match="no study here"):
            store.study()

    def test_a_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert refusal(tmp_path / "file/x") == (
            f"{tmp_path / 'file/x'}: cannot be used: Not a directory; choose another --dir"
        )

    def test_a_network_file_system(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(filesystem, "mounts", lambda: [Mount("/", "ext4"), Mount(str(tmp_path), "nfs4")])
        directory = tmp_path / "a/b"
        assert refusal(directory) == (
            f"{directory}: is on a network file system (nfs4, mounted at {tmp_path}), where a study can be "
            "damaged; choose another --dir, on a local disk"
        )
        assert not directory.exists()


class TestFullDisk:
    def test_the_ballast_makes_room_and_is_taken_in_again(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", 24 * MIB) as disk, Store.open(disk) as store:
            store.write(lambda: store.put_study(a_study(), seen_at=1))
            filler = fill(disk)
            assert shutil.disk_usage(disk).free == 0
            store.write(lambda: put_trials(store, map(a_trial, range(1000))))
            assert not (disk / "ballast").exists()
            filler.unlink()
            store.write(lambda: store.put_trial(a_trial(0, accuracy=1.0)))
            assert (disk / "ballast").stat().st_blocks * 512 == 4 * MIB
            assert store.trials()[0] == a_trial(0, accuracy=1.0)
            assert len(store.trials()) == 1000

    def test_without_ballast_nothing_is_lost_and_the_study_is_written_again(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", 24 * MIB) as disk, Store.open(disk) as store:
            store.write(lambda: store.put_trial(a_trial(0)))
            (disk / "ballast").unlink()
            filler = fill(disk)

            def changes() -> None:
                store.put_study(a_study(), seen_at=1)
                for index in range(5000):
                    store.put_trial(a_trial(index, accuracy=0.5))

            with pytest.raises(StoreFullError, match="the disk is full; make room"):
                store.write(changes)
            assert store.trials() == [a_trial(0)]
            filler.unlink()
            store.write(changes)
            assert len(store.trials()) == 5000
            assert store.study() == a_study()


def test_writing_a_trial_takes_no_longer_with_many_there(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:

        def fill_up(begin: int, end: int) -> None:
            store.write(lambda: put_trials(store, map(a_trial, range(begin, end))))

        fill_up(0, 1_000)
        at_1_000 = min(_seconds_per_trial(store, index) for index in range(1_000, 1_300))
        fill_up(1_300, 10_000)
        at_10_000 = min(_seconds_per_trial(store, index) for index in range(10_000, 10_300))
        assert len(store.trials()) == 10_300
    assert at_10_000 <= 1.5 * at_1_000


def _seconds_per_trial(store: Store, index: int) -> float:
    """Seconds of processor time to create a trial, and to write it two more times."""
    begin = time.process_time()
    for trial in (a_trial(index), a_trial(index, state=TrialState.RUNNING), a_trial(index, accuracy=0.5)):
        store.write(lambda trial=trial: store.put_trial(trial))  # type: ignore[misc]
    return time.process_time() - begin
