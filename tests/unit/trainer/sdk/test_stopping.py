"""SIGTERM, in real processes: each says on standard output where it is, and waits on standard input."""

import os
import signal

import pytest
from tests.unit.trainer.conftest import Home

PROGRAM = """
import sys
from tunewright_trainer import checkpoint, on_stop, report, stop_requested
{setup}
for step in range(1, 4):
    report(step, loss=1 / step)
    print("waiting", flush=True)
    sys.stdin.readline()
    {loop}
"""


def stopped(home: Home, setup: str = "", loop: str = "") -> tuple[int, list[str]]:
    """Sends SIGTERM after the first report: the exit code, and what the program said from then on."""
    process = home.start("-c", PROGRAM.format(setup=setup, loop=loop))
    assert process.stdout is not None
    assert "waiting\n" in iter(process.stdout.readline, "")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate("\n\n\n")
    assert err == ""
    return process.returncode, [line for line in out.splitlines() if line != "waiting"]


def test_a_program_without_a_line_for_it_ends_at_its_next_report(home: Home) -> None:
    assert stopped(home) == (143, ["step 2: loss=0.5"])
    assert [observation["step"] for observation in home.observations()] == [1, 2]
    assert home.last_word()["final"] is False


def test_what_on_stop_registered_runs_first(home: Home) -> None:
    setup = """
@on_stop
def save():
    with checkpoint.saving() as directory:
        (directory / "state").write_text("saved")
"""
    assert stopped(home, setup) == (143, ["step 2: loss=0.5"])
    assert [path.read_text() for path in home.checkpoints.glob("*/state")] == ["saved"]


def test_what_on_stop_registered_may_report(home: Home) -> None:
    setup = "on_stop(lambda: (report(2, loss=0), print('done')))"

    assert stopped(home, setup) == (143, ["step 2: loss=0.5", "step 2: loss=0", "done"])


def test_a_program_can_ask_and_end_by_itself(home: Home) -> None:
    assert stopped(home, loop="if stop_requested(): break") == (0, [])
    assert home.last_word()["final"] is False


@pytest.mark.parametrize(
    ("handler", "returncode", "said"),
    [
        ("lambda signum, frame: print('own handler')", 143, ["own handler", "step 2: loss=0.5"]),
        ("lambda signum, frame: sys.exit(7)", 7, []),
        ("signal.SIG_IGN", 0, ["step 2: loss=0.5", "step 3: loss=0.333333"]),
    ],
)
def test_a_programs_own_handler_still_has_its_say(
    home: Home, handler: str, returncode: int, said: list[str]
) -> None:
    setup = f"import signal; signal.signal(signal.SIGTERM, {handler})"

    assert stopped(home, setup) == (returncode, said)


def test_a_forked_worker_still_dies_of_sigterm(home: Home) -> None:
    program = """
import os, signal, time
from tunewright_trainer import report
report(1, loss=1)
ready, say_ready = os.pipe()
child = os.fork()
if child == 0:
    os.write(say_ready, b"!")
    while True:  # a signal between two calls of pause would be waited for in vain
        time.sleep(0.01)
os.read(ready, 1)
os.kill(child, signal.SIGTERM)
_, status = os.waitpid(child, 0)
print(os.waitstatus_to_exitcode(status))
"""
    done = home.run("-c", program)

    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == str(-signal.SIGTERM)
    assert home.last_word()["final"] is True


def test_first_use_in_a_thread_leaves_the_handler_to_the_main_thread(home: Home) -> None:
    setup = """
from threading import Thread
thread = Thread(target=report, args=[0], kwargs={"loss": 0})
thread.start()
thread.join()
"""
    assert stopped(home, setup) == (143, ["step 2: loss=0.5"])


def test_a_program_with_data_loader_workers_saves_and_leaves_none(home: Home) -> None:
    program = """
from itertools import count
import torch
from torch.utils.data import DataLoader, Dataset
from tunewright_trainer import on_stop, parameters, report

class Squares(Dataset):
    def __len__(self):
        return 8

    def __getitem__(self, index):
        return torch.tensor(float(index)) ** parameters(power=2)["power"]

loader = DataLoader(Squares(), batch_size=4, num_workers=2, persistent_workers=True)
on_stop(lambda: print("saved"))
for epoch in count():
    report(epoch, total=sum(batch.sum() for batch in loader))
"""
    process = home.start("-c", program)
    assert process.stdout is not None
    assert "step 2: total=140\n" in iter(process.stdout.readline, "")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate()

    assert (process.returncode, err) == (143, "")
    assert out.splitlines()[-1] == "saved"
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
