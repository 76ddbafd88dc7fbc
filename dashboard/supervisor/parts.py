"""What runs, with which command and which environment."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dashboard.supervisor import redis_server
from dashboard.supervisor.processes import Part
from provisioning.engine.environment import clean_environment

PYTHON = sys.executable
# A simulated cloud and a Redis see no credential, and no secret of the dashboard.
STRANGERS = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH")
# Only the first start needs it, and only for a moment.
ADMIN_PASSWORD = "SKYCLOCK_ADMIN_PASSWORD"  # noqa: S105 (its name)
# What this machine is in the clouds: operations have the credential of their Connection only.
OF_CLOUDS = ("AWS_", "AZURE_", "ARM_", "GOOGLE_", "CLOUDSDK_", "PULUMI_")
# What builds of the engine may be told: where Go and pip find and keep things.
BUILD_SETTINGS = ("GO", "CGO_", "XDG_", "PIP_", "UV_", "GIT_SSL_")


@dataclass(frozen=True)
class Layout:
    """Where everything of this start lives."""

    data: Path
    host: str
    port: int
    ports: Mapping[str, int]
    engine_cache: Path
    engine_root: str | None
    with_sandbox: bool

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def control_url(self) -> str:
        return f"http://127.0.0.1:{self.ports['sandbox_control']}"

    @property
    def engine_state(self) -> Path:
        return self.data / "engine.json"

    @property
    def worker_ready(self) -> Path:
        return self.data / "worker.ready"


def environment(layout: Layout, redis_url: str) -> dict[str, str]:
    """Of the parts that are Skyclock itself. The others have a list of their own."""
    env = {
        **{name: value for name, value in os.environ.items() if _is_ours(name)},
        "PORT": str(layout.port),
        "SKYCLOCK_DATA": str(layout.data),
        "REDIS_URL": redis_url,
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        # Every host computes zones from the pinned tzdata package, not from what it has.
        "PYTHONTZPATH": "",
        "SKYCLOCK_WORKER_READY": str(layout.worker_ready),
    }
    if layout.with_sandbox:
        env["SKYCLOCK_SANDBOX_CONTROL_URL"] = layout.control_url
        for cloud in ("aws", "azure", "google"):
            port = layout.ports[f"sandbox_{cloud}"]
            env[f"SKYCLOCK_SANDBOX_{cloud.upper()}_URL"] = f"http://127.0.0.1:{port}"
        env["SKYCLOCK_SANDBOX_PROVIDER"] = f"127.0.0.1:{layout.ports['sandbox_provider']}"
    return env


def _is_ours(name: str) -> bool:
    return name == "AWS_CA_BUNDLE" or not name.startswith((ADMIN_PASSWORD, *OF_CLOUDS))


def redis(layout: Layout) -> tuple[Part, str]:
    config, url = redis_server.configure(layout.data / "redis", layout.ports["redis"])
    return Part("redis", (redis_server.find(), str(config)), _strangers_environment()), url


def sandbox(layout: Layout) -> Part:
    argv = (
        PYTHON, "-m", "provisioning.sandbox", "--data", str(layout.data / "sandbox"),
        "--aws-port", str(layout.ports["sandbox_aws"]),
        "--azure-port", str(layout.ports["sandbox_azure"]),
        "--google-port", str(layout.ports["sandbox_google"]),
        "--provider-port", str(layout.ports["sandbox_provider"]),
        "--control-port", str(layout.ports["sandbox_control"]),
    )  # fmt: skip
    env = _strangers_environment() | {"PYTHONUNBUFFERED": "1", "PYTHONTZPATH": ""}
    return Part("sandbox", argv, env)


def engine(layout: Layout) -> Part:
    argv = [PYTHON, "-m", "provisioning.engine.command", "--cache", str(layout.engine_cache)]
    argv += ["--state-file", str(layout.engine_state)]
    if layout.engine_root:
        argv += ["--settings-root", layout.engine_root]
    env = clean_environment("PYTHONPATH", "VIRTUAL_ENV", prefixes=BUILD_SETTINGS)
    return Part("engine", argv, {**env, "PYTHONUNBUFFERED": "1"}, again=False)


def web(layout: Layout, env: Mapping[str, str]) -> Part:
    argv = (
        PYTHON, "-m", "uvicorn", "dashboard.asgi:application",
        "--host", layout.host, "--port", str(layout.port),
        "--lifespan", "off", "--log-level", "warning", "--timeout-graceful-shutdown", "3",
    )  # fmt: skip
    return Part("web", argv, env)


def worker(env: Mapping[str, str]) -> Part:
    # Threads: operations of the engine have processes of their own, the rest waits for clouds.
    argv = (
        PYTHON, "-m", "celery", "--quiet", "-A", "dashboard", "worker", "--pool", "threads",
        "--concurrency", "6", "--queues", "deployments,history", "--loglevel", "warning",
        "--without-gossip", "--without-mingle",
    )  # fmt: skip
    return Part("worker", argv, env)


def beat(layout: Layout, env: Mapping[str, str]) -> Part:
    argv = (
        PYTHON, "-m", "celery", "--quiet", "-A", "dashboard", "beat", "--loglevel", "warning",
        "--schedule", str(layout.data / "beat"), "--pidfile", "",
    )  # fmt: skip
    return Part("beat", argv, env)


def _strangers_environment() -> dict[str, str]:
    return {name: os.environ[name] for name in STRANGERS if name in os.environ}
