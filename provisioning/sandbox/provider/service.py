"""The gRPC face: what the engine asks of a resource provider."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from provisioning.sandbox.provider import answers, functions, lifecycle, registry, values
from provisioning.sandbox.provider.configuration import (
    OPTIONS,
    config_failures,
    diff_config,
    read_config,
)
from provisioning.sandbox.provider.refusals import Cancelled, Refusal
from provisioning.sandbox.provider.resource import AnyResource
from provisioning.sandbox.provider.sessions import AnyCloud, Sessions
from provisioning.sandbox.provider.urns import parse_urn

# Higher than any release: the SDKs warn when a plug-in is older than they are.
VERSION = "99.0.0"


def answered(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what a method raises into the engine's kinds of error."""

    @wraps(method)
    def answer(provider: Provider, request: Any, context: Any) -> Any:
        try:
            return method(provider, request, context)
        except Cancelled as cancelled:
            context.abort(grpc.StatusCode.CANCELLED, str(cancelled))
        except Refusal as refusal:
            context.abort(grpc.StatusCode.UNKNOWN, str(refusal))
        except lifecycle.Unfinished as unfinished:
            answers.abort_unfinished(request, context, unfinished)

    return answer


class Provider(provider_pb2_grpc.ResourceProviderServicer):
    """Serves every package of the sandbox at once; the type of a resource says which."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions

    # ── Getting to know each other ──────────────────────────────────────────────────

    def Handshake(self, request: Any, context: Any) -> Any:
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=True, accept_outputs=True
        )

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: Any, context: Any) -> Any:
        resources: dict[str, dict[str, str]] = {token: {} for token in registry.tokens()}
        schema = {"name": "sandbox", "version": VERSION, "resources": resources}
        return provider_pb2.GetSchemaResponse(schema=json.dumps(schema))

    def CheckConfig(self, request: Any, context: Any) -> Any:
        news, secrets = values.read(request.news)
        failures = config_failures(parse_urn(request.urn).package, news)
        return answers.checked(news, secrets, failures)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        olds, _ = values.read(request.olds)
        news, _ = values.read(request.news)
        return diff_config(parse_urn(request.urn).package, olds, news)

    def Configure(self, request: Any, context: Any) -> Any:
        config, _ = values.read(request.args)
        package = parse_urn(request.urn).package if request.urn else _package_of(config)
        self._sessions.configure(
            peer=context.peer(), urn=request.urn, config=read_config(package, config)
        )
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=True, acceptOutputs=True
        )

    def Cancel(self, request: Any, context: Any) -> Any:
        self._sessions.cancel(peer=context.peer())
        return empty_pb2.Empty()

    # ── Resources ───────────────────────────────────────────────────────────────────

    @answered
    def Check(self, request: Any, context: Any) -> Any:
        resource = _resource(request)
        olds, _ = values.read(request.olds)
        news, secrets = values.read(request.news)
        name = request.name or parse_urn(request.urn).name
        inputs, failures = lifecycle.check(
            resource, news, olds=olds, name=name, seed=request.randomSeed
        )
        return answers.checked(inputs, secrets, failures)

    @answered
    def Diff(self, request: Any, context: Any) -> Any:
        resource, cloud = _resource(request), self._cloud(request, context)
        olds, _ = values.read(request.olds)
        news, _ = values.read(request.news)
        ignored = tuple(request.ignoreChanges)
        found = lifecycle.changes(resource, cloud, olds=olds, news=news, ignored=ignored)
        return answers.diff(resource, olds, news, found)

    @answered
    def Create(self, request: Any, context: Any) -> Any:
        resource, cloud = _resource(request), self._cloud(request, context)
        inputs, secrets = values.read(request.properties)
        if request.preview:
            id, state = "", lifecycle.preview_create(resource, cloud, inputs)
        else:
            id, state = lifecycle.create(resource, cloud, inputs)
        return provider_pb2.CreateResponse(id=id, properties=answers.state(state, secrets))

    @answered
    def Read(self, request: Any, context: Any) -> Any:
        state, secrets = values.read(request.properties)
        inputs, input_secrets = values.read(request.inputs)
        found = lifecycle.read(
            _resource(request),
            self._cloud(request, context),
            request.id,
            state=state,
            inputs=inputs,
        )
        if found is None:
            return provider_pb2.ReadResponse()
        live, followed = found
        known = bool(state) or bool(inputs)
        return provider_pb2.ReadResponse(
            id=request.id if known else _resource(request).kept_id(request.id, live),
            properties=answers.state(live, secrets | input_secrets),
            inputs=values.write(followed, input_secrets),
        )

    @answered
    def Update(self, request: Any, context: Any) -> Any:
        resource, cloud = _resource(request), self._cloud(request, context)
        olds, _ = values.read(request.olds)
        news, secrets = values.read(request.news)
        if request.preview:
            state = lifecycle.preview_update(resource, cloud, olds=olds, news=news)
        else:
            state = lifecycle.update(resource, cloud, request.id, olds=olds, news=news)
        return provider_pb2.UpdateResponse(properties=answers.state(state, secrets))

    @answered
    def Delete(self, request: Any, context: Any) -> Any:
        state, _ = values.read(request.properties)
        cloud = self._cloud(request, context)
        lifecycle.delete(_resource(request), cloud, request.id, state=state)
        return empty_pb2.Empty()

    @answered
    def Invoke(self, request: Any, context: Any) -> Any:
        arguments, secrets = values.read(request.args)
        cloud = self._sessions.of(peer=context.peer())
        answer = functions.call(request.tok, cloud, arguments)
        secret = secrets or functions.is_secret(request.tok)
        marked = {(key,) for key in answer} if secret else set()
        # `return` is a word of Python, so the field has to be named otherwise.
        return provider_pb2.InvokeResponse(**{"return": values.write(answer, marked)})

    def _cloud(self, request: Any, context: Any) -> AnyCloud:
        """Of an engine that has cancelled no new step is begun."""
        cloud = self._sessions.of(peer=context.peer(), urn=request.urn)
        if cloud.cancelled.is_set():
            raise Cancelled
        return cloud


def _resource(request: Any) -> AnyResource[Any]:
    return registry.resource(parse_urn(request.urn).type)


def _package_of(config: values.Properties) -> str:
    """Of an engine that does not say which provider it configures: by what it gives."""
    found = (package for package, each in OPTIONS.items() if config.get(each.account))
    return next(found, "aws")
