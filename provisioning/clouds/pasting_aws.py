"""What AWS's tools print and keep: INI files, lines for a shell, JSON, and the console's CSV."""

from __future__ import annotations

import csv
from typing import Any

from provisioning.clouds.pasted import Refused, as_json, renamed, sections

NAMES = {
    "aws_access_key_id": "access_key_id",
    "aws_secret_access_key": "secret_access_key",
    "aws_session_token": "session_token",
    "aws_region": "region",
    "aws_default_region": "region",
    "region": "region",
    "aws_role_arn": "role_arn",
    "role_arn": "role_arn",
    "external_id": "external_id",
    "duration_seconds": "duration_seconds",
}
JSON_NAMES = {
    "AccessKeyId": "access_key_id",
    "SecretAccessKey": "secret_access_key",
    "SessionToken": "session_token",
}
CSV_NAMES = {"access key id": "access_key_id", "secret access key": "secret_access_key"}
REFUSED = {
    "credential_process": "its credential_process would run a program",
    "web_identity_token_file": "its web_identity_token_file would read a file of this machine",
    "aws_web_identity_token_file": "AWS_WEB_IDENTITY_TOKEN_FILE would read a file of this machine",
    "aws_container_credentials_full_uri": "it names an address that would be asked for keys",
    "credential_source": "its credential_source would use this machine's own identity",
    "endpoint_url": "its endpoint_url would send requests elsewhere than to AWS",
    "aws_endpoint_url": "AWS_ENDPOINT_URL would send requests elsewhere than to AWS",
    "sso_session": "it is a person's own sign-in (sso_session)",
    "sso_start_url": "it is a person's own sign-in (sso_start_url)",
}


def read(text: str, method: str, sandbox: bool) -> dict[str, str]:
    found = as_json(text)
    if found is not None:
        return _of_json(found)
    if text.lower().startswith("access key id,"):
        return _of_csv(text)
    return _of_lines(sections(text))


def _of_json(found: dict[str, Any]) -> dict[str, str]:
    inner = found.get("Credentials") or found.get("AccessKey") or found
    return renamed(inner, JSON_NAMES) if isinstance(inner, dict) else {}


def _of_csv(text: str) -> dict[str, str]:
    rows = list(csv.reader(text.splitlines()))
    if len(rows) < 2:
        return {}
    names = [each.strip().lower() for each in rows[0]]
    return renamed(dict(zip(names, rows[1], strict=False)), CSV_NAMES)


def _of_lines(found: dict[str, dict[str, str]]) -> dict[str, str]:
    for values in found.values():
        for name in values:
            if name in REFUSED:
                raise Refused(f"This is refused: {REFUSED[name]}.")
    used = [name for name, values in found.items() if renamed(values, NAMES).keys() - {"region"}]
    roles = [name for name in used if "role_arn" in found[name]]
    if len(roles) == 1:  # its keys may stand in another profile, which it names
        source = found.get(found[roles[0]].get("source_profile", ""), {})
        return renamed(source, NAMES) | renamed(found[roles[0]], NAMES)
    if len(used) > 1:
        raise Refused(f"This has {len(used)} profiles with credentials: paste one of them.")
    merged: dict[str, str] = {}
    for values in found.values():
        merged |= renamed(values, NAMES)
    return merged
