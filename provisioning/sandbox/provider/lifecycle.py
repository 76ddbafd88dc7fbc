"""The life of one resource in plain values: check, create, read, update and delete."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from provisioning.sandbox.provider import tags
from provisioning.sandbox.provider.check import Failure
from provisioning.sandbox.provider.check import check as check_properties
from provisioning.sandbox.provider.compare import (
    Change,
    Difference,
    differences,
    follow,
    keep_spelling,
)
from provisioning.sandbox.provider.names import DEFAULTS, NameTooLong, fill_name, prefixed
from provisioning.sandbox.provider.refusals import Cancelled, Refusal
from provisioning.sandbox.provider.resource import AnyResource
from provisioning.sandbox.provider.sessions import AnyCloud
from provisioning.sandbox.provider.values import UNKNOWN, Properties, has_unknown, is_unknown


class Unfinished(Exception):
    """The resource exists, but a call after its creation, or the change of it, failed."""

    def __init__(self, *, id: str, state: Properties, reason: str) -> None:
        self.id = id
        self.state = state
        self.reason = reason
        super().__init__(reason)


def check(
    resource: AnyResource[Any], news: Properties, *, olds: Properties, name: str, seed: bytes
) -> tuple[Properties, list[Failure]]:
    given = {key: value for key, value in news.items() if key != DEFAULTS}
    try:
        if resource.naming:
            fill_name(resource.naming, given, olds=olds, name=name, seed=seed)
    except NameTooLong as error:
        return given, [Failure((), str(error))]
    inputs, failures = check_properties(resource.inputs, given)
    if DEFAULTS in given:
        inputs[DEFAULTS] = given[DEFAULTS]
    return inputs, failures or resource.check(inputs)


def changes(
    resource: AnyResource[Any],
    cloud: AnyCloud,
    *,
    olds: Properties,
    news: Properties,
    ignored: tuple[str, ...] = (),
) -> list[Difference]:
    found = differences(resource.inputs, olds, news, ignored=ignored)
    if "tagsAll" in resource.outputs and not any(one.top == "tags" for one in found):
        found += _default_tags_differ(cloud, olds, news)
    return found + _followers_differ(resource, cloud, olds=olds, news=news, found=found)


def _default_tags_differ(cloud: AnyCloud, olds: Properties, news: Properties) -> list[Difference]:
    """The provider's own tags may change without a change of the resource's."""
    if has_unknown(news.get("tags")) or olds.get("tagsAll", {}) == tags.wanted(cloud, news):
        return []
    return [Difference(("tagsAll",), Change.UPDATE, replaces=False)]


def _followers_differ(
    resource: AnyResource[Any],
    cloud: AnyCloud,
    *,
    olds: Properties,
    news: Properties,
    found: list[Difference],
) -> list[Difference]:
    """What follows from an input and the provider's configuration may change by the latter."""
    changed = {one.top for one in found}
    return [
        Difference((name,), Change.UPDATE, replaces=False)
        for name, value in resource.implied(cloud, news).items()
        if resource.follows[name] not in changed
        and not has_unknown(value)
        and olds.get(name, {}) != value
    ]


def preview_create(resource: AnyResource[Any], cloud: AnyCloud, inputs: Properties) -> Properties:
    """What is known before it exists; the rest is unknown."""
    state = _without_defaults(inputs)
    open_ends = [name for name, prop in resource.inputs.items() if prop.computed]
    for name in (*open_ends, *resource.outputs):
        state.setdefault(name, UNKNOWN)
    return {**state, **_predicted(resource, cloud, inputs), **resource.expected(inputs, {})}


def create(
    resource: AnyResource[Any], cloud: AnyCloud, inputs: Properties
) -> tuple[str, Properties]:
    inputs = _named(resource, _without_defaults(inputs))
    here = _in_region(cloud, inputs)
    with _telling("creating", resource, "", inputs):
        id = resource.create(here, inputs)
    try:
        with _telling("creating", resource, id, inputs):
            resource.settle(here, id, inputs)
            return id, _state(resource, here, id, inputs)
    except Refusal as refusal:
        state = _as_it_is(resource, here, id, inputs)
        raise Unfinished(id=id, state=state, reason=str(refusal)) from refusal


def read(
    resource: AnyResource[Any], cloud: AnyCloud, id: str, *, state: Properties, inputs: Properties
) -> tuple[Properties, Properties] | None:
    """The live state and the inputs that would give it; None when the resource is gone."""
    here = _in_region(cloud, state)
    with _telling("reading", resource, id, state):
        live = resource.read(here, id, state)
    if live is None:
        return None
    # An import knows neither state nor inputs: what only the provider knows is as by default.
    known = state or {n: p.default for n, p in resource.inputs.items() if p.local}
    found = _merged(resource, known, live)
    followed = follow(resource.inputs, inputs, found)
    if DEFAULTS in inputs:
        followed[DEFAULTS] = inputs[DEFAULTS]
    return found, followed


def preview_update(
    resource: AnyResource[Any], cloud: AnyCloud, *, olds: Properties, news: Properties
) -> Properties:
    stays = {
        name: value
        for name, value in olds.items()
        if name in resource.outputs or (name in resource.inputs and resource.inputs[name].computed)
    }
    expected = resource.expected(news, olds)
    return {**stays, **_without_defaults(news), **_predicted(resource, cloud, news), **expected}


def update(
    resource: AnyResource[Any], cloud: AnyCloud, id: str, *, olds: Properties, news: Properties
) -> Properties:
    news = _without_defaults(news)
    here = _in_region(cloud, olds)
    leaders = {"tagsAll": "tags", **resource.follows}
    changed = {
        leaders.get(one.top, one.top) for one in changes(resource, cloud, olds=olds, news=news)
    }
    after = {**_computed(resource, olds), **news}
    try:
        with _telling("updating", resource, id, after):
            # No change: the engine repeats an unfinished one, so all that can be changed in
            # place is in question.
            changed = changed or {n for n, p in resource.inputs.items() if not p.replaces}
            resource.update(here, id, olds=olds, news=after, changed=changed)
            return _state(resource, here, id, after)
    except Refusal as refusal:
        state = _as_it_is(resource, here, id, olds)
        raise Unfinished(id=id, state=state, reason=str(refusal)) from refusal


def delete(resource: AnyResource[Any], cloud: AnyCloud, id: str, *, state: Properties) -> None:
    with _telling("deleting", resource, id, state):
        resource.delete(_in_region(cloud, state), id, state)


def _state(resource: AnyResource[Any], cloud: AnyCloud, id: str, inputs: Properties) -> Properties:
    live = resource.read(cloud, id, inputs)
    if live is None:
        raise Refusal("couldn't find resource: it vanished right after it was written")
    return _merged(resource, inputs, live)


def _merged(resource: AnyResource[Any], before: Properties, live: Properties) -> Properties:
    local = {
        name: before[name]
        for name, prop in resource.inputs.items()
        if prop.local and before.get(name) is not None
    }
    merged = {**local, **keep_spelling(resource.inputs, before, live)}
    return {name: value for name, value in merged.items() if value is not None}


def _as_it_is(
    resource: AnyResource[Any], cloud: AnyCloud, id: str, otherwise: Properties
) -> Properties:
    """What is there after a failure, or what we thought when the cloud does not say."""
    try:
        live = resource.read(cloud, id, otherwise)
    except Refusal:
        return otherwise
    return _merged(resource, otherwise, live) if live is not None else otherwise


def _computed(resource: AnyResource[Any], olds: Properties) -> Properties:
    return {n: v for n, v in olds.items() if n in resource.inputs and resource.inputs[n].computed}


def _named(resource: AnyResource[Any], inputs: Properties) -> Properties:
    naming = resource.naming
    if naming and naming.prefix in inputs and naming.property not in inputs:
        name = prefixed(str(inputs[naming.prefix]), uuid.uuid4().hex)
        return {**inputs, naming.property: name}
    return inputs


def _without_defaults(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != DEFAULTS}


def _predicted(resource: AnyResource[Any], cloud: AnyCloud, inputs: Properties) -> Properties:
    predicted: Properties = {}
    if "tagsAll" in resource.outputs:
        given = inputs.get("tags", {})
        predicted["tagsAll"] = given if is_unknown(given) else tags.wanted(cloud, inputs)
    if "region" in resource.inputs:
        predicted["region"] = inputs.get("region", cloud.region)
    return {**predicted, **resource.implied(cloud, inputs)}


def _in_region(cloud: AnyCloud, values: Mapping[str, Any]) -> AnyCloud:
    region = values.get("region")
    return replace(cloud, region=region) if region and not has_unknown(region) else cloud


@contextmanager
def _telling(
    verb: str, resource: AnyResource[Any], id: str, values: Mapping[str, Any]
) -> Iterator[None]:
    """Say in a refusal what was being done to what, as the real providers do."""
    try:
        yield
    except Cancelled:
        raise
    except Refusal as refusal:
        text = resource.told(verb, id, values, refusal)
        raise Refusal(text) from refusal
