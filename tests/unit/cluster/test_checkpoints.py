"""Tests of where checkpoints are kept."""

import pytest
from tests.builders import a_trial

from tunewright.api.trial import Trial
from tunewright.api.trial_definition import Checkpoints
from tunewright.cluster.checkpoints import has_own_claim, mounts_of

SHARED = Checkpoints.model_validate({"claim": "shared"})
OWN = Checkpoints.model_validate({"claimTemplate": {"size": "1Gi"}})

MOUNT = {"name": "tunewright-checkpoints", "mountPath": "/tunewright/checkpoints"}


def a_test(of: str = "digits-0") -> Trial:
    trial = a_trial(7)
    return trial.model_copy(update={"spec": trial.spec.model_copy(update={"source": of})})


def a_claim(name: str, volume: str = "tunewright-checkpoints") -> dict[str, object]:
    return {"name": volume, "persistentVolumeClaim": {"claimName": name}}


@pytest.mark.parametrize(
    ("checkpoints", "volume"),
    [
        (None, {"name": "tunewright-checkpoints", "emptyDir": {}}),
        (SHARED, a_claim("shared")),
        (OWN, a_claim("digits-3")),
    ],
)
def test_a_trial_has_a_folder_of_its_own(checkpoints: Checkpoints | None, volume: dict[str, object]) -> None:
    found = mounts_of(a_trial(3), checkpoints)

    assert found.volumes == [volume]
    assert found.mounts == [MOUNT]
    assert found.variables == {"TUNEWRIGHT_CHECKPOINT_DIR": "/tunewright/checkpoints/digits-3"}


def test_a_test_evaluation_starts_from_its_sources_folder() -> None:
    found = mounts_of(a_test(), SHARED)

    assert found.volumes == [a_claim("shared")]
    assert found.variables == {
        "TUNEWRIGHT_CHECKPOINT_DIR": "/tunewright/checkpoints/digits-7",
        "TUNEWRIGHT_CHECKPOINT_FROM": "/tunewright/checkpoints/digits-0",
    }


def test_a_test_evaluation_reads_its_sources_claim_and_has_none() -> None:
    found = mounts_of(a_test(), OWN)

    assert found.volumes == [
        {"name": "tunewright-checkpoints", "emptyDir": {}},
        a_claim("digits-0", "tunewright-source"),
    ]
    assert found.mounts == [
        MOUNT,
        {"name": "tunewright-source", "mountPath": "/tunewright/source", "readOnly": True},
    ]
    assert found.variables["TUNEWRIGHT_CHECKPOINT_FROM"] == "/tunewright/source/digits-0"
    assert not has_own_claim(a_test(), OWN)
    assert has_own_claim(a_trial(), OWN)


def test_a_test_evaluation_of_what_was_not_kept_begins_anew() -> None:
    assert "TUNEWRIGHT_CHECKPOINT_FROM" not in mounts_of(a_test(), None).variables


def test_a_program_that_is_not_root_can_write_to_a_claim() -> None:
    assert mounts_of(a_trial(), OWN).security == {"fsGroup": 65532, "fsGroupChangePolicy": "OnRootMismatch"}
    assert mounts_of(a_trial(), None).security == {}
