"""What Cloud Storage takes for a bucket: its name, its place, its settings.
https://cloud.google.com/storage/docs/buckets#naming"""

from __future__ import annotations

import ipaddress
import re
from datetime import date
from typing import Any

from provisioning.sandbox.google.storage.refusals import not_simulated, refusal
from provisioning.sandbox.google.times import written

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*[a-z0-9]")
_LOOKALIKE = re.compile(r"g[o0][o0]g[l1][e3]")
_MULTI = ("US", "EU", "ASIA")
_DUAL = ("NAM4", "EUR4", "EUR5", "EUR7", "EUR8", "ASIA1")
_REGION = re.compile(
    r"(AFRICA|ASIA|AUSTRALIA|EUROPE|ME|NORTHAMERICA|SOUTHAMERICA|US)-"
    r"(NORTH|SOUTH|EAST|WEST|CENTRAL|NORTHEAST|NORTHWEST|SOUTHEAST|SOUTHWEST)\d{1,2}"
)
_CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL",
            "DURABLE_REDUCED_AVAILABILITY")  # fmt: skip
_LABEL = re.compile(r"[\w-]{0,63}")
_SOFT_DELETE_SECONDS = "604800"
# They would change what happens to objects, and nothing here would.
_WITHOUT_EFFECT = {
    "autoclass": "autoclass",
    "encryption": "customer-managed encryption keys",
    "hierarchicalNamespace": "hierarchical namespaces",
    "ipFilter": "IP filters of buckets",
    "retentionPolicy": "retention policies of buckets",
    "customPlacementConfig": "dual-regions of one's own choice",
}
_SETTINGS = ("billing", "cors", "defaultEventBasedHold", "iamConfiguration", "labels",
             "lifecycle", "logging", "rpo", "softDeletePolicy", "storageClass", "versioning",
             "website")  # fmt: skip


def require_name(name: str) -> None:
    longest = 222 if "." in name else 63
    fits = 3 <= len(name) <= longest and all(len(part) <= 63 for part in name.split("."))
    if not (fits and _NAME.fullmatch(name) and ".." not in name) or _reserved(name):
        raise refusal("invalid", f"Invalid bucket name: '{name}'")


def _reserved(name: str) -> bool:
    if name.startswith("goog") or _LOOKALIKE.search(name):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def location_of(text: str) -> str:
    location = (text or "US").upper()
    if location in (*_MULTI, *_DUAL) or _REGION.fullmatch(location):
        return location
    raise refusal("invalid", "The specified location constraint is not valid.")


def first_settings(wish: dict[str, Any], now: float) -> dict[str, Any]:
    """Of a new bucket: what was asked for, and what Google adds."""
    _require_simulated(wish)
    settings = {name: wish[name] for name in _SETTINGS if wish.get(name) not in (None, {}, [])}
    return {**_filled({"storageClass": "STANDARD", **settings}, now)}


def changed_settings(
    settings: dict[str, Any], wish: dict[str, Any], now: float, *, whole: bool
) -> dict[str, Any]:
    """A patch names what changes, null takes away; an update is the whole."""
    _require_simulated(wish)
    if whole:
        return first_settings(wish, now)
    after = {name: value for name, value in settings.items() if name in _SETTINGS}
    for name in set(wish) & set(_SETTINGS):
        merged = _merged(after.get(name), wish[name])
        if merged in (None, {}, []):
            after.pop(name, None)
        else:
            after[name] = merged
    return _filled(after, now)


def _merged(old: Any, new: Any) -> Any:
    if not isinstance(new, dict):
        return new
    kept = dict(old) if isinstance(old, dict) else {}
    for key, value in new.items():
        if value is None:
            kept.pop(key, None)
        else:
            kept[key] = _merged(kept.get(key), value)
    return kept


def _filled(settings: dict[str, Any], now: float) -> dict[str, Any]:
    storage_class = settings.get("storageClass") or "STANDARD"
    if storage_class not in _CLASSES:
        raise refusal("invalid", f"Invalid argument: storage class '{storage_class}'.")
    _require_labels(settings.get("labels", {}))
    for rule in settings.get("lifecycle", {}).get("rule", []):
        _require_rule(rule)
    access = settings.get("iamConfiguration", {})
    uniform = access.get("uniformBucketLevelAccess") or access.get("bucketPolicyOnly") or {}
    settings["storageClass"] = storage_class
    settings["iamConfiguration"] = {
        "bucketPolicyOnly": _uniform(uniform, now),
        "uniformBucketLevelAccess": _uniform(uniform, now),
        "publicAccessPrevention": access.get("publicAccessPrevention") or "inherited",
    }
    soft = settings.get("softDeletePolicy") or {}
    seconds = str(soft.get("retentionDurationSeconds", _SOFT_DELETE_SECONDS))
    settings["softDeletePolicy"] = {
        "retentionDurationSeconds": seconds,
        **({"effectiveTime": soft.get("effectiveTime") or written(now)} if seconds != "0" else {}),
    }
    return settings


def _require_rule(rule: dict[str, Any]) -> None:
    action, condition = rule.get("action", {}), rule.get("condition", {})
    if action.get("type") not in ("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload"):
        raise refusal("invalid", "A lifecycle management rule needs an action of a known type.")
    if not condition:
        raise refusal("invalid", "A lifecycle management rule needs at least one condition.")
    if action["type"] == "SetStorageClass" and action.get("storageClass") not in _CLASSES:
        raise refusal("invalid", "SetStorageClass needs a storage class that there is.")
    if "matchesPattern" in condition:
        raise not_simulated("matchesPattern, which Google has in early access")
    for name in ("createdBefore", "customTimeBefore", "noncurrentTimeBefore"):
        _require_day(str(condition.get(name, "2000-01-01")))


def _require_day(text: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise refusal("invalid", f"Invalid date: '{text}'.") from error


def _uniform(wish: dict[str, Any], now: float) -> dict[str, Any]:
    if not wish.get("enabled"):
        return {"enabled": False}
    return {"enabled": True, "lockedTime": wish.get("lockedTime") or written(now + 90 * 86_400)}


def _require_labels(labels: dict[str, Any]) -> None:
    if len(labels) > 64:
        raise refusal("invalid", "A bucket can have at most 64 labels.")
    for key, value in labels.items():
        good = isinstance(value, str) and _LABEL.fullmatch(value) and value == value.lower()
        if not (good and key and _LABEL.fullmatch(key) and key == key.lower()):
            raise refusal("invalid", f"Invalid label: '{key}': '{value}'.")


def _require_simulated(wish: dict[str, Any]) -> None:
    for name, what in _WITHOUT_EFFECT.items():
        value = wish.get(name)
        if value and not (isinstance(value, dict) and value.get("enabled") is False):
            raise not_simulated(what)
