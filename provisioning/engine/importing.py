"""Resources of a program that exist in the cloud already, taken over as they are.

The engine imports what has an id among its options: it reads the resource, and then goes on with
it as with any that it knows, so that one which differs would be updated, or replaced. Previews say
so, and a plan that says import only lets nothing else happen. The options are given here, from
outside, so that no program knows of it.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi.runtime import register_stack_transformation


def adopt(ids: Mapping[str, str]) -> None:
    """Have the resources of these keys imported. Called within the program, before all else."""
    if not ids:
        return

    def imported(
        given: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        id = ids.get(f"{given.type_}::{given.name}")
        if id is None:
            return None
        options = pulumi.ResourceOptions.merge(given.opts, pulumi.ResourceOptions(import_=id))
        return pulumi.ResourceTransformationResult(given.props, options)

    register_stack_transformation(imported)
