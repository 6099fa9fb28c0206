"""What a study began with, in words."""

from tunewright.api.study_status import StudyStatus
from tunewright.report.wording import count, printable


def warm_start_lines(status: StudyStatus) -> list[str]:
    """One line for each study that it looked at, or one that says that there was none."""
    if status.warm_start is None:
        return []
    lines = [
        f"Warm start: {count(source.trials, 'trial')} of {source.study}"
        if source.trials
        else f"Warm start: nothing of {source.study}: {printable(source.reason)}"
        for source in status.warm_start
    ]
    return lines or ["Warm start: no finished study fits the selector"]
