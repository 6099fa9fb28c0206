"""The halves are what their rule makes of the tasks."""

from hashlib import sha256

from benchmarks.search.split import DEVELOPMENT, FINAL
from benchmarks.search.tasks import FAMILIES


def test_half_of_each_family_by_the_digest_of_the_name() -> None:
    for family in FAMILIES.values():
        names = sorted(family, key=lambda name: sha256(name.encode()).hexdigest())
        half = len(names) // 2
        assert set(names[:half]) == set(family) & set(DEVELOPMENT)
        assert set(names[half:]) == set(family) & set(FINAL)


def test_every_task_is_in_one_half_alone() -> None:
    everything = [name for family in FAMILIES.values() for name in family]
    assert sorted(DEVELOPMENT + FINAL) == sorted(everything)
    assert len(set(everything)) == len(everything)
