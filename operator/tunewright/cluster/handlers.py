"""The operator's runtime: kopf watches studies, handles signals, and ends the operator."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from typing import Any

import kopf

from tunewright.api.base import GROUP, VERSION


def run(
    configuration: Any, woken: Callable[[str, str], None], namespaces: Sequence[str], stop: threading.Event
) -> None:
    """Run kopf until SIGTERM, SIGINT or `stop`.

    Args:
        configuration: the client library's, of the API server that is meant.
        woken: called with the namespace and name of a study of which kopf has heard; must not block.
        namespaces: the ones to watch; all of them where empty.
        stop: ends it.
    """
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)
    def login(**_: Any) -> kopf.ConnectionInfo:
        # Asked for again whenever the API server takes these no more: a service account's token changes.
        scheme, _space, token = (configuration.get_api_key_with_prefix("BearerToken") or "").partition(" ")
        return kopf.ConnectionInfo(
            server=configuration.host,
            ca_path=configuration.ssl_ca_cert,
            insecure=not configuration.verify_ssl,
            scheme=scheme or None,
            token=token or None,
            certificate_path=configuration.cert_file,
            private_key_path=configuration.key_file,
        )

    @kopf.on.event(GROUP, VERSION, "hyperparameterstudies", registry=registry)
    def heard(namespace: str | None, name: str | None, **_: Any) -> None:
        # An error here would be lost: kopf does not repeat events. So this does next to nothing.
        woken(namespace or "", name or "")

    settings = kopf.OperatorSettings()
    settings.scanning.disabled = True  # needs no right to list namespaces and definitions
    settings.posting.enabled = False

    async def operate() -> None:
        try:
            await kopf.operator(
                registry=registry,
                settings=settings,
                # Or it looks for the name of its user, which in a container need not have one.
                identity="tunewright",  # type: ignore[arg-type]
                standalone=True,  # a Lease says who works; kopf's peering does not
                clusterwide=not namespaces,
                namespaces=namespaces,
                stop_flag=stop,
            )
        finally:
            stop.set()  # kopf waits for it in a thread, which would else outlive a signal

    asyncio.run(operate())
