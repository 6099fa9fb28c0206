"""Calls to the API server: plain dicts in and out, every failure an `ApiError`.

Typed models of the client library are not used: they are slow, and drop fields that they do not know.
Objects come without `metadata.managedFields`, which nobody here reads and which are a large part of them.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

import urllib3
from kubernetes.client import ApiClient
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException

from tunewright.cluster import connection
from tunewright.cluster.api_error import (
    AlreadyExists,
    ApiError,
    Conflict,
    Gone,
    NotFound,
    Refused,
    Unavailable,
    error_of_answer,
    error_of_status,
)

__all__ = [
    "CLAIMS",
    "EVENTS",
    "JOBS",
    "LEASES",
    "NAMESPACES",
    "PODS",
    "STUDIES",
    "TRIALS",
    "AlreadyExists",
    "ApiError",
    "Conflict",
    "Gateway",
    "Gone",
    "Kind",
    "NotFound",
    "Object",
    "Refused",
    "Unavailable",
    "Watch",
]

Object = dict[str, Any]
"""An object as the API server sends it. Never changed once it was handed out: others read the same."""

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 30.0
PAGE = 500


@dataclass(frozen=True)
class Kind:
    """A kind of object, as its paths name it.

    Attributes:
        api: path of its group and version.
        plural: its name in paths.
    """

    api: str
    plural: str

    def path(self, namespace: str | None, name: str = "") -> str:
        """Path of one object, or of all of a namespace, or of all of the cluster."""
        parts = [self.api]
        if namespace is not None:
            parts += ["namespaces", quote(namespace, safe="")]
        parts.append(self.plural)
        if name:
            parts.append(quote(name, safe=""))
        return "/".join(parts)


STUDIES = Kind("/apis/tunewright.dev/v1alpha1", "hyperparameterstudies")
TRIALS = Kind("/apis/tunewright.dev/v1alpha1", "trials")
JOBS = Kind("/apis/batch/v1", "jobs")
PODS = Kind("/api/v1", "pods")
CLAIMS = Kind("/api/v1", "persistentvolumeclaims")
EVENTS = Kind("/api/v1", "events")
NAMESPACES = Kind("/api/v1", "namespaces")
LEASES = Kind("/apis/coordination.k8s.io/v1", "leases")


class Watch(Iterator[Object]):
    """The changes of a kind as they come: `type` (ADDED, MODIFIED, DELETED, BOOKMARK) and `object`."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self._response = response
        self._closed = False
        self._events = self._read()

    def __next__(self) -> Object:
        """
        Raises:
            Gone: the version that it began at is too old.
            ApiError: it broke off.
        """
        return next(self._events)

    def close(self) -> None:
        """End it, from whichever thread; who waits for its next change is told that there is none."""
        self._closed = True
        with contextlib.suppress(ValueError, RuntimeError, OSError):
            self._response.shutdown()

    def _read(self) -> Iterator[Object]:
        rest = b""
        try:
            with _network_errors():
                for chunk in self._response.stream():
                    *lines, rest = (rest + chunk).split(b"\n")
                    yield from map(_change, lines)
        except Exception:
            if not self._closed:
                raise
        finally:
            self._response.close()


class Gateway:
    """One API server, as one user. Many threads may share it.

    Every call raises an `ApiError` where the server does not do it. None is repeated here: how long to wait
    before the next try is for the caller to say.

    Attributes:
        api_client: the library's client that it calls with.
        default_namespace: the namespace that is meant where none is named.

    Args:
        read_timeout: seconds without a byte after which a call counts as not answered.
    """

    def __init__(
        self, api_client: ApiClient, default_namespace: str, read_timeout: float = READ_TIMEOUT
    ) -> None:
        self._read_timeout = read_timeout
        self.api_client = api_client
        self.api_client.user_agent = f"tunewright/{version('tunewright')}"
        self.default_namespace = default_namespace

    @classmethod
    def connect(cls, context: str | None = None, kubeconfig: str | None = None) -> "Gateway":
        """To the cluster that kubectl would take; nothing is called yet.

        Args:
            context: a context of the kubeconfig; its current one where None.
            kubeconfig: path; $KUBECONFIG, then ~/.kube/config, then the pod's service account where None.

        Raises:
            InvalidInput: there is none, or the kubeconfig cannot be used.
        """
        found = connection.connect(context, kubeconfig)
        return cls(found.api_client, found.namespace)

    def list_page(
        self,
        kind: Kind,
        namespace: str | None,
        *,
        selector: str = "",
        field_selector: str = "",
        limit: int = PAGE,
        continue_: str = "",
    ) -> Object:
        """One page of a list, of all namespaces where None; `metadata.continue` where there are more.

        Raises:
            Gone: the list was begun too long ago.
        """
        query = {
            "labelSelector": selector,
            "fieldSelector": field_selector,
            "limit": str(limit),
            "continue": continue_,
        }
        page = self._call("GET", kind.path(namespace), query)
        page["items"] = page.get("items") or []
        for item in page["items"]:
            # The server leaves them out in lists of its own kinds.
            item.setdefault("apiVersion", page["apiVersion"])
            item.setdefault("kind", page["kind"].removesuffix("List"))
            _strip(item)
        return page

    def list_version(
        self, kind: Kind, namespace: str | None, *, selector: str = "", field_selector: str = ""
    ) -> tuple[list[Object], str]:
        """All pages of a list, and its version, where a watch goes on."""
        limit = PAGE
        while True:
            items: list[Object] = []
            continue_ = ""
            try:
                while True:
                    page = self.list_page(
                        kind,
                        namespace,
                        selector=selector,
                        field_selector=field_selector,
                        limit=limit,
                        continue_=continue_,
                    )
                    items += page["items"]
                    continue_ = page["metadata"].get("continue", "")
                    if not continue_:
                        return items, page["metadata"]["resourceVersion"]
            except Gone:
                if not limit:
                    raise
                # Too slow for pages: once more in one piece.
                limit = 0

    def list(
        self, kind: Kind, namespace: str | None, *, selector: str = "", field_selector: str = ""
    ) -> list[Object]:
        """All objects of a kind, of all namespaces where None."""
        return self.list_version(kind, namespace, selector=selector, field_selector=field_selector)[0]

    def watch(
        self, kind: Kind, namespace: str | None, *, selector: str = "", resource_version: str, timeout: float
    ) -> Watch:
        """The changes after a version, with bookmarks, for about `timeout` seconds."""
        query = {
            "watch": "true",
            "labelSelector": selector,
            "resourceVersion": resource_version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(round(timeout)),
        }
        return Watch(self._open("GET", kind.path(namespace), query, longer=timeout))

    def get(self, kind: Kind, namespace: str | None, name: str) -> Object:
        """One object; of a kind that has no namespaces where None."""
        return _strip(self._call("GET", kind.path(namespace, name)))

    def create(self, kind: Kind, namespace: str, body: Object, *, dry_run: bool = False) -> Object:
        """Create an object; the answer is as the server keeps it.

        Args:
            dry_run: only ask whether it would be created. Fields that the server does not know are then
                refused; otherwise it drops them.

        Raises:
            AlreadyExists: an object of this name is there, perhaps from this very call sent before.
            Conflict: a quota was changed at the same time; try again.
        """
        query = {"dryRun": "All", "fieldValidation": "Strict"} if dry_run else {}
        return _strip(self._call("POST", kind.path(namespace), query, body))

    def replace_status(self, kind: Kind, body: Object) -> Object:
        """Replace an object's status, if it still is at the body's `resourceVersion`.

        Raises:
            Conflict: somebody else wrote it, or it is another object of this name.
        """
        return _strip(self._call("PUT", f"{_path_of(kind, body)}/status", body=body))

    def merge(self, kind: Kind, namespace: str, name: str, patch: Object) -> Object:
        """Change an object by a JSON merge patch (RFC 7396).

        Raises:
            Conflict: the patch has a `metadata.resourceVersion`, and somebody else wrote the object since.
        """
        return _strip(self._call("PATCH", kind.path(namespace, name), body=patch))

    def delete(self, kind: Kind, namespace: str, name: str, uid: str) -> None:
        """Delete an object, and in the background what it owns. That it is gone already is fine.

        Raises:
            Conflict: the object of this name is another one.
        """
        options = {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Background",
            "preconditions": {"uid": uid},
        }
        with contextlib.suppress(NotFound):
            self._call("DELETE", kind.path(namespace, name), body=options)

    def log(
        self, namespace: str, pod: str, container: str, *, since: str | None = None, limit_bytes: int
    ) -> bytes:
        """A container's log, each line after its time; the last line may be cut.

        Args:
            since: RFC 3339; older lines are left out, to the whole second, so that some come again.
            limit_bytes: of what is sent, oldest lines first.
        """
        query = {
            "container": container,
            "timestamps": "true",
            "sinceTime": since or "",
            "limitBytes": str(limit_bytes),
        }
        return self._read("GET", f"{PODS.path(namespace, pod)}/log", query)[:limit_bytes]

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Object | None = None
    ) -> Object:
        answer = self._read(method, path, query, body)
        try:
            decoded = json.loads(answer)
        except ValueError as error:
            raise Unavailable(0, "", f"the answer to {method} {path} is not JSON") from error
        if not isinstance(decoded, dict):
            raise Unavailable(0, "", f"the answer to {method} {path} is not an object")
        return decoded

    def _read(
        self, method: str, path: str, query: Mapping[str, str] | None = None, body: Object | None = None
    ) -> bytes:
        with _network_errors():
            return self._open(method, path, query, body).data

    def _open(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: Object | None = None,
        longer: float = 0.0,
    ) -> urllib3.BaseHTTPResponse:
        headers = {"Accept": "application/json"}
        if body is not None:
            content = "application/merge-patch+json" if method == "PATCH" else "application/json"
            headers["Content-Type"] = content
        with _network_errors():
            _, url, headers, _, _ = self.api_client.param_serialize(
                method,
                path,
                query_params=[(key, value) for key, value in (query or {}).items() if value],
                header_params=headers,
                auth_settings=["BearerToken"],
            )
            response: urllib3.BaseHTTPResponse = self.api_client.call_api(
                method, url, headers, body, _request_timeout=(CONNECT_TIMEOUT, self._read_timeout + longer)
            ).response
            if 200 <= response.status < 300:
                return response
            raise error_of_answer(response.status, response.data, response.headers.get("Retry-After"))


@contextlib.contextmanager
def _network_errors() -> Iterator[None]:
    """Turns what stands in the way of an answer into `Unavailable`."""
    try:
        yield
    except ApiException as error:
        raise Unavailable(0, "", f"no answer: {error.reason}") from error
    except (urllib3.exceptions.HTTPError, ConfigException, OSError) as error:  # OSError: token, certificate
        raise Unavailable(0, "", f"no answer: {error}") from error


def _change(line: bytes) -> Object:
    try:
        change: Object = json.loads(line)
    except ValueError as error:
        raise Unavailable(0, "", "a watch sent what is not JSON") from error
    if change["type"] == "ERROR":
        raise error_of_status(change["object"])
    _strip(change["object"])
    return change


def _path_of(kind: Kind, body: Object) -> str:
    return kind.path(body["metadata"]["namespace"], body["metadata"]["name"])


def _strip(body: Object) -> Object:
    body.get("metadata", {}).pop("managedFields", None)
    return body
