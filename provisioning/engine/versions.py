"""Versions of the `pulumi` command."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from provisioning.engine.environment import clean_environment

Version = tuple[int, int, int]

# 3.206 is the first that streams its events by gRPC, which is the form that we read.
MINIMUM: Version = (3, 206, 0)
ASK_SECONDS = 30


def parse(text: str) -> Version | None:
    """The first version in the text: `v3.256.0-alpha+dirty` is (3, 256, 0)."""
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def written(version: Version) -> str:
    return ".".join(map(str, version))


def fits(version: Version) -> bool:
    """New enough, and of the major version that the Automation API speaks with."""
    return version >= MINIMUM and version[0] == MINIMUM[0]


def of_binary(binary: Path) -> Version | None:
    """What `pulumi version` says, or None if that is no working `pulumi`."""
    try:
        stat = binary.stat()
    except OSError:
        return None
    return _ask(str(binary), stat.st_mtime_ns, stat.st_size)


@cache
def _ask(binary: str, _modified: int, _size: int) -> Version | None:
    """Asked once for as long as the file stays the same: a start costs a tenth of a second."""
    try:
        # A home of its own, because it writes a log whatever it is asked.
        with TemporaryDirectory(prefix="skyclock-") as home:
            env = clean_environment() | {"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_HOME": home}
            answer = subprocess.run(
                [binary, "version"], env=env, capture_output=True, text=True, timeout=ASK_SECONDS
            )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse(answer.stdout) if answer.returncode == 0 else None
