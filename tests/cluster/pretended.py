"""Trials on kwok nodes: real Trials, Jobs and pods in the API, whose last word kwok makes up."""

import json
from typing import Any

from tests.cluster.machine.cluster import Cluster


def complete_with_last_word(cluster: Cluster) -> None:
    """Have kwok write what a program that uses the SDK leaves behind: accuracy is the parameter x."""
    stage = json.loads(cluster.kubectl("get", "stage", "pod-complete", "-o", "json"))
    stage["spec"]["next"]["statusTemplate"] = """
{{ $now := Now }}
{{ $root := . }}
containerStatuses:
{{ range $index, $item := .spec.containers }}
{{ $origin := index $root.status.containerStatuses $index }}
- image: {{ $item.image | Quote }}
  name: {{ $item.name | Quote }}
  ready: false
  restartCount: 0
  started: false
  state:
    terminated:
      exitCode: 0
      finishedAt: {{ $now | Quote }}
      reason: Completed
      startedAt: {{ $now | Quote }}
      message: '{"v":2,"final":true,"metrics":{"accuracy":[[1,
        {{- range $item.env }}{{ if eq .name "HP_X" }}{{ .value }}{{ end }}{{ end -}}
        ],null,null]},"curve":{}}'
{{ end }}
phase: Succeeded
"""
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f-", input=json.dumps(stage))


def study(name: str, trials: int, parallelism: int, **spec: Any) -> dict[str, Any]:
    """A study of one parameter x, whose trials run on kwok nodes, a moment each."""
    return {
        "apiVersion": "tunewright.dev/v1alpha1",
        "kind": "HyperparameterStudy",
        "metadata": {"name": name},
        "spec": {
            "objectives": [{"metric": "accuracy", "direction": "maximize"}],
            "parameters": [{"name": "x", "type": "float", "min": 0.0, "max": 1.0}],
            "algorithm": {"name": "random"},
            "budget": {"maxTrials": trials, "parallelism": parallelism},
            "trial": {
                "finalTest": False,
                "template": {
                    "spec": {
                        "template": {
                            "spec": {
                                "nodeSelector": {"type": "kwok"},
                                "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}],
                                "containers": [{"name": "train", "image": "pretended", "command": ["train"]}],
                            }
                        }
                    }
                },
            },
            **spec,
        },
    }
