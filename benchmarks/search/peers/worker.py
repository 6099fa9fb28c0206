"""Runs one peer in its own environment, asked over pipes.

    python benchmarks/search/peers/worker.py NAME

Each line on stdin is a request in JSON, each gets one line on stdout:

    {"start": {"parameters": [...], "seed": 0, "workers": 1, "trials": 100}}   {"started": NAME}
    {"ask": true}                                            {"configuration": {...}, "cpu": 0.01}
    {"tell": [configuration, value or null]}                 {"told": true}
    {"know": [[configuration, value], ...]}                  {"known": true}

What is to be known was not asked for, and comes before anything is asked. `cpu` is the processor time in
seconds of the ask and of the tells since the ask before. A start while another task is under way drops that
one. What goes wrong ends the process, with a traceback on stderr.
"""

import importlib
import json
import logging
import os
import sys
import time
import warnings
from pathlib import Path
from typing import IO, Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ROOT = Path(__file__).resolve().parents[3]


def main(name: str) -> None:
    for variable in THREADS:
        os.environ[variable] = "1"
    answers = _own_stdout()
    # This script's folder must not be searched, where a module could hide a library of the same name.
    sys.path[0] = str(ROOT)
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    adapter = _adapter(name)
    optimizer: Any = None
    cpu = 0.0
    for line in sys.stdin:
        ((request, argument),) = json.loads(line).items()
        if request == "start":
            optimizer, cpu = adapter(**argument), 0.0
            answer: dict[str, Any] = {"started": name}
        elif request == "ask":
            began = time.process_time()
            configuration = optimizer.ask()
            answer = {"configuration": configuration, "cpu": cpu + time.process_time() - began}
            cpu = 0.0
        elif request == "tell":
            began = time.process_time()
            optimizer.tell(*argument)
            cpu += time.process_time() - began
            answer = {"told": True}
        elif request == "know":
            optimizer.know(argument)
            answer = {"known": True}
        else:
            raise ValueError(f"{request} is no request: start, ask, tell or know")
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _own_stdout() -> IO[str]:
    """The real stdout; from now on what a library prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def _adapter(name: str) -> Any:
    from benchmarks.search.peers import PEERS

    module, _, attribute = PEERS[name].adapter.partition(":")
    return getattr(importlib.import_module(f"benchmarks.search.peers.{module}"), attribute)


if __name__ == "__main__":
    main(sys.argv[1])
