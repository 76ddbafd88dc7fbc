"""The running provider: one gRPC server that any number of engines attach to."""

from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from provisioning.sandbox.identities import Identities
from provisioning.sandbox.provider.cloud import Clients
from provisioning.sandbox.provider.service import Provider
from provisioning.sandbox.provider.sessions import Sessions

_LARGEST_MESSAGE = 400 * 1024 * 1024  # the engine's own limit
# Each call holds a thread until the cloud has answered, and each engine has several under way.
_THREADS = 96


@dataclass(frozen=True)
class Daemon:
    port: int
    _server: Any
    _sessions: Sessions

    def stop(self, *, grace: float = 3.0) -> None:
        """Refuse new calls, give those under way a moment, and return when all have ended."""
        stopped = self._server.stop(grace)
        self._sessions.close_all()
        stopped.wait()


def start(
    *,
    port: int,
    aws_url: str,
    azure_url: str = "",
    google_url: str = "",
    identities: Identities | None = None,
) -> Daemon:
    """Serve on 127.0.0.1; port 0 takes any free one. The addresses are the simulated clouds'."""
    server = grpc.server(
        ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="provider"),
        options=[
            ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
            ("grpc.max_send_message_length", _LARGEST_MESSAGE),
            # A second daemon on the same port would take half of the engines.
            ("grpc.so_reuseport", 0),
        ],
    )
    urls = {"azure-native": azure_url, "gcp": google_url}
    sessions = Sessions(Clients(aws_url), urls, identities or Identities())
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Provider(sessions), server)
    try:
        taken = server.add_insecure_port(f"127.0.0.1:{port}")
    except RuntimeError as error:
        raise OSError(errno.EADDRINUSE, f"port {port} on 127.0.0.1 is in use") from error
    server.start()
    return Daemon(port=taken, _server=server, _sessions=sessions)
