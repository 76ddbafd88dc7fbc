"""The vendor's installer, as the Automation API offers it, within a time that we set.

Run as a program it installs into a folder. It is a program of its own because the SDK's
download knows no time limit, and because importing the SDK costs more than finding an engine.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path
from threading import Thread

from pulumi.automation import PulumiCommand
from semver import VersionInfo

HOST = ("get.pulumi.com", 443)
REACH_SECONDS = 4


def reachable() -> bool:
    """Whether the vendor answers. With a proxy only trying tells, so that counts as yes."""
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return True
    answered: list[bool] = []

    def connect() -> None:
        try:
            socket.create_connection(HOST, timeout=REACH_SECONDS).close()
        except OSError:
            return
        answered.append(True)

    # The thread is for the look-up of the name, which has no time limit of its own.
    thread = Thread(target=connect, daemon=True)
    thread.start()
    thread.join(REACH_SECONDS)
    return bool(answered)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--version", type=VersionInfo.parse, help="else the SDK's own")
    options = parser.parse_args()
    if not reachable():
        print("the vendor's site cannot be reached", file=sys.stderr)
        return 1
    try:
        PulumiCommand.install(root=str(options.root), version=options.version)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"the vendor's installer failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    # A look-up of a name that never ends must not keep the process alive.
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
