"""What testing a Connection found."""

from __future__ import annotations

from typing import Literal

from provisioning.contracts.kinds import Value

CheckResult = Literal["pass", "fail", "unknown"]


class Check(Value):
    """One thing that was tried. `missing` are permissions, in the cloud's own names; unknown is
    what the cloud cannot be asked."""

    name: str
    result: CheckResult
    missing: tuple[str, ...] = ()
    message: str = ""
