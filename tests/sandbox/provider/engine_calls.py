"""The calls of an engine, made by hand: for what an engine does not do on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from provisioning.sandbox.provider import values
from tests.sandbox_process import ACCOUNT, REGION


@dataclass
class EngineCalls:
    """One engine's connection to the daemon."""

    port: int
    account: str = ACCOUNT
    package: str = "aws"
    stack: str = "dev"
    channel: Any = field(init=False)
    provider: Any = field(init=False)

    def __post_init__(self) -> None:
        options = [("grpc.use_local_subchannel_pool", 1)]  # else two share a connection
        self.channel = grpc.insecure_channel(f"127.0.0.1:{self.port}", options=options)
        self.provider = provider_pb2_grpc.ResourceProviderStub(self.channel)

    def close(self) -> None:
        self.channel.close()

    def urn(self, token: str, name: str = "thing") -> str:
        return f"urn:pulumi:{self.stack}::calls::{token}::{name}"

    def configure(self) -> Any:
        args = {"region": REGION, "allowedAccountIds": [self.account]}
        return self.provider.Configure(
            provider_pb2.ConfigureRequest(
                urn=self.urn(f"pulumi:providers:{self.package}", "default"),
                args=values.write(args),
                acceptSecrets=True,
            )
        )

    def cancel(self) -> None:
        self.provider.Cancel(empty_pb2.Empty())

    def check(self, token: str, news: dict[str, Any]) -> Any:
        return self.provider.Check(
            provider_pb2.CheckRequest(
                urn=self.urn(token), news=values.write(news), randomSeed=b"of a test"
            )
        )

    def create(self, token: str, news: dict[str, Any], *, timeout: float = 30) -> Any:
        inputs = self.check(token, news).inputs
        request = provider_pb2.CreateRequest(urn=self.urn(token), properties=inputs)
        return self.provider.Create(request, timeout=timeout)

    def read(self, token: str, id: str, state: Any = None, inputs: Any = None) -> Any:
        request = provider_pb2.ReadRequest(
            id=id, urn=self.urn(token), properties=state, inputs=inputs
        )
        return self.provider.Read(request)

    def delete(self, token: str, id: str, state: Any = None) -> None:
        request = provider_pb2.DeleteRequest(id=id, urn=self.urn(token), properties=state)
        self.provider.Delete(request)


def plain(struct: Any) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(struct)
    return found
