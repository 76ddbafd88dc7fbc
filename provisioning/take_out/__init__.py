"""Take-outs: a Pipeline as a Pulumi program that needs nothing of ours.

Importing this package loads no engine, no provider package and no cloud's SDK.
"""

from __future__ import annotations

from provisioning.take_out.packing import TakeOut, pack

__all__ = ["TakeOut", "pack"]
