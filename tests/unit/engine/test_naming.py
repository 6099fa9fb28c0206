"""Names: deterministic, legal in Kubernetes, and of one fact only."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunewright.engine.naming import MAX_LENGTH, evaluation_name, job_name, trial_name

LEGAL = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
"""Of a label's value, and of an object's name in lower case."""

UID = "5f0c"


def test_names_tell_study_uid_and_index() -> None:
    assert re.fullmatch(r"digits-[0-9a-f]{5}-7", trial_name("digits", UID, 7))
    assert trial_name("digits", UID, 7).replace("-7", "-test-7") == evaluation_name("digits", UID, 7)
    assert job_name("digits-0123a-7", 2) == "digits-0123a-7-2"


def test_the_same_fact_has_the_same_name() -> None:
    assert trial_name("digits", UID, 7) == trial_name("digits", UID, 7)
    assert evaluation_name("x" * 253, UID, 7) == evaluation_name("x" * 253, UID, 7)


def test_a_study_made_anew_has_other_trials() -> None:
    assert trial_name("digits", "first", 0) != trial_name("digits", "second", 0)


@pytest.mark.parametrize("study", ["x" * 253, "a" * 45 + "-" * 20 + "b", "a." * 126 + "a", "a-" * 126 + "a"])
def test_a_long_name_is_cut_and_stays_legal(study: str) -> None:
    for index in (0, 9, 10, 999_999):
        for name in (trial_name(study, UID, index), evaluation_name(study, UID, index)):
            assert len(name) <= MAX_LENGTH
            assert LEGAL.fullmatch(name)
            assert name.endswith(f"-{index}")
            for attempt in (1, 100):
                job = job_name(name, attempt)
                assert len(job) <= MAX_LENGTH
                assert LEGAL.fullmatch(job)
                assert job.endswith(f"-{attempt}")


@pytest.mark.parametrize("length", range(40, 70))
def test_no_dash_or_dot_stands_at_a_cut(length: int) -> None:
    for study in ("a" + "-" * length + "a", "a" + ".a" * length, "a" * length + "-a"):
        name = job_name(trial_name(study, UID, 3), 1)
        assert len(name) <= MAX_LENGTH
        assert LEGAL.fullmatch(name)
        assert ".-" not in name.removeprefix(study[:30])


def test_long_names_that_differ_at_their_end_alone_stay_apart() -> None:
    ends = "abcdefgh"
    studies = ["x" * 200 + end for end in ends]
    names = {trial_name(study, UID, index) for study, index in product(studies, range(50))}
    names |= {evaluation_name(study, UID, index) for study, index in product(studies, range(50))}

    assert len(names) == 2 * len(studies) * 50


NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,70}[a-z0-9])?", fullmatch=True)


@given(NAMES, NAMES, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 100), st.integers(1, 100))
def test_no_two_facts_share_a_name(
    one: str, other: str, index: int, other_index: int, attempt: int, other_attempt: int
) -> None:
    facts = {(study, number) for study in (one, other) for number in (index, other_index)}
    trials = [trial_name(study, UID, index) for study, index in facts]
    tests = [evaluation_name(study, UID, index) for study, index in facts]

    assert len({*trials, *tests}) == 2 * len(facts)

    attempts = {attempt, other_attempt}
    jobs = {job_name(trial, number) for trial in [*trials, *tests] for number in attempts}
    assert len(jobs) == 2 * len(facts) * len(attempts)


def test_a_studys_name_cannot_pass_for_a_trials() -> None:
    trial = trial_name("digits", UID, 1)
    names = {
        trial,
        trial_name(trial, UID, 1),
        trial_name("digits-test", UID, 1),
        evaluation_name("digits", UID, 1),
    }

    assert len(names) == 4
