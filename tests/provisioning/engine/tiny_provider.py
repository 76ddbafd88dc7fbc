"""A resource provider of a few lines, so that the engine can be tried without any cloud.

It serves `aws:tiny/thing:Thing`. Inputs: `value` (changing it is an update), `kind` (changing
it is a replacement), `sleep` (seconds that a create takes), `linger` (seconds that a delete takes),
`refuse` (the words of a refusal).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc


def struct(values: dict[str, Any]) -> struct_pb2.Struct:
    message = struct_pb2.Struct()
    message.update(values)
    return message


class TinyProvider(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self) -> None:
        self.things: dict[str, dict[str, Any]] = {}
        self.cancelled = Event()
        self.deaf = False  # to Cancel
        self.refusal = ""  # said to every Create
        self.begun = 0
        self.made = 0
        self.reading = 0
        self.read_seconds = 0.0

    def Handshake(self, request, context):
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True
        )

    def Attach(self, request, context):
        return Empty()

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="99.0.0")

    def CheckConfig(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request, context):
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request, context):
        self.cancelled.clear()
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=False, acceptResources=True, acceptOutputs=True
        )

    def Check(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request, context):
        old, new = (json_format.MessageToDict(side) for side in (request.old_inputs, request.news))
        changed = [key for key in sorted({*old, *new}) if old.get(key) != new.get(key)]
        kinds = provider_pb2.DiffResponse
        return provider_pb2.DiffResponse(
            changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if key == "kind"],
        )

    def Create(self, request, context):
        inputs = json_format.MessageToDict(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        self.begun += 1
        self.cancelled.wait(float(inputs.get("sleep", 0)))
        if refusal := self.refusal or inputs.get("refuse"):
            context.abort(grpc.StatusCode.UNKNOWN, refusal)
        self.made += 1
        thing_id = f"thing-{self.made}"
        self.things[thing_id] = inputs
        return provider_pb2.CreateResponse(id=thing_id, properties=request.properties)

    def Update(self, request, context):
        inputs = json_format.MessageToDict(request.news)
        if request.preview:
            return provider_pb2.UpdateResponse(properties=request.news)
        if "refuse" in inputs:
            context.abort(grpc.StatusCode.UNKNOWN, inputs["refuse"])
        self.things[request.id] = inputs
        return provider_pb2.UpdateResponse(properties=request.news)

    def Read(self, request, context):
        if request.id not in self.things:
            return provider_pb2.ReadResponse()
        self.reading += 1
        self.cancelled.wait(self.read_seconds)
        inputs = self.things[request.id]
        found = struct({**inputs, "read": True})
        return provider_pb2.ReadResponse(id=request.id, properties=found, inputs=struct(inputs))

    def Delete(self, request, context):
        time.sleep(0.01)
        self.cancelled.wait(float(self.things.get(request.id, {}).get("linger", 0)))
        self.things.pop(request.id, None)
        return Empty()

    def Cancel(self, request, context):
        if not self.deaf:
            self.cancelled.set()
        return Empty()


@contextmanager
def tiny_provider() -> Iterator[tuple[TinyProvider, str]]:
    """The provider, and the address where it serves."""
    provider = TinyProvider()
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield provider, f"127.0.0.1:{port}"
    finally:
        server.stop(0)
