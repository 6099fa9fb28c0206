"""The operator's Deployment and what stands around it."""

import json
from importlib.metadata import version
from typing import Any

import click
import pytest
import yaml
from tests.unit.charts.rendering import CHARTS, Chart, Object, Objects

from tunewright.cli.commands import commands
from tunewright.cluster import labels, metrics_port

VERSION = version("tunewright")

FULL: dict[str, Any] = {
    "replicas": 2,
    "watchNamespaces": ["team-a", "2024"],
    "imagePullSecrets": ["registry"],
    "image": {
        "repository": "mirror:5000/tunewright/operator",
        "tag": f"9@sha256:{'a' * 64}",
        "pullPolicy": "Always",
    },
    "trainer": {"image": {"repository": "mirror:5000/trainer", "pullPolicy": "Never"}},
    "operator": {
        "scrapeIntervalSeconds": 7,
        "jobTtlSeconds": 1_000_000_000,
        "samplerWorkers": 3,
        "samplerTimeoutSeconds": 60,
        "workers": 5,
        "logFormat": "text",
        "logLevel": "debug",
    },
    "podLabels": {"team": "ml", "app.kubernetes.io/component": "impostor"},
    "podAnnotations": {"note": "1"},
    "priorityClassName": "system-cluster-critical",
    "nodeSelector": {"pool": "system"},
    "tolerations": [{"key": "system", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}
    ],
    "networkPolicy": {"enabled": True, "apiServerPorts": [16443]},
    "podMonitors": {"operator": True, "trials": True, "labels": {"release": "prometheus"}},
}


def pod_of(rendered: Objects) -> Object:
    template: Object = rendered.one("Deployment")["spec"]["template"]
    return template


def container_of(rendered: Objects) -> Object:
    [container] = pod_of(rendered)["spec"]["containers"]
    return dict(container)


def selects(selector: Object, found: Object) -> bool:
    wanted: dict[str, str] = selector["matchLabels"]
    has: dict[str, str] = found["metadata"]["labels"]
    return wanted.items() <= has.items()


def options_of(rendered: Objects) -> dict[str, Any]:
    """What the operator's own command line makes of the arguments."""
    name, *arguments = container_of(rendered)["args"]
    command = commands.commands[name]
    with command.make_context(name, list(arguments)) as context:
        return dict(context.params)


class TestCommandLine:
    def test_the_operator_takes_the_defaults_as_its_own(self, chart: Chart) -> None:
        given = options_of(chart.objects())
        with commands.commands["operator"].make_context("operator", []) as context:
            own = dict(context.params)
        different = {name: value for name, value in given.items() if value != own[name]}
        assert different == {
            "trainer_image": f"tunewright/trainer:{VERSION}",
            "trainer_image_pull_policy": "IfNotPresent",
            "lease_namespace": "tunewright",
            "lease_name": "tunewright",
        }

    def test_each_value_reaches_it(self, chart: Chart) -> None:
        given = options_of(chart.objects(FULL))
        wanted = {
            "namespaces": ("team-a", "2024"),
            "trainer_image": "mirror:5000/trainer:0.1.0",
            "trainer_image_pull_policy": "Never",
            "scrape_interval": 7.0,
            "job_ttl": 1_000_000_000,
            "sampler_workers": 3,
            "sampler_timeout": 60.0,
            "workers": 5,
            "log_format": "text",
            "log_level": "debug",
        }
        assert {name: given[name] for name in wanted} == wanted

    @pytest.mark.parametrize("end", ["minimum", "maximum"])
    def test_what_the_schema_lets_through_the_operator_takes(self, chart: Chart, end: str) -> None:
        schema = json.loads((CHARTS / "tunewright" / "values.schema.json").read_text(encoding="utf-8"))
        numbers = schema["properties"]["operator"]["properties"].items()
        values = {name: node[end] for name, node in numbers if end in node}
        assert len(values) == 5
        given = options_of(chart.objects({"operator": values}))
        assert set(values.values()) <= set(given.values())

    def test_probes_ask_the_port_that_it_serves(self, chart: Chart) -> None:
        rendered = chart.objects()
        container = container_of(rendered)
        assert container["ports"] == [{"name": "http", "containerPort": options_of(rendered)["port"]}]
        asked = {probe: container[probe]["httpGet"] for probe in container if probe.endswith("Probe")}
        assert asked == {
            "startupProbe": {"path": "/healthz", "port": "http"},
            "livenessProbe": {"path": "/healthz", "port": "http"},
            "readinessProbe": {"path": "/readyz", "port": "http"},
        }


class TestPods:
    @pytest.mark.parametrize("values", [{}, FULL], ids=["defaults", "full"])
    def test_all_are_restricted(self, chart: Chart, values: dict[str, Any]) -> None:
        rendered = chart.objects(values)
        for pod in (pod_of(rendered)["spec"], rendered.one("Pod")["spec"]):
            assert pod["securityContext"] == {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "runAsGroup": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            }
            [container] = pod["containers"]
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]

    def test_the_platform_may_assign_the_user(self, chart: Chart) -> None:
        rendered = chart.objects({"podSecurityContext": {"runAsUser": None, "runAsGroup": None}})
        assert set(pod_of(rendered)["spec"]["securityContext"]) == {"runAsNonRoot", "seccompProfile"}

    def test_only_tmp_can_be_written(self, chart: Chart) -> None:
        rendered = chart.objects()
        [mount] = container_of(rendered)["volumeMounts"]
        [volume] = pod_of(rendered)["spec"]["volumes"]
        assert (mount["mountPath"], mount["name"], "emptyDir" in volume) == ("/tmp", volume["name"], True)

    def test_a_token_is_given_only_to_pods(self, chart: Chart) -> None:
        rendered = chart.objects()
        assert [each["automountServiceAccountToken"] for each in rendered.of("ServiceAccount")] == [
            False,
            False,
        ]
        assert pod_of(rendered)["spec"]["automountServiceAccountToken"] is True

    def test_where_it_runs_is_as_told(self, chart: Chart) -> None:
        rendered = chart.objects(FULL)
        spec = pod_of(rendered)["spec"]
        assert (
            spec["imagePullSecrets"]
            == [{"name": "registry"}]
            == rendered.one("Pod")["spec"]["imagePullSecrets"]
        )
        for name in ("priorityClassName", "nodeSelector", "tolerations", "affinity"):
            assert spec[name] == FULL[name]
        [spread] = spec["topologySpreadConstraints"]
        assert selects(spread["labelSelector"], pod_of(rendered))
        assert pod_of(rendered)["metadata"]["annotations"] == {"note": "1"}
        assert pod_of(rendered)["metadata"]["labels"]["team"] == "ml"

    def test_images_are_those_of_the_chart_s_version(self, chart: Chart) -> None:
        rendered = chart.objects()
        image = f"tunewright/operator:{VERSION}"
        assert (
            container_of(rendered)["image"] == image == rendered.one("Pod")["spec"]["containers"][0]["image"]
        )
        assert (
            container_of(chart.objects(FULL))["image"]
            == f"mirror:5000/tunewright/operator:9@sha256:{'a' * 64}"
        )

    def test_the_versions_are_those_of_the_project(self) -> None:
        described = yaml.safe_load((CHARTS / "tunewright" / "Chart.yaml").read_text(encoding="utf-8"))
        assert described["version"] == described["appVersion"] == VERSION


class TestSelectors:
    def test_all_choose_the_operator_and_not_the_test(self, chart: Chart) -> None:
        rendered = chart.objects(FULL)
        selectors = [
            rendered.one("Deployment")["spec"]["selector"],
            rendered.one("PodDisruptionBudget")["spec"]["selector"],
            rendered.one("NetworkPolicy")["spec"]["podSelector"],
            rendered.one("PodMonitor", "tunewright")["spec"]["selector"],
        ]
        for selector in selectors:
            assert selects(selector, pod_of(rendered))
            assert not selects(selector, rendered.one("Pod"))


class TestAround:
    def test_a_single_replica_has_no_disruption_budget(self, chart: Chart) -> None:
        assert "PodDisruptionBudget" not in chart.objects().kinds()
        assert chart.objects(FULL).one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1

    def test_nothing_optional_is_there_by_default(self, chart: Chart) -> None:
        assert chart.objects({}, "--skip-tests").kinds() == {
            *("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"),
            *("ServiceAccount", "Deployment"),
        }

    def test_the_network_policy_lets_trials_be_read(self, chart: Chart) -> None:
        trials = {"matchExpressions": [{"key": labels.TRIAL, "operator": "Exists"}]}
        wide = chart.objects({"networkPolicy": {"enabled": True}}).one("NetworkPolicy")["spec"]
        narrow = chart.objects(FULL).one("NetworkPolicy")["spec"]
        assert wide["ingress"] == [{"ports": [{"protocol": "TCP", "port": "http"}]}]
        assert wide["egress"] == [
            {"ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 6443}]},
            {
                "to": [{"namespaceSelector": {}, "podSelector": trials}],
                "ports": [{"protocol": "TCP", "port": metrics_port.METRICS_PORT_NAME}],
            },
        ]
        assert narrow["egress"][0] == {"ports": [{"protocol": "TCP", "port": 16443}]}
        [to] = narrow["egress"][1]["to"]
        assert to["podSelector"] == trials
        [only] = to["namespaceSelector"]["matchExpressions"]
        assert only == {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["team-a", "2024"]}

    def test_the_pod_monitors_find_what_they_scrape(self, chart: Chart) -> None:
        rendered = chart.objects(FULL)
        own, trials = rendered.of("PodMonitor")
        assert own["metadata"]["labels"]["release"] == trials["metadata"]["labels"]["release"] == "prometheus"
        assert [each["port"] for each in own["spec"]["podMetricsEndpoints"]] == ["http"]
        assert trials["spec"]["selector"] == {
            "matchExpressions": [{"key": labels.TRIAL, "operator": "Exists"}]
        }
        assert trials["spec"]["namespaceSelector"] == {"matchNames": ["team-a", "2024"]}
        [endpoint] = trials["spec"]["podMetricsEndpoints"]
        assert endpoint["port"] == metrics_port.METRICS_PORT_NAME


class TestNames:
    @pytest.mark.parametrize("release", ["my-tunewright", "1", "y" * 53])
    def test_every_name_and_label_is_one_that_kubernetes_takes(self, chart: Chart, release: str) -> None:
        for found in chart.objects(FULL, release=release, namespace="123"):
            name = found["metadata"]["name"]
            assert isinstance(name, str) and len(name) <= 63
            if found["kind"] != "CustomResourceDefinition":
                assert name.startswith(release[:50])
            assert all(isinstance(value, str) for value in found["metadata"]["labels"].values())
            assert isinstance(found["metadata"].get("namespace", ""), str)

    def test_the_full_name_can_be_given(self, chart: Chart) -> None:
        rendered = chart.objects({"fullnameOverride": "true"})
        assert rendered.one("Deployment")["metadata"]["name"] == "true"


def test_wrong_arguments_would_be_seen() -> None:
    """What TestCommandLine rests on."""
    with pytest.raises(click.UsageError):
        commands.commands["operator"].make_context("operator", ["--no-such-option=1"])
