"""In CI a test may be skipped for the reasons below alone: whatever else it lacks there is a failure."""

import os
from collections.abc import Generator

import hypothesis
import pytest

# Wall-clock deadlines of examples fail on a machine that does other things as well.
hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

MAY_BE_SKIPPED = (
    "it does not learn",  # a sampler such as grid
    "it does not draw from the priors",
    "this user may read every file",  # root
    "there is a CUDA device here",
    "no control group with a memory limit can be made here",  # needs a privileged machine
)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if os.environ.get("CI") and report.skipped and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2].removeprefix("Skipped: ")
        if reason not in MAY_BE_SKIPPED:
            report.outcome = "failed"
            report.longrepr = f"must not be skipped in CI: {reason}"
    return report
