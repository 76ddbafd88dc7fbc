"""Errors in the older form, which Cloud Storage's JSON API has."""

from __future__ import annotations

from provisioning.sandbox.rest import RestError

_STATUS = {
    "invalid": 400,
    "required": 400,
    "parseError": 400,
    "forbidden": 403,
    "notFound": 404,
    "conflict": 409,
    "conditionNotMet": 412,
    "uploadTooLarge": 413,
    "requestedRangeNotSatisfiable": 416,
    "clientClosedRequest": 499,
    "notImplemented": 501,
}


def refusal(reason: str, message: str) -> RestError:
    """By Cloud Storage's reason, such as "conflict"."""
    return RestError(_STATUS[reason], reason, message, reason=reason)


def not_simulated(what: str) -> RestError:
    return refusal("notImplemented", f"The sandbox does not simulate {what}.")
