"""What is made and kept in the repository: the chart's copy of the kinds, the manifest, the table of values.

`python -m tests.unit.charts.generated` writes all three.
"""

import json
from collections.abc import Iterator
from typing import Any

import yaml
from tests.unit.charts.rendering import CHARTS, Chart, find_helm

from tunewright.api import crd

KINDS = CHARTS / "tunewright" / "files" / "crds"
MANIFEST = CHARTS / "tunewright.yaml"
PAGE = CHARTS.parent / "docs" / "install.md"
HEAD = """\
# Tunewright without Helm: kubectl apply -f charts/tunewright.yaml
# Made from charts/tunewright by `make chart`; change that instead.
apiVersion: v1
kind: Namespace
metadata:
  name: tunewright
  labels:
    pod-security.kubernetes.io/enforce: restricted
"""
TABLE_HEAD = "| value | default | what it is |\n|---|---|---|\n"


def manifest(chart: Chart) -> str:
    """All that is installed, with its namespace."""
    return HEAD + chart.text(None, "--skip-tests")


def table() -> str:
    """The values, their defaults and descriptions, as Markdown."""
    schema = json.loads((CHARTS / "tunewright" / "values.schema.json").read_text(encoding="utf-8"))
    values = yaml.safe_load((CHARTS / "tunewright" / "values.yaml").read_text(encoding="utf-8"))
    return TABLE_HEAD + "".join(
        f"| `{path}` | `{json.dumps(default)}` | {description} |\n"
        for path, default, description in rows(schema, values, schema["definitions"])
    )


def rows(
    schema: dict[str, Any], values: dict[str, Any], shared: dict[str, Any], prefix: str = ""
) -> Iterator[tuple[str, Any, str]]:
    """Path, default and description of each value; an object of Kubernetes' own is one value."""
    for name, value in values.items():
        node = schema["properties"][name]
        shape = shared[node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node
        inner = shape.get("properties", {})
        if set(inner) == set(value if isinstance(value, dict) else ()) and inner:
            yield from rows(shape, value, shared, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value, node["description"]


def page_with(text: str) -> str:
    """The page with this table in place of its own."""
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(TABLE_HEAD)
    if not found:
        raise ValueError(f"{PAGE}: has no table of values; it begins with {TABLE_HEAD.splitlines()[0]}")
    _, _, after = rest.partition("\n\n")
    return f"{before}{text}\n{after}"


def main() -> None:
    for name, text in crd.files().items():
        (KINDS / name).write_text(text, encoding="utf-8")
    MANIFEST.write_text(manifest(Chart(find_helm())), encoding="utf-8")
    PAGE.write_text(page_with(table()), encoding="utf-8")


if __name__ == "__main__":
    main()
