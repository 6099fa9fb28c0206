"""What `helm test` runs: wait until the operator has refused a study that nobody else can refuse.

That takes all of it: the kinds, the operator's lease, its watch, its rights, and a write of a status.
Arguments: the study's namespace, its name, and the seconds to wait.
"""

import sys

from kubernetes import client, config, watch


def main(namespace: str, name: str, seconds: int) -> str | None:
    """What is wrong, or nothing."""
    config.load_incluster_config()
    changes = watch.Watch().stream(
        client.CustomObjectsApi().list_namespaced_custom_object,
        "tunewright.dev",
        "v1alpha1",
        namespace,
        "hyperparameterstudies",
        field_selector=f"metadata.name={name}",
        timeout_seconds=seconds,
    )
    for change in changes:
        for condition in change["object"].get("status", {}).get("conditions", []):
            if condition["type"] == "Failed" and condition["status"] == "True":
                print(f"the operator answers: {condition['reason']}: {condition['message']}")
                if condition["reason"] != "InvalidStudy":
                    return (
                        f"{namespace}/{name}: the reason is {condition['reason']}; it should be InvalidStudy"
                    )
                return None
    return f"{namespace}/{name}: the operator has not answered within {seconds} s; its log says why"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
