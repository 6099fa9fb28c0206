"""Tests of what marks the objects of a study."""

from tunewright.cluster.labels import owner_reference, owner_uid


def test_an_owner_is_found_again() -> None:
    owner = {"metadata": {"name": "digits", "uid": "5f0c"}}
    reference = owner_reference("HyperparameterStudy", owner)

    assert reference == {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "HyperparameterStudy",
        "name": "digits",
        "uid": "5f0c",
        "controller": True,
        "blockOwnerDeletion": True,
    }
    assert owner_uid({"metadata": {"ownerReferences": [{"uid": "other"}, reference]}}) == "5f0c"


def test_who_has_no_controller_belongs_to_nobody() -> None:
    assert owner_uid({"metadata": {}}) is None
    assert owner_uid({"metadata": {"ownerReferences": [{"uid": "a"}]}}) is None
