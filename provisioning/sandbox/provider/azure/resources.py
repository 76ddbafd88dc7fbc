"""All of them, for the registry."""

from __future__ import annotations

from provisioning.sandbox.provider.resource import RestResource

RESOURCES: tuple[RestResource, ...] = ()
