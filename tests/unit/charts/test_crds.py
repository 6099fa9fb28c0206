"""The kinds as the chart installs them."""

import copy

from tests.unit.charts.generated import KINDS
from tests.unit.charts.rendering import Chart, Object, Objects

KEEP = {"helm.sh/resource-policy": "keep"}


def as_generated(rendered: Object) -> Object:
    """Without what the chart adds."""
    stripped = copy.deepcopy(rendered)
    stripped["metadata"].pop("labels")
    stripped["metadata"].pop("annotations", None)
    return stripped


def test_they_are_those_of_the_chart_s_folder(chart: Chart) -> None:
    """Large integers too, which Helm's own reading of YAML turns into floats."""
    folder = "---\n".join(path.read_text(encoding="utf-8") for path in sorted(KINDS.iterdir()))
    rendered = chart.objects().of("CustomResourceDefinition")
    assert [as_generated(each) for each in rendered] == Objects(folder)


def test_they_outlive_the_release_unless_told_otherwise(chart: Chart) -> None:
    kept = chart.objects().of("CustomResourceDefinition")
    assert [each["metadata"]["annotations"] for each in kept] == [KEEP, KEEP]
    mortal = chart.objects({"crds": {"keep": False}}).of("CustomResourceDefinition")
    assert ["annotations" in each["metadata"] for each in mortal] == [False, False]


def test_they_can_be_left_to_another_release(chart: Chart) -> None:
    assert chart.objects({"crds": {"enabled": False}}).of("CustomResourceDefinition") == []
