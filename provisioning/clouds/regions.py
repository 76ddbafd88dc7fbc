"""The regions of AWS, from the table that its SDK ships. Loads no part of the SDK."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def aws_regions() -> dict[str, str]:
    """Name → where it is: {"eu-west-1": "Europe (Ireland)", …}, of all partitions."""
    table = json.loads((files("botocore") / "data" / "partitions.json").read_text("utf-8"))
    regions = {
        name: region.get("description", name)
        for partition in table["partitions"]
        for name, region in partition["regions"].items()
        if not name.endswith("-global")  # a name for services without regions
    }
    return dict(sorted(regions.items()))
