"""Preconditions: what has to hold of an object or bucket for a request to count."""

from __future__ import annotations

from provisioning.sandbox.google.calls import Call
from provisioning.sandbox.google.storage.refusals import refusal
from provisioning.sandbox.rest import RestResponse

_FAILED = "At least one of the pre-conditions you specified did not hold."


def require_match(
    call: Call, *, generation: int, metageneration: int, prefix: str = "if"
) -> RestResponse | None:
    """`generation` is 0 where there is no live object. The answer for a reader who has it
    already; raises conditionNotMet."""
    unchanged = False
    for name, found in (("Generation", generation), ("Metageneration", metageneration)):
        wanted, unwanted = call[f"{prefix}{name}Match"], call[f"{prefix}{name}NotMatch"]
        if wanted and wanted != str(found):
            raise refusal("conditionNotMet", _FAILED)
        unchanged = unchanged or bool(unwanted and unwanted == str(found))
    if not unchanged:
        return None
    if call.request.method == "GET":
        return RestResponse(304)
    raise refusal("conditionNotMet", _FAILED)
