"""What a study began with, in words."""

from tunewright.api.study_status import StudyStatus, WarmStartSource
from tunewright.report.wording import count, printable


def warm_start_lines(status: StudyStatus) -> list[str]:
    """One line for each study that it looked at, or one that says that there was none."""
    if status.warm_start is None:
        return []
    lines = [f"Warm start: {_told(source)}" for source in status.warm_start]
    return lines or ["Warm start: no finished study fits the selector"]


def _told(source: WarmStartSource) -> str:
    reason = printable(source.reason)
    if not source.trials:
        return f"nothing of {source.study}: {reason}"
    told = f"{count(source.trials, 'trial')} of {source.study}"
    return f"{told}, but no longer: {reason}" if reason else told
