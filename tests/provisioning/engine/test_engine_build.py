"""The build of the official Go command, with a `go` that only pretends."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioning.engine import build, goroot
from provisioning.errors import EngineMissing

GO = """#!/bin/sh
case "$1" in
version) [ "{able}" = yes ] || exit 1 ;;
list) echo "go: downloading example.com/x v1.0.0" >&2; echo fmt; echo example.com/x ;;
build)
    [ "{fails}" = no ] || {{ echo "dial tcp: lookup proxy: no such host" >&2; exit 1; }}
    echo "$GOFLAGS" > "{log}"; echo "$@" >> "{log}"; echo "$SKYCLOCK_SECRET_KEY" >> "{log}"
    while [ "$1" != -o ]; do shift; done
    echo "#!/bin/sh" > "$2"; echo example.com/x >&2 ;;
esac
"""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log"


def pretend(folder: Path, monkeypatch: pytest.MonkeyPatch, **words: object) -> None:
    folder.mkdir(exist_ok=True)
    go = folder / "go"
    go.write_text(GO.format(**({"able": "yes", "fails": "no", "log": "/dev/null"} | words)))
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def run_build(tmp_path: Path) -> tuple[Path, list[str]]:
    said: list[str] = []
    root = tmp_path / "root"
    (root / "bin").mkdir(parents=True)
    build.build(root, tmp_path / "scratch", said.append)
    return root / "bin" / "pulumi", said


def test_the_lock_of_modules_is_never_written(
    tmp_path: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKYCLOCK_SECRET_KEY", "must not be seen")
    pretend(tmp_path / "bin", monkeypatch, log=log)
    binary, said = run_build(tmp_path)
    assert binary.exists()
    flags, argv, secret = log.read_text().splitlines()
    assert "-mod=readonly" in flags
    version = ".".join(map(str, build.pinned_version()))
    assert f"common/version.Version={version}" in argv
    assert argv.endswith(build.COMMAND)
    assert secret == "", "a build has no business with our environment"
    assert any("Fetching" in message for message in said)
    assert any("Compiling" in message for message in said)


def test_a_build_without_a_network_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(tmp_path / "bin", monkeypatch, fails="yes")
    with pytest.raises(EngineMissing, match="is the Go module proxy reachable"):
        run_build(tmp_path)


def test_a_go_that_is_too_old_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(tmp_path / "bin", monkeypatch, able="no")
    assert goroot.go_on_path() is None


def test_neither_go_nor_its_package_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(goroot, "_installer", lambda: None)
    with pytest.raises(EngineMissing, match=r"There is no Go, and neither uv nor pip"):
        run_build(tmp_path)
