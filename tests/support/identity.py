"""A stand-in for Azure's token service on this machine, and Azurite that takes its tokens.

The service speaks as App Service and Container Apps do to a managed identity; what asks is the real azure-identity.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import os
import ssl
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from datastore_db.local.install import azurite, node
from datastore_db.local.storage import HOST, free_port

TENANT = "5bd9c1a8-1111-4c1e-9a55-0c1f1e0a7b10"
STORAGE = "https://storage.azure.com"
DATABASES = "https://ossrdbms-aad.database.windows.net"


@dataclass
class TokenService:
    """The tokens that were given, for which resource.

    seconds: how long a token is good. audience: whom they are for, if not for what was asked for. when_given: called
    with each token before it is sent.
    """

    port: int = 0
    header: str = field(default_factory=lambda: uuid.uuid4().hex)
    seconds: int = 3600
    audience: str | None = None
    is_refusing: bool = False
    given: list[tuple[str, str]] = field(default_factory=list)
    when_given: Callable[[str], object] = lambda token: None

    @property
    def environment(self) -> dict[str, str]:
        """Azure's answer to a process with a managed identity."""
        return {"IDENTITY_ENDPOINT": f"http://{HOST}:{self.port}/msi/token", "IDENTITY_HEADER": self.header}

    def tokens_for(self, resource: str) -> list[str]:
        return [token for asked, token in self.given if asked == resource]

    def answer(self, resource: str, header: str | None) -> tuple[int, dict[str, str]]:
        if self.is_refusing or header != self.header:
            return 400, {"statusCode": "400", "message": "no managed identity was found"}
        now = int(time.time())
        claims = {
            "aud": self.audience or resource,
            "iss": f"https://sts.windows.net/{TENANT}/",
            "iat": now - 60,
            "nbf": now - 60,
            "exp": now + max(self.seconds, 60),
            "oid": "0d7c4d7e-53a8-4f0e-8f0b-9d2f4f1c2e21",
            "tid": TENANT,
            "jti": uuid.uuid4().hex,
        }
        token = ".".join([_part({"typ": "JWT", "alg": "RS256"}), _part(claims), "c2lnbmF0dXJl"])
        self.when_given(token)
        self.given.append((resource, token))
        return 200, {
            "access_token": token,
            "expires_on": str(now + self.seconds),
            "resource": resource,
            "token_type": "Bearer",
        }


def _part(content: dict[str, object] | dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


@contextmanager
def token_service() -> Iterator[TokenService]:
    """The service, for as long as it is needed."""
    service = TokenService()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            resource = parse_qs(urlsplit(self.path).query)["resource"][0]
            status, answer = service.answer(resource, self.headers.get("X-IDENTITY-HEADER"))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        service.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for this machine and its key, good for a day: two files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "datastore-db test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@dataclass(frozen=True)
class SecureStorage:
    """Azurite over HTTPS, which takes tokens as well as its account's key."""

    url: str
    connection_string: str
    certificate: Path


@contextmanager
def secure_storage(folder: Path) -> Iterator[SecureStorage]:
    """Azurite in its OAuth mode: it reads a token's issuer, audience and times, and believes its signature."""
    certificate, key = make_certificate(folder)
    account, account_key = "identity", base64.b64encode(os.urandom(64)).decode()
    port = free_port(0)
    data = folder / "azurite"
    data.mkdir()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("AZURITE_", "NODE_"))}
    environment["AZURITE_ACCOUNTS"] = f"{account}:{account_key}"
    with (folder / "azurite.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(str(node()), str(azurite(print)), "--silent", "--location", str(data)),
                *("--blobHost", HOST, "--blobPort", str(port), "--cert", str(certificate), "--key", str(key)),
                *("--oauth", "basic", "--disableProductStyleUrl", "--skipApiVersionCheck", "--disableTelemetry"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=data,
            env=environment,
        )
    url = f"https://{HOST}:{port}/{account}"
    try:
        _wait_for(port, certificate)
        yield SecureStorage(
            url,
            f"DefaultEndpointsProtocol=https;AccountName={account};AccountKey={account_key};BlobEndpoint={url};",
            certificate,
        )
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    deadline = time.monotonic() + 60
    while True:
        connection = http.client.HTTPSConnection(HOST, port, timeout=5, context=context)
        try:
            connection.request("GET", "/identity?comp=list")
            connection.getresponse()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
        finally:
            connection.close()
