"""Attempts as real processes: how they end, and that they run once and leave nothing behind."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import psutil
import pytest
from tests.local.attempts import PATIENCE, a_launch, ended, now, of_attempt, running, until

from tunewright.engine.facts import AttemptKey, Cause, Execution
from tunewright.local import shim
from tunewright.local.attempt_files import AttemptFiles
from tunewright.local.processes import Processes
from tunewright.local.watch import Launch
from tunewright.metrics.log import DEFAULT_PATTERN

KEY = AttemptKey("t", 1)
READY = "print('ready=1', flush=True)"
SLEEP = "import signal; signal.pause()"


def python(code: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", textwrap.dedent(code)]


def ready(execution: Execution) -> bool:
    return "ready" in execution.metrics


def run(processes: Processes, launch: Launch) -> Execution:
    processes.start(launch)
    return until(processes, ended)


def shim_of(launch: Launch) -> int:
    record = AttemptFiles(launch.directory).process()
    assert record is not None
    return record.pid


def gone(pid: int) -> bool:
    try:
        psutil.Process(pid).wait(PATIENCE)
    except psutil.NoSuchProcess:
        return True
    return not psutil.pid_exists(pid)


class TestEnds:
    def test_success(self, processes: Processes, tmp_path: Path) -> None:
        before = now()
        execution = run(processes, a_launch(tmp_path, "/bin/sh", "-c", "echo hello; echo oh >&2", gpus=2))
        assert execution.exit is not None and execution.started_at is not None
        assert (execution.exit.code, execution.exit.cause, execution.exit.final) == (0, None, None)
        assert before <= execution.started_at <= execution.exit.ended_at <= now()
        assert (execution.key, execution.gpus, execution.exit.message) == (KEY, 2, "")
        assert AttemptFiles(tmp_path / "attempts/t-1").log.read_text() == "hello\noh\n"

    def test_exit_code_with_the_last_line_of_the_log(self, processes: Processes, tmp_path: Path) -> None:
        execution = run(processes, a_launch(tmp_path, "/bin/sh", "-c", "echo; echo 'ValueError: no'; exit 3"))
        assert execution.exit is not None
        assert execution.exit.code == 3
        assert execution.exit.message == "it exited with code 3: ValueError: no"

    def test_signal_from_elsewhere(self, processes: Processes, tmp_path: Path) -> None:
        execution = run(processes, a_launch(tmp_path, "/bin/sh", "-c", "kill -9 $$"))
        assert execution.exit is not None
        assert (execution.exit.code, execution.exit.cause) == (-9, None)

    @pytest.mark.parametrize(
        ("command", "says"),
        [
            ("no-such-program", "cannot start 'no-such-program': No such file or directory"),
            ("/", "cannot start '/': Permission denied"),
        ],
    )
    def test_command_that_cannot_start(
        self, processes: Processes, tmp_path: Path, command: str, says: str
    ) -> None:
        execution = run(processes, a_launch(tmp_path, command))
        assert execution.exit is not None
        assert (execution.exit.cause, execution.exit.message) == (Cause.CANNOT_START, says)

    def test_missing_working_directory(self, processes: Processes, tmp_path: Path) -> None:
        launch = a_launch(tmp_path, "/bin/true", working_directory=tmp_path / "no")
        execution = run(processes, launch)
        assert execution.exit is not None
        assert execution.exit.cause is Cause.CANNOT_START
        assert execution.exit.message == (
            f"cannot enter the working directory '{tmp_path}/no': No such file or directory"
        )

    def test_a_machine_that_cannot_start_it_is_not_its_fault(
        self, processes: Processes, tmp_path: Path
    ) -> None:
        (tmp_path / "attempts").write_text("in the way")
        execution = run(processes, a_launch(tmp_path, "/bin/true"))
        assert execution.exit is not None
        assert execution.exit.cause is Cause.DISRUPTED
        assert execution.exit.message == "its supervising process could not be started: Not a directory"

    def test_environment_and_arguments_pass_unchanged(self, processes: Processes, tmp_path: Path) -> None:
        awkward = {"A": "ä\n\"'$(x) \udcff", "B": "", "LONG": "x" * 100_000}
        code = "import os, sys; sys.stdout.buffer.write(repr((dict(os.environb), sys.argv[1:])).encode())"
        launch = a_launch(tmp_path, *python(code), "é \n*", "", environment=awkward)
        run(processes, launch)
        environment, arguments = eval(AttemptFiles(launch.directory).log.read_text())
        assert environment.pop(b"TUNEWRIGHT_ATTEMPT_DIR") == os.fsencode(launch.directory)
        environment.pop(b"LC_CTYPE", None)  # Python's own doing
        assert environment == {key.encode(): os.fsencode(value) for key, value in awkward.items()}
        assert arguments == ["é \n*", ""]

    def test_output_is_kept_byte_by_byte(self, processes: Processes, tmp_path: Path) -> None:
        output = "ünïcödé ✓ 🎉\n".encode() + bytes(range(256))
        launch = a_launch(tmp_path, *python(f"import os; os.write(1, {output!r})"))
        run(processes, launch)
        assert AttemptFiles(launch.directory).log.read_bytes() == output

    def test_output_is_whole_though_the_end_follows_at_once(
        self, processes: Processes, tmp_path: Path
    ) -> None:
        output = bytes(range(256)) * 1_000  # more than a pipe holds: some of it is still in there at the end
        for number in range(1, 21):
            launch = a_launch(
                tmp_path, *python("import os; os.write(1, bytes(range(256)) * 1_000)"), number=number
            )
            run(processes, launch)
            assert AttemptFiles(launch.directory).log.read_bytes() == output

    def test_signals_are_as_in_a_fresh_process(self, processes: Processes, tmp_path: Path) -> None:
        launch = a_launch(tmp_path, "/bin/sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status")
        run(processes, launch)
        masks = re.findall(r"[0-9a-f]{16}", AttemptFiles(launch.directory).log.read_text())
        internal = 0b11 << 31  # signals 32 and 33, which the C library keeps to itself
        assert [int(mask, 16) & ~internal for mask in masks] == [0, 0]

    def test_of_a_long_log_the_end_is_kept_and_all_metrics_are_found(
        self, processes: Processes, tmp_path: Path
    ) -> None:
        launch = a_launch(
            tmp_path,
            "/bin/sh",
            "-c",
            f"yes {'.' * 1023} | head -c {2 * shim.LOG_LIMIT + 2**20}; echo loss=0.5; echo why; exit 3",
            reads_log=DEFAULT_PATTERN,
        )
        execution = run(processes, launch)
        assert execution.exit is not None
        assert execution.exit.message == "it exited with code 3: why"
        assert execution.metrics["loss"].last == 0.5
        files = AttemptFiles(launch.directory)
        sizes = [path.stat().st_size for path in (files.older_log, files.log)]
        assert sizes == [shim.LOG_LIMIT, 2**20 + len("loss=0.5\nwhy\n")]


class TestStopping:
    def test_a_program_that_obeys(self, processes: Processes, tmp_path: Path) -> None:
        code = f"import signal, sys; signal.signal(15, lambda *_: sys.exit(143)); {READY}; signal.pause()"
        processes.start(a_launch(tmp_path, *python(code), reads_log=DEFAULT_PATTERN))
        until(processes, ready)
        processes.stop(KEY)
        processes.stop(KEY)
        execution = until(processes, ended)
        assert execution.exit is not None
        assert (execution.exit.code, execution.exit.cause) == (143, None)

    def test_a_program_that_does_not_is_killed_after_its_grace_period(
        self, processes: Processes, tmp_path: Path
    ) -> None:
        code = f"import signal; signal.signal(15, signal.SIG_IGN); {READY}\nwhile True: signal.pause()"
        processes.start(a_launch(tmp_path, *python(code), grace=0.3, reads_log=DEFAULT_PATTERN))
        until(processes, ready)
        asked_at = now()
        processes.stop(KEY)
        execution = until(processes, ended)
        assert execution.exit is not None
        assert (execution.exit.code, execution.exit.cause) == (-9, None)
        assert execution.exit.ended_at - asked_at >= 300

    def test_stopped_before_it_has_begun(self, processes: Processes, tmp_path: Path) -> None:
        processes.start(a_launch(tmp_path, *python(SLEEP)))
        processes.stop(KEY)
        execution = until(processes, ended)
        assert execution.exit is not None
        assert execution.exit.code in (-15, 143)

    def test_a_program_hears_of_it_before_what_it_has_started(
        self, processes: Processes, tmp_path: Path
    ) -> None:
        code = f"""
            import signal, subprocess, sys
            child = subprocess.Popen([sys.executable, "-I", "-S", "-c", "import signal; signal.pause()"])
            def save(*_):
                try:
                    child.wait(0.3)  # a worker that dies first would end the program before it can save
                except subprocess.TimeoutExpired:
                    sys.exit(143)
            signal.signal(15, save)
            {READY}
            signal.pause()
        """
        processes.start(a_launch(tmp_path, *python(code), reads_log=DEFAULT_PATTERN))
        until(processes, ready)
        processes.stop(KEY)
        execution = until(processes, ended)
        assert execution.exit is not None
        assert execution.exit.code == 143

    def test_what_a_wrapper_started_has_the_grace_period(self, processes: Processes, tmp_path: Path) -> None:
        saves = """
            import signal, sys, time
            def save(*_):
                time.sleep(0.3)
                open("saved", "w").close()
                sys.exit(143)
            signal.signal(15, save)
            print("ready=1", flush=True)
            signal.pause()
        """
        (tmp_path / "saves.py").write_text(textwrap.dedent(saves))
        wrapper = f"{sys.executable} -I -S saves.py; true"
        processes.start(a_launch(tmp_path, "/bin/sh", "-c", wrapper, reads_log=DEFAULT_PATTERN))
        until(processes, ready)
        processes.stop(KEY)
        until(processes, ended)
        assert (tmp_path / "saved").exists()

    def test_deadline(self, processes: Processes, tmp_path: Path) -> None:
        execution = run(processes, a_launch(tmp_path, *python(SLEEP), deadline=0.3))
        assert execution.exit is not None and execution.started_at is not None
        assert (execution.exit.code, execution.exit.cause) == (-15, Cause.DEADLINE)
        assert 300 <= execution.exit.ended_at - execution.started_at < 5_000

    def test_a_deadline_that_is_not_reached_leaves_no_trace(
        self, processes: Processes, tmp_path: Path
    ) -> None:
        execution = run(processes, a_launch(tmp_path, "/bin/true", deadline=60))
        assert execution.exit is not None and execution.exit.cause is None


class TestNothingIsLeftBehind:
    DAEMON = """
        import os, signal, sys
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                signal.signal(15, signal.SIG_IGN)
                print(os.getpid(), flush=True)
                while True: signal.pause()
            os._exit(0)
        os.wait()
        sys.stdout.flush()
    """

    @pytest.mark.parametrize("how", ["exit 0", "exit 1", "kill -9 $$"])
    def test_a_daemon_is_killed_when_its_program_ends(
        self, processes: Processes, tmp_path: Path, how: str
    ) -> None:
        (tmp_path / "daemon.py").write_text(textwrap.dedent(self.DAEMON))
        command = f"{sys.executable} -I -S daemon.py; {how}"
        launch = a_launch(tmp_path, "/bin/sh", "-c", command)
        execution = run(processes, launch)
        assert execution.exit is not None and execution.exit.cause is None
        assert of_attempt(launch.directory) == []

    def test_many_children_in_sessions_of_their_own(self, processes: Processes, tmp_path: Path) -> None:
        command = f"for i in $(seq 30); do setsid {sys.executable} -I -S -c '{SLEEP}' & done; exit 0"
        launch = a_launch(tmp_path, "/bin/sh", "-c", command)
        run(processes, launch)
        assert of_attempt(launch.directory) == []

    def test_a_killed_shim_is_noticed_and_cleaned_up_after(
        self, processes: Processes, tmp_path: Path
    ) -> None:
        (tmp_path / "daemon.py").write_text(textwrap.dedent(self.DAEMON))
        command = f"{sys.executable} -I -S daemon.py; echo ready=1; sleep 1000"
        launch = a_launch(tmp_path, "/bin/sh", "-c", command, reads_log=DEFAULT_PATTERN)
        processes.start(launch)
        until(processes, ready)
        assert of_attempt(launch.directory) != []
        os.kill(shim_of(launch), signal.SIGKILL)
        execution = until(processes, ended)
        assert execution.exit is not None
        assert (execution.exit.code, execution.exit.cause) == (None, Cause.DISRUPTED)
        assert execution.exit.message == "its supervising process vanished"
        assert of_attempt(launch.directory) == []

    def test_the_command_dies_with_its_shim(self, processes: Processes, tmp_path: Path) -> None:
        launch = a_launch(tmp_path, *python(f"{READY}; {SLEEP}"), reads_log=DEFAULT_PATTERN)
        processes.start(launch)
        until(processes, ready)
        (command,) = of_attempt(launch.directory)
        os.kill(shim_of(launch), signal.SIGKILL)
        assert gone(command.pid)  # nobody looks after it any more, and still it ends


class TestRestart:
    """A starter that is killed, and another that comes after it."""

    def starter(self, tmp_path: Path, launch: Launch) -> subprocess.Popen[str]:
        """A process of its own that starts the attempt, tells when it runs, and then waits."""
        code = f"""
            import sys
            sys.path.insert(0, {str(Path.cwd())!r})
            from pathlib import Path
            from tests.local.attempts import a_launch, now, running, until
            from tunewright.local.processes import Processes
            root = Path({str(tmp_path)!r})
            processes = Processes(root, now)
            print("imported", flush=True)
            sys.stdin.readline()
            processes.start(
                a_launch(root, *{list(launch.command)!r}, deadline={launch.deadline}, grace={launch.grace})
            )
            until(processes, running)
            print("running", flush=True)
            processes.wait(None)
        """
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def started_and_killed(self, tmp_path: Path, launch: Launch) -> None:
        with self.starter(tmp_path, launch) as starter:
            assert starter.stdin is not None and starter.stdout is not None
            starter.stdin.write("\n")
            starter.stdin.flush()
            assert starter.stdout.readline() == "imported\n"
            assert starter.stdout.readline() == "running\n"
            os.killpg(starter.pid, signal.SIGKILL)

    def test_a_living_attempt_is_taken_up(self, processes: Processes, tmp_path: Path) -> None:
        code = f"open('runs', 'a').write('x'); {READY}; {SLEEP}"
        launch = a_launch(tmp_path, *python(code), reads_log=DEFAULT_PATTERN)
        self.started_and_killed(tmp_path, launch)
        processes.start(launch)
        until(processes, ready)
        processes.stop(KEY)
        execution = until(processes, ended)
        assert execution.exit is not None and execution.exit.code == -15
        assert (tmp_path / "runs").read_text() == "x"

    def test_the_deadline_holds_while_nobody_watches(self, processes: Processes, tmp_path: Path) -> None:
        launch = a_launch(tmp_path, *python(SLEEP), deadline=0.5)
        self.started_and_killed(tmp_path, launch)
        assert gone(shim_of(launch))
        execution = run(processes, launch)
        assert execution.exit is not None and execution.started_at is not None
        assert execution.exit.cause is Cause.DEADLINE
        assert execution.exit.ended_at - execution.started_at < 5_000

    def test_an_attempt_that_vanished_while_nobody_watched(self, tmp_path: Path) -> None:
        launch = a_launch(tmp_path, *python(SLEEP))
        self.started_and_killed(tmp_path, launch)
        os.kill(shim_of(launch), signal.SIGKILL)
        assert gone(shim_of(launch))
        with Processes(tmp_path, lambda: now() + 3_600_000) as an_hour_later:
            execution = run(an_hour_later, launch)
        assert execution.exit is not None and execution.started_at is not None
        assert execution.exit.cause is Cause.DISRUPTED
        assert execution.started_at <= execution.exit.ended_at <= now()
        assert of_attempt(launch.directory) == []

    def test_a_reused_pid_is_left_alone(self, processes: Processes, tmp_path: Path) -> None:
        launch = a_launch(tmp_path, "/bin/true")
        launch.directory.mkdir(parents=True)
        with subprocess.Popen(python(SLEEP)) as bystander:
            began = shim.start_time(bystander.pid)
            assert began is not None
            record = {"pid": bystander.pid, "start_time": began - 1, "started_at": now()}
            (launch.directory / shim.PROCESS).write_text(json.dumps(record))
            processes.start(launch)
            processes.stop(KEY)
            execution = until(processes, ended)
            assert execution.exit is not None and execution.exit.cause is Cause.DISRUPTED
            assert bystander.poll() is None
            bystander.kill()

    def test_killed_at_any_moment_it_runs_once(self, tmp_path: Path) -> None:
        """The starter is killed between its first call and the attempt's end; then another one takes over."""
        chance = random.Random(4)
        for attempt in range(8):
            root = tmp_path / str(attempt)
            root.mkdir()
            launch = a_launch(root, "/bin/sh", "-c", "echo x >> runs; exit 7")
            with self.starter(root, launch) as starter:
                assert starter.stdin is not None and starter.stdout is not None
                assert starter.stdout.readline() == "imported\n"
                starter.stdin.write("\n")
                starter.stdin.flush()
                threading.Event().wait(chance.uniform(0, 0.06))
                os.killpg(starter.pid, signal.SIGKILL)
            processes = Processes(root, now)
            execution = run(processes, launch)
            processes.close()
            assert execution.exit is not None
            runs = (root / "runs").read_text() if (root / "runs").exists() else ""
            assert (execution.exit.code, execution.exit.cause, runs) == (7, None, "x\n")
            assert of_attempt(launch.directory) == []

    def test_two_that_start_the_same_attempt_run_it_once(self, tmp_path: Path) -> None:
        for attempt in range(20):
            root = tmp_path / str(attempt)
            root.mkdir()
            launch = a_launch(root, "/bin/sh", "-c", "echo x >> runs; sleep 0.05; exit 7")
            both = [Processes(root, now) for _ in range(2)]
            gate = threading.Barrier(2)

            def start(each: Processes, launch: Launch = launch, gate: threading.Barrier = gate) -> None:
                gate.wait()
                each.start(launch)

            threads = [threading.Thread(target=start, args=(each,)) for each in both]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for each in both:
                execution = until(each, ended)
                assert execution.exit is not None
                assert (execution.exit.code, execution.exit.cause) == (7, None)
                each.close()
            assert (root / "runs").read_text() == "x\n"

    def test_an_ended_attempt_is_told_of_and_not_repeated(self, processes: Processes, tmp_path: Path) -> None:
        launch = a_launch(tmp_path, "/bin/sh", "-c", "echo x >> runs")
        first = run(processes, launch)
        processes.forget(KEY)
        assert run(processes, launch) == first
        assert (tmp_path / "runs").read_text() == "x\n"

    def test_a_starter_killed_while_it_wrote_starts_nothing(self, tmp_path: Path) -> None:
        directory = tmp_path / "attempt"
        directory.mkdir()
        torn = b'{"command": ["/bin/touch", "' + str(tmp_path / "ran").encode()
        result = subprocess.run([sys.executable, "-I", "-S", shim.__file__, directory], input=torn)
        assert result.returncode == shim.NOT_MINE
        assert list(directory.iterdir()) == []


class TestWaiting:
    def test_ends_when_woken_by_another_thread(self, processes: Processes, tmp_path: Path) -> None:
        thread = threading.Timer(0.1, processes.wake)
        thread.start()
        processes.wait(None)
        thread.join()
        assert processes.poll() == []

    def test_ends_when_woken_by_a_signal_handler(self, processes: Processes) -> None:
        previous = signal.signal(signal.SIGUSR2, lambda *_: processes.wake())
        thread = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGUSR2))
        thread.start()
        processes.wait(None)
        thread.join()
        signal.signal(signal.SIGUSR2, previous)

    def test_ends_in_time(self, processes: Processes, tmp_path: Path) -> None:
        processes.start(a_launch(tmp_path, *python(SLEEP)))
        until(processes, running)
        before = now()
        processes.wait(0.3)
        assert 290 <= now() - before < 2_000
        assert processes.poll() == []

    def test_a_wake_after_the_end_is_harmless(self, processes: Processes) -> None:
        processes.close()
        processes.wake()

    def test_without_process_descriptors(
        self, processes: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As on systems other than Linux."""
        monkeypatch.delattr(os, "pidfd_open")
        launch = a_launch(tmp_path, *python(f"{READY}; {SLEEP}"), reads_log=DEFAULT_PATTERN)
        processes.start(launch)
        until(processes, ready)
        processes.forget(KEY)
        processes.start(launch)
        processes.stop(KEY)
        execution = until(processes, ended)
        assert execution.exit is not None and execution.exit.code == -15
