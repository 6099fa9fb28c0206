"""Rights: exactly what docs/install.md lists, in both modes."""

import re
from collections.abc import Iterator

from tests.unit.charts.generated import PAGE
from tests.unit.charts.rendering import Chart, Object, Objects

Grant = tuple[str, str, str]
"""API group, resource, verb."""

NAMESPACED = {"watchNamespaces": ["team-a", "team-b"]}


def grants(role: Object) -> list[Grant]:
    """Each group, resource and verb; a right granted twice is there twice."""
    return [
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]


def listed(heading: str) -> list[list[str]]:
    """The rows of the tables under a heading of the page."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in section.splitlines() if row[:1] == "|"
    ]
    return [row for row in rows if row[0] not in ("API group", "role", "---")]


def listed_grants() -> Iterator[Grant]:
    for group, resource, verbs, why in listed("What the operator may do"):
        assert why
        for verb in verbs.split(", "):
            yield ("" if group == "core" else group, resource, verb)


class TestOperator:
    def test_it_may_do_what_is_listed_and_nothing_else(self, chart: Chart) -> None:
        rendered = chart.objects()
        own = [
            (group, "leases (its own)" if verb in ("get", "patch") else resource, verb)
            for group, resource, verb in grants(rendered.one("Role", "tunewright-lease"))
        ]
        assert sorted(grants(rendered.one("ClusterRole", "tunewright")) + own) == sorted(listed_grants())

    def test_a_role_in_each_watched_namespace_has_the_same_rules(self, chart: Chart) -> None:
        wide = chart.objects().one("ClusterRole", "tunewright")["rules"]
        roles = [
            role for role in chart.objects(NAMESPACED).of("Role") if role["metadata"]["name"] == "tunewright"
        ]
        assert [role["metadata"]["namespace"] for role in roles] == ["team-a", "team-b"]
        assert [role["rules"] for role in roles] == [wide, wide]

    def test_of_leases_it_has_only_its_own(self, chart: Chart) -> None:
        rendered = chart.objects(release="other")
        [create, hold] = rendered.one("Role", "other-tunewright-lease")["rules"]
        assert (create["verbs"], create.get("resourceNames")) == (["create"], None)
        assert (hold["verbs"], hold["resourceNames"]) == (["get", "patch"], ["other-tunewright"])
        assert "--lease-name=other-tunewright" in arguments(rendered)
        assert "--lease-namespace=tunewright" in arguments(rendered)

    def test_nothing_that_would_let_it_become_more(self, chart: Chart) -> None:
        everything = [
            grant
            for values in ({}, NAMESPACED)
            for kind in ("Role", "ClusterRole")
            for role in chart.objects(values).of(kind)
            for grant in grants(role)
        ]
        assert not [grant for grant in everything if "*" in grant]
        assert not {"secrets", "configmaps", "serviceaccounts", "nodes", "pods/exec"} & {
            part for _, part, _ in everything
        }
        assert {verb for _, resource, verb in everything if resource == "pods"} == {"list", "watch"}
        assert not {group for group, _, _ in everything} & {
            "rbac.authorization.k8s.io",
            "apiextensions.k8s.io",
        }

    def test_each_binding_names_its_role_and_the_operator(self, chart: Chart) -> None:
        for values in ({}, NAMESPACED, {"serviceAccount": {"name": "mine", "create": False}}):
            rendered = chart.objects(values, "--skip-tests")
            account = rendered.one("Deployment")["spec"]["template"]["spec"]["serviceAccountName"]
            bindings = rendered.of("RoleBinding") + rendered.of("ClusterRoleBinding")
            assert len(bindings) == (3 if values is NAMESPACED else 2)
            for binding in bindings:
                kind, name = binding["roleRef"]["kind"], binding["roleRef"]["name"]
                home = binding["metadata"].get("namespace")
                assert [role for role in rendered.of(kind) if where(role) == (home, name)]
                assert binding["subjects"] == [
                    {"kind": "ServiceAccount", "name": account, "namespace": "tunewright"}
                ]

    def test_without_the_things_of_the_cluster_all_is_in_its_namespaces(self, chart: Chart) -> None:
        values = {**NAMESPACED, "crds": {"enabled": False}, "userRoles": {"enabled": False}}
        homes = {found["metadata"].get("namespace") for found in chart.objects(values)}
        assert homes == {"tunewright", "team-a", "team-b"}

    def test_two_releases_of_one_name_share_nothing(self, chart: Chart) -> None:
        def made(namespace: str, **values: object) -> set[tuple[str, str | None, str]]:
            rendered = chart.objects({"watchNamespaces": [namespace], **values}, namespace=namespace)
            return {(found["kind"], *where(found)) for found in rendered}

        second = made("two", crds={"enabled": False}, userRoles={"enabled": False})
        assert second and not made("one") & second


class TestUsers:
    def test_their_roles_are_as_listed(self, chart: Chart) -> None:
        rendered = chart.objects()
        for name, taken_in, *verbs in listed("What users may do"):
            role = rendered.one("ClusterRole", name.strip("`"))
            for resource, allowed in zip(("hyperparameterstudies", "trials"), verbs, strict=True):
                wanted = {("tunewright.dev", resource, verb) for verb in allowed.split(", ")}
                assert {grant for grant in grants(role) if grant[1] == resource} == wanted
            aggregated = [label for label in role["metadata"]["labels"] if "aggregate-to" in label]
            assert aggregated == [f"rbac.authorization.k8s.io/aggregate-to-{taken_in.split(', ')[0]}"]

    def test_nobody_but_the_operator_writes_a_trial_or_a_status(self, chart: Chart) -> None:
        for role in chart.objects().of("ClusterRole"):
            if role["metadata"]["name"] != "tunewright":
                assert {verb for _, part, verb in grants(role) if part == "trials"} == {
                    "get",
                    "list",
                    "watch",
                }
                assert not [part for _, part, _ in grants(role) if "/" in part]

    def test_they_can_be_left_to_another_release(self, chart: Chart) -> None:
        rendered = chart.objects({"userRoles": {"enabled": False}})
        assert [role["metadata"]["name"] for role in rendered.of("ClusterRole")] == ["tunewright"]


def where(found: Object) -> tuple[str | None, str]:
    return found["metadata"].get("namespace"), found["metadata"]["name"]


def arguments(rendered: Objects) -> list[str]:
    [container] = rendered.one("Deployment")["spec"]["template"]["spec"]["containers"]
    return [str(argument) for argument in container["args"]]


def test_every_rule_says_why(chart: Chart) -> None:
    """A comment stands before each rule of the operator."""
    rules = re.split(r"\n  (?=- apiGroups)", chart.text(None, "--show-only=templates/rbac.yaml"))
    for before in rules[:-1]:
        last = before.splitlines()[-1].strip()
        assert last.startswith("# ") or "leases" in before, before
