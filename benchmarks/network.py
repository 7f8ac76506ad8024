"""A network between a client and the database: it counts round trips, and each takes a while."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo


class Network:
    """Passes bytes on between a port of its own and a PostgreSQL server.

    A round trip begins when the client sends and the server was the last to speak; it waits `delay` seconds then.
    """

    def __init__(self, database_url: str, delay: float) -> None:
        settings = conninfo_to_dict(database_url)
        host, port = str(settings.get("host") or "localhost"), int(settings.get("port") or 5432)
        self._server: tuple[str, int] | str = f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)
        self._delay = delay
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.round_trips = 0
        self.url = make_conninfo(
            database_url,
            host="127.0.0.1",
            port=self._listener.getsockname()[1],
            sslmode="disable",
            gssencmode="disable",
        )

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if isinstance(self._server, str):
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._server)
            else:
                server = socket.create_connection(self._server)
                server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            spoke = threading.Event()
            spoke.set()
            threading.Thread(target=self._forward, args=(client, server, spoke), daemon=True).start()
            threading.Thread(target=self._back, args=(server, client, spoke), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket, spoke: threading.Event) -> None:
        with client, server:
            while chunk := _received(client):
                if spoke.is_set():
                    spoke.clear()
                    self.round_trips += 1
                    time.sleep(self._delay)
                server.sendall(chunk)

    def _back(self, server: socket.socket, client: socket.socket, spoke: threading.Event) -> None:
        while chunk := _received(server):
            spoke.set()
            try:
                client.sendall(chunk)
            except OSError:
                return


def _received(source: socket.socket) -> bytes:
    try:
        return source.recv(1 << 16)
    except OSError:
        return b""
