"""Trainers that misbehave: the study goes on."""

import os
import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.local.attempts import a_launch, ended, now, of_attempt, until
from tests.local.full_disk import MIB, small_disk

from tunewright.engine.facts import Cause, Execution
from tunewright.local.attempt_files import LAST_WORD, OBSERVATIONS, AttemptFiles
from tunewright.local.disk import used_by
from tunewright.local.processes import MEASURE_EVERY, Processes
from tunewright.local.watch import Launch
from tunewright.metrics.log import DEFAULT_PATTERN


def run(processes: Processes, launch: Launch) -> Execution:
    processes.start(launch)
    return until(processes, ended)


def a_script(tmp_path: Path, script: str, **fields: Any) -> Launch:
    """An attempt that runs a shell script in its own directory."""
    launch = a_launch(tmp_path, "/bin/sh", "-c", textwrap.dedent(script), **fields)
    launch.directory.mkdir(parents=True)
    return a_launch(tmp_path, *launch.command, **{**fields, "working_directory": launch.directory})


class TestReports:
    def test_reported_through_the_sdk(self, processes: Processes, tmp_path: Path) -> None:
        script = f"""
            echo '{{"step": 1, "time": 0, "metrics": {{"loss": 0.5}}}}' >> {OBSERVATIONS}
            echo '{{"step": 2, "time": 0, "metrics": {{"loss": "NaN"}}}}' >> {OBSERVATIONS}
            echo '{{"v": 2, "final": true, "metrics": {{}}}}' > {LAST_WORD}
        """
        execution = run(processes, a_script(tmp_path, script))
        assert execution.exit is not None and execution.started_at is not None
        assert (execution.exit.code, execution.exit.final) == (0, True)
        assert execution.metrics["loss"].last == 0.5
        assert execution.not_finite == {"loss"}
        assert execution.reported_at is not None
        assert execution.started_at <= execution.reported_at <= execution.exit.ended_at + 10
        assert processes.curves(execution.key) == {"loss": [(1, 0.5)]}

    def test_seen_while_it_runs(self, processes: Processes, tmp_path: Path) -> None:
        script = f"""
            echo '{{"step": 1, "metrics": {{"loss": 0.5}}}}' >> {OBSERVATIONS}
            exec sleep 1000
        """
        processes.start(a_script(tmp_path, script))
        execution = until(processes, lambda execution: "loss" in execution.metrics)
        assert execution.exit is None
        processes.stop(execution.key)
        execution = until(processes, ended)
        assert execution.metrics["loss"].last == 0.5

    def test_never_reports(self, processes: Processes, tmp_path: Path) -> None:
        execution = run(processes, a_script(tmp_path, "echo hello"))
        assert execution.exit is not None
        assert (execution.exit.code, execution.exit.final, execution.metrics) == (0, None, {})
        assert execution.reported_at is None

    def test_garbage_in_every_file(self, processes: Processes, tmp_path: Path) -> None:
        script = f"""
            head -c 1000000 /dev/urandom | tee {OBSERVATIONS} {LAST_WORD}
            echo >> {OBSERVATIONS}
            echo '{{"step": 1, "metrics": {{"loss": 0.5}}}}' >> {OBSERVATIONS}
            exit 5
        """
        execution = run(processes, a_script(tmp_path, script))
        assert execution.exit is not None
        assert (execution.exit.code, execution.exit.final) == (5, False)
        assert execution.metrics["loss"].last == 0.5
        assert execution.exit.message.isprintable()
        assert len(execution.exit.message) <= 400

    def test_a_line_of_a_gigabyte(self, processes: Processes, tmp_path: Path) -> None:
        script = f"""
            truncate -s 1G {OBSERVATIONS}
            echo '{{"v": 2, "final": true, "metrics": {{"loss": [[7, 0.5], null, null]}}}}' > {LAST_WORD}
        """
        execution = run(processes, a_script(tmp_path, script))
        assert execution.metrics["loss"].last_step == 7

    def test_replaces_its_files_by_pipes(self, processes: Processes, tmp_path: Path) -> None:
        script = f"""
            rm -f log.txt
            mkfifo log.txt {OBSERVATIONS} {LAST_WORD}
            exit 3
        """
        execution = run(processes, a_script(tmp_path, script))
        assert execution.exit is not None
        assert (execution.exit.code, execution.exit.message) == (3, "it exited with code 3")

    def test_removes_its_directory(self, processes: Processes, tmp_path: Path) -> None:
        execution = run(processes, a_script(tmp_path, "rm -rf ../t-1"))
        assert execution.exit is not None
        assert execution.exit.cause is Cause.DISRUPTED

    def test_a_flood_of_output_does_not_keep_it_from_being_stopped(
        self, processes: Processes, tmp_path: Path
    ) -> None:
        launch = a_script(tmp_path, "echo loss=1; exec yes loss=2 $(seq -s. 200)", reads_log=DEFAULT_PATTERN)
        processes.start(launch)
        execution = until(processes, lambda execution: "loss" in execution.metrics)
        processes.stop(execution.key)
        execution = until(processes, ended)
        assert execution.exit is not None
        assert execution.exit.code in (-15, 143)

    def test_a_thousand_processes_that_fork_on(self, processes: Processes, tmp_path: Path) -> None:
        (tmp_path / "forks.py").write_text(
            textwrap.dedent(
                """
                import os, signal, sys
                signal.signal(15, signal.SIG_IGN)
                for _ in range(6):
                    os.fork()
                    os.setsid() if os.getpid() != os.getsid(0) and os.getpgid(0) != os.getpid() else None
                print("ready=1", flush=True)
                while True:
                    signal.pause()
                """
            )
        )
        command = [sys.executable, "-I", "-S", "forks.py"]
        launch = a_launch(tmp_path, *command, grace=0.2, reads_log=DEFAULT_PATTERN)
        processes.start(launch)
        until(processes, lambda execution: "ready" in execution.metrics)
        processes.stop(launch.key)
        execution = until(processes, ended)
        assert execution.exit is not None and execution.exit.code == -9
        assert of_attempt(launch.directory) == []


class TestFullDisk:
    def test_the_heaviest_is_killed_and_the_others_go_on(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", 64 * MIB) as disk, Processes(disk, now) as processes:
            innocent = a_script(disk, "exec sleep 1000", trial="innocent")
            greedy = a_script(
                disk,
                # Slowly: what fills a disk at once is told that it is full before anyone can look.
                "mkdir c; for i in $(seq 100); do head -c 1M /dev/zero > c/$i; sleep 0.01; done; sleep 1000",
                trial="greedy",
                fills=[disk / "attempts/greedy-1/c"],
            )
            processes.start(innocent)
            processes.start(greedy)
            execution = until(processes, ended)
            assert execution.exit is not None
            assert (execution.key.trial, execution.exit.cause) == ("greedy", Cause.DISK_FULL)
            assert not (greedy.directory / "c").exists()
            assert (greedy.directory / "log.txt").exists()
            next_one = a_script(disk, "true", trial="next")
            processes.start(next_one)
            execution = until(processes, ended)
            assert execution.exit is not None
            assert (execution.key.trial, execution.exit.code) == ("next", 0)
            processes.stop(innocent.key)
            execution = until(processes, ended)
            assert execution.exit is not None and execution.exit.cause is None

    def test_where_others_fill_it_the_files_are_not_measured_at_each_look(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        measured = []

        def measure(paths: Iterable[Path]) -> int:
            measured.append(paths)
            return used_by(paths)

        monkeypatch.setattr("tunewright.local.processes.used_by", measure)
        time = now()
        with small_disk(tmp_path / "disk", 64 * MIB) as disk, Processes(disk, lambda: time) as processes:
            (disk / "other").write_bytes(bytes(60 * MIB))
            launch = a_script(disk, "exec sleep 1000")
            processes.start(launch)
            for _ in range(10):
                processes.poll()
            first = len(measured)
            time += MEASURE_EVERY
            for _ in range(10):
                processes.poll()
            assert 0 < len(measured) == 2 * first <= 4
            processes.stop(launch.key)
            until(processes, ended)

    def test_one_that_fails_on_the_disk_that_it_filled(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", 64 * MIB) as disk, Processes(disk, now) as processes:
            checkpoints = disk / "checkpoints"
            checkpoints.mkdir()
            launch = a_script(disk, f"cat /dev/zero > {checkpoints}/model; exit 1", fills=[checkpoints])
            execution = run(processes, launch)
            assert execution.exit is not None
            assert execution.exit.cause is Cause.DISK_FULL
            assert not checkpoints.exists()

    def test_one_that_fails_on_a_disk_that_others_filled(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", 64 * MIB) as disk, Processes(disk, now) as processes:
            (disk / "other").write_bytes(bytes(60 * MIB))
            execution = run(processes, a_script(disk, "exit 1"))
            assert execution.exit is not None
            assert (execution.exit.code, execution.exit.cause) == (1, None)

    def test_its_end_is_recorded_though_nothing_fits_any_more(self, tmp_path: Path) -> None:
        with small_disk(tmp_path / "disk", 8 * MIB) as disk:
            launch = a_script(disk, f"cat /dev/zero > {disk}/filler; echo no room > lost; exit 4")
            with Processes(disk, now) as processes:
                execution = run(processes, launch)
            assert execution.exit is not None
            assert (execution.exit.code, execution.exit.cause) == (4, None)
            record = AttemptFiles(launch.directory).exit()
            assert record is not None and record.code == 4


class TestOutOfMemory:
    def test_killed_by_the_kernel(self, processes: Processes, tmp_path: Path) -> None:
        with limited_memory(64 * MIB) as group:
            script = f"""
                echo $$ > {group}/cgroup.procs
                exec {sys.executable} -I -S -c 'x = [bytearray(2**20) for _ in range(500)]'
            """
            execution = run(processes, a_script(tmp_path, script))
        assert execution.exit is not None
        assert (execution.exit.code, execution.exit.cause) == (-9, Cause.OUT_OF_MEMORY)


@contextmanager
def limited_memory(size: int) -> Iterator[Path]:
    """A control group of so many bytes."""
    for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = Path(root) / f"tunewright-test-{os.getpid()}"
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / limit).write_text(str(size))
            yield group
            return
        except OSError:
            continue
        finally:
            group.rmdir()
    pytest.skip("no control group with a memory limit can be made here")
