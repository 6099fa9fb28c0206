"""Tunewright installed for one namespace: a Role there, and no right anywhere else."""

from tests.cluster import installation
from tests.cluster.machine.cluster import Cluster
from tests.cluster.studying import RESTRICTED, a_namespace, shell


def test_a_role_in_one_namespace_is_enough(cluster: Cluster) -> None:
    installation.load_images(cluster, "operator", "shell")
    with a_namespace(cluster, **RESTRICTED) as watched, a_namespace(cluster) as other:
        position = cluster.audit_position()
        installation.install(cluster, watchNamespaces=f"{{{watched.name}}}")
        try:
            for namespace in (other, watched):
                namespace.apply(shell("log", "echo score=$X"))
            watched.wait_for_new("hps/log", "condition=Complete", 120)
            assert other.get("hps", "log")["status"] == {"phase": "Pending"}
            assert not other.list("hptrial")
            roles = cluster.kubectl("get", "clusterrolebindings", "-o", "name")
            assert "tunewright" not in roles
            refused = [
                f"{event['verb']} {event['requestURI']}"
                for event in cluster.audit(position)
                if event["user"].get("username") == installation.USER
                and event.get("responseStatus", {}).get("code") in (401, 403)
            ]
            assert not refused
        finally:
            installation.uninstall(cluster)
