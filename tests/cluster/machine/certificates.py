"""The cluster's certificates, made by openssl: an authority, the API server's, and its one for kubelets."""

from pathlib import Path

from tests.cluster.machine.commands import run

DAYS = "3650"


def make(folder: Path, server_addresses: list[str]) -> None:
    """Write `ca`, `server`, `kubelet-client` (`.crt` and `.key`) and `service-accounts` (`.key`, `.pub`)."""
    folder.mkdir(mode=0o700)
    openssl(folder, *NEW_KEY, "service-accounts.key")
    openssl(folder, "pkey", "-in", "service-accounts.key", "-pubout", "-out", "service-accounts.pub")
    openssl(folder, *NEW_KEY, "ca.key")
    authority = ["-x509", "-key", "ca.key", "-subj", "/CN=cluster", "-days", DAYS, "-out", "ca.crt"]
    openssl(folder, "req", *authority)
    names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"]
    alternatives = [f"DNS:{name}" for name in names] + [f"IP:{address}" for address in server_addresses]
    issue(folder, "server", "/CN=kube-apiserver", f"subjectAltName={','.join(alternatives)}")
    issue(folder, "kubelet-client", "/O=system:masters/CN=kube-apiserver", "extendedKeyUsage=clientAuth")


NEW_KEY = ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out")


def issue(folder: Path, name: str, subject: str, extension: str) -> None:
    openssl(folder, *NEW_KEY, f"{name}.key")
    request = ["req", "-x509", "-key", f"{name}.key", "-subj", subject, "-addext", extension]
    openssl(folder, *request, "-CA", "ca.crt", "-CAkey", "ca.key", "-days", DAYS, "-out", f"{name}.crt")


def openssl(folder: Path, *arguments: str) -> None:
    run(["openssl", *arguments], folder=folder)
