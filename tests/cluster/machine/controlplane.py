"""etcd, API server, controller manager and scheduler: their command lines and what they read."""

import csv
import json
import secrets
from pathlib import Path

from tests.cluster.machine.binaries import Binaries
from tests.cluster.machine.network import API_SERVICE, SERVICES, Network

ADMIN, CONTROLLERS, SCHEDULER, KWOK = "admin", "kube-controller-manager", "kube-scheduler", "kwok"

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}
"""Every request with its user, verb and object. A watch is there twice: when it starts and when it ends."""


def configure(state: Path, node: str, network: Network) -> None:
    """Write the audit policy, a token for each user, and for each a kubeconfig (`<user>.kubeconfig`)."""
    (state / "audit-policy.json").write_text(json.dumps(AUDIT_POLICY))
    users = {
        ADMIN: ("tunewright-admin", "system:masters"),
        KWOK: ("tunewright-kwok", "system:masters"),
        CONTROLLERS: ("system:kube-controller-manager", ""),
        SCHEDULER: ("system:kube-scheduler", ""),
        "kubelet": (f"system:node:{node}", "system:nodes"),
    }
    tokens = {key: secrets.token_hex(16) for key in users}
    with private(state / "tokens.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerows([tokens[key], name, name, group] for key, (name, group) in users.items())
    for key, token in tokens.items():
        private(state / f"{key}.kubeconfig").write_text(kubeconfig(state, network, token))


def private(file: Path) -> Path:
    file.touch(mode=0o600)
    return file


def kubeconfig(state: Path, network: Network, token: str) -> str:
    server = {
        "server": f"https://{network.node}:443",
        "certificate-authority": str(state / "certificates/ca.crt"),
    }
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "tunewright", "cluster": server}],
            "users": [{"name": "user", "user": {"token": token}}],
            "contexts": [{"name": "tunewright", "context": {"cluster": "tunewright", "user": "user"}}],
            "current-context": "tunewright",
        },
        indent=1,
    )


def etcd(binaries: Binaries, state: Path) -> list[str]:
    peer = "http://127.0.0.1:2380"
    return [
        str(binaries["etcd"]),
        f"--data-dir={state / 'etcd'}",
        "--unsafe-no-fsync",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
    ]


def api_server(binaries: Binaries, state: Path, network: Network) -> list[str]:
    certificates = state / "certificates"
    return [
        str(binaries["kube-apiserver"]),
        "--etcd-servers=http://127.0.0.1:2379",
        "--secure-port=443",
        f"--advertise-address={network.node}",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
        "--allow-privileged=true",
        f"--token-auth-file={state / 'tokens.csv'}",
        f"--client-ca-file={certificates / 'ca.crt'}",
        f"--tls-cert-file={certificates / 'server.crt'}",
        f"--tls-private-key-file={certificates / 'server.key'}",
        f"--kubelet-client-certificate={certificates / 'kubelet-client.crt'}",
        f"--kubelet-client-key={certificates / 'kubelet-client.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-signing-key-file={certificates / 'service-accounts.key'}",
        f"--service-account-key-file={certificates / 'service-accounts.pub'}",
        f"--audit-policy-file={state / 'audit-policy.json'}",
        f"--audit-log-path={state / 'audit.log'}",
        "--audit-log-maxsize=100000",
    ]


def served_addresses(network: Network) -> list[str]:
    """What the API server's certificate has to name."""
    return [API_SERVICE, network.node, "127.0.0.1"]


FAST = ("--kube-api-qps=2000", "--kube-api-burst=4000", "--leader-elect=false")
"""With the default limits of the clients a cluster gets no further than five Jobs a second."""


def controller_manager(binaries: Binaries, state: Path) -> list[str]:
    certificates = state / "certificates"
    return [
        str(binaries["kube-controller-manager"]),
        f"--kubeconfig={state / CONTROLLERS}.kubeconfig",
        "--use-service-account-credentials",
        f"--root-ca-file={certificates / 'ca.crt'}",
        f"--service-account-private-key-file={certificates / 'service-accounts.key'}",
        *FAST,
    ]


def scheduler(binaries: Binaries, state: Path) -> list[str]:
    return [str(binaries["kube-scheduler"]), f"--kubeconfig={state / SCHEDULER}.kubeconfig", *FAST]
