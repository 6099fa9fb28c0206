"""Deterministic names: the same fact gets the same name, however often it is created."""

import hashlib

MAX_LENGTH = 63  # of a label's value, and of a Job whose name becomes its pods' host name


def trial_name(study: str, uid: str, index: int) -> str:
    """The name of a study's trial number `index`."""
    return _shorten(f"{study}-{_digest(uid)[:5]}-{index}")


def evaluation_name(study: str, uid: str, source: int, repeat: int = 0) -> str:
    """The name of the final test evaluation of trial number `source`, or of its `repeat`-th repetition."""
    return _shorten(f"{study}-{_digest(uid)[:5]}-test-{source}" + (f"-{repeat}" if repeat else ""))


def job_name(trial: str, attempt: int) -> str:
    """The name of a trial's attempt number `attempt`."""
    return _shorten(f"{trial}-{attempt}")


def _shorten(name: str) -> str:
    """`name`, or where it is too long its two ends around a hash of the whole."""
    if len(name) <= MAX_LENGTH:
        return name
    digest, tail = _digest(name)[:8], name[-16:].lstrip("-.")
    return f"{name[: MAX_LENGTH - len(digest) - len(tail) - 2].rstrip('-.')}-{digest}-{tail}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
