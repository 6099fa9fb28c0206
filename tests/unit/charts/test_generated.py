"""What is kept in the repository beside the chart is what the chart makes. Where this fails: make chart."""

from pathlib import Path

from tests.unit.charts import generated
from tests.unit.charts.rendering import Chart, Objects

from tunewright.api import crd


def test_the_manifest_is_what_the_chart_renders(chart: Chart) -> None:
    assert generated.MANIFEST.read_text(encoding="utf-8") == generated.manifest(chart)


def test_the_manifest_brings_its_namespace_first_and_no_test() -> None:
    manifest = Objects(generated.MANIFEST.read_text(encoding="utf-8"))
    assert manifest[0]["kind"] == "Namespace"
    namespaces = {found["metadata"].get("namespace") for found in manifest}
    assert namespaces == {None, manifest[0]["metadata"]["name"]}
    assert manifest.kinds().isdisjoint({"Pod", "HyperparameterStudy"})


def test_client_side_apply_can_hold_each_object() -> None:
    """It copies an object into an annotation of at most 256 KiB."""
    documents = generated.MANIFEST.read_text(encoding="utf-8").split("\n---\n")
    assert max(map(len, documents)) < 2**18


def test_the_page_has_the_table_of_values() -> None:
    assert generated.page_with(generated.table()) == generated.PAGE.read_text(encoding="utf-8")


def test_the_chart_has_the_kinds_that_the_models_make() -> None:
    assert contents(generated.KINDS) == crd.files()


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
