"""Which API server is meant, and as whom."""

import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes import config
from kubernetes.client import ApiClient, Configuration
from kubernetes.config.incluster_config import (
    SERVICE_HOST_ENV_NAME,
    SERVICE_TOKEN_FILENAME,
    InClusterConfigLoader,
)

from tunewright.api.problems import InvalidInput, Problem

POOL_SIZE = 64
"""Connections kept open; more threads than that open and close some of theirs."""

SERVICE_ACCOUNT = Path(SERVICE_TOKEN_FILENAME).parent


@dataclass(frozen=True)
class Connection:
    """An API server that can be called, and the namespace that is meant where none is named."""

    api_client: ApiClient
    namespace: str


def connect(
    context: str | None,
    kubeconfig: str | None,
    *,
    environ: Mapping[str, str] = os.environ,
    service_account: Path = SERVICE_ACCOUNT,
) -> Connection:
    """As kubectl would connect: by a kubeconfig, or where there is none as the pod's service account.

    Args:
        context: a context of the kubeconfig; its current one where None.
        kubeconfig: path; $KUBECONFIG, then ~/.kube/config where None.
        environ: the environment.
        service_account: the folder where a pod finds its token.

    Raises:
        InvalidInput: there is none, or the kubeconfig cannot be used.
    """
    path = kubeconfig or environ.get("KUBECONFIG") or "~/.kube/config"
    asked_for = kubeconfig is not None or context is not None
    if not asked_for and not _exists(path) and environ.get(SERVICE_HOST_ENV_NAME):
        return _of_service_account(environ, service_account)
    if not _exists(path):
        where = "name one with --kubeconfig or KUBECONFIG" if kubeconfig is None else "no such file"
        raise InvalidInput([Problem("", f"no kubeconfig; {where}")], path)
    return _of_kubeconfig(path, context)


def _exists(path: str) -> bool:
    return any(Path(part).expanduser().exists() for part in path.split(os.pathsep) if part)


def _of_kubeconfig(path: str, context: str | None) -> Connection:
    configuration = _configuration()
    try:
        contexts, current = config.list_kube_config_contexts(path)  # type: ignore[no-untyped-call]
        config.load_kube_config(path, context, configuration)  # type: ignore[no-untyped-call]
    except (config.ConfigException, yaml.YAMLError, OSError, binascii.Error) as error:
        raise InvalidInput([Problem("", str(error))], path) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput([Problem("", "not a kubeconfig")], path) from error
    chosen = next((each for each in contexts if each["name"] == context), current)
    return Connection(ApiClient(configuration), chosen["context"].get("namespace") or "default")


def _of_service_account(environ: Mapping[str, str], folder: Path) -> Connection:
    configuration = _configuration()
    try:
        loader = InClusterConfigLoader(str(folder / "token"), str(folder / "ca.crt"), environ=environ)  # type: ignore[no-untyped-call]
        loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
        namespace = (folder / "namespace").read_text().strip()
    except (config.ConfigException, OSError) as error:
        raise InvalidInput([Problem("", f"this pod has no usable service account: {error}")]) from error
    return Connection(ApiClient(configuration), namespace or "default")


def _configuration() -> Any:
    configuration = Configuration()
    # By default urllib3 repeats a call silently up to three times, and sleeps as long as Retry-After says.
    configuration.retries = False
    configuration.connection_pool_maxsize = POOL_SIZE
    # Or a watch whose server vanished would wait for its whole timeout.
    configuration.keep_alive = True
    return configuration
