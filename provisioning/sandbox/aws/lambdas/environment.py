"""One execution environment: a process that serves the invocations of one function.

It sees no variable of ours, but what Lambda sets and what the function brings. It ends with
the sandbox, however that ends: the pipe that its requests come through closes.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from provisioning.sandbox.aws.lambdas.records import LATEST, Function
from provisioning.sandbox.aws.session_keys import SessionKey

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_PACKAGES = Path(boto3.__file__).parents[1]
INIT_SECONDS = 30.0  # Lambda's own are ten, on machines that do nothing else


@dataclass(frozen=True, kw_only=True)
class Result:
    """What an invocation came to. `payload` is JSON."""

    payload: str
    error: bool = False
    log: tuple[str, ...] = ()
    stream: str = ""
    seconds: float = 0.0
    init_seconds: float | None = None  # where the environment was new
    used_mb: int = 0


class _Ended(Exception):
    """The process is gone; `status` is how it ended."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


class Environment:
    def __init__(
        self,
        function: Function,
        *,
        code: Path,
        folder: Path,
        stream: str,
        key: SessionKey,
        url: str,
    ) -> None:
        self.function = function
        self.stream = stream
        self.key = key
        self.idle_since = time.monotonic()
        self._folder = folder
        self._init_seconds: float | None = None
        (folder / "tmp").mkdir(mode=0o700, parents=True)
        self._log = folder / "log"
        self._logged = 0
        self._start(code, _variables(function, code=code, folder=folder, env=self, url=url))

    def invoke(self, *, id: str, event: str) -> Result:
        """Call the handler and wait for its answer, or for the end of its time."""
        started = time.monotonic()
        try:
            failed = self._initialised()
            began = time.monotonic()
            answer = failed or self._ask(id, event)
        except TimeoutError:
            self.end()
            return self._result(_timed_out(id, self.function.timeout), self.function.timeout)
        except _Ended as ended:
            self.end()
            return self._result(_exited(id, ended.status), time.monotonic() - started)
        if failed:
            self.end()
        return self._result(answer, time.monotonic() - began)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """At once; what its handler started ends too."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def clear(self) -> None:
        """Of an ended one: give back what it held."""
        self._requests.close()
        self._answers.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    # ── The process ─────────────────────────────────────────────────────────────────

    def _start(self, code: Path, variables: dict[str, str]) -> None:
        asked, ask = os.pipe()
        answers, answer = os.pipe()
        isolated = ("-I", "-S", "-B", "-u", "-X", "utf8")
        arguments = (str(_BOOTSTRAP), str(asked), str(answer), str(_PACKAGES))
        try:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    (sys.executable, *isolated, *arguments),
                    env=variables,
                    cwd=code,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(asked, answer),
                    start_new_session=True,
                )
        finally:
            os.close(asked)
            os.close(answer)
        self._requests = os.fdopen(ask, "w", encoding="utf-8")
        self._answers = os.fdopen(answers, "rb", buffering=0)
        self._received = b""

    def _initialised(self) -> dict[str, Any] | None:
        """Wait for a new process to load its handler; the error when it cannot."""
        if self._init_seconds is not None:
            self._init_seconds = -1.0
            return None
        started = time.monotonic()
        answer = self._answer(INIT_SECONDS)
        self._init_seconds = time.monotonic() - started
        return answer if "error" in answer else None

    def _ask(self, id: str, event: str) -> dict[str, Any]:
        request = {
            "id": id,
            "event": event,
            "arn": self.function.arn,
            "seconds": self.function.timeout,
        }
        try:
            self._requests.write(json.dumps(request) + "\n")
            self._requests.flush()
        except BrokenPipeError:
            raise _Ended(self._process.wait()) from None
        return self._answer(self.function.timeout)

    def _answer(self, seconds: float) -> dict[str, Any]:
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\n" not in self._received:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise TimeoutError
                chunk = self._answers.read(65536)
                if not chunk:
                    raise _Ended(self._process.wait())
                self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _result(self, answer: dict[str, Any], seconds: float) -> Result:
        init = self._init_seconds
        return Result(
            payload=json.dumps(answer["error"]) if "error" in answer else answer["payload"],
            error="error" in answer,
            log=(*self._new_lines(), *answer.get("log", ())),
            stream=self.stream,
            seconds=seconds,
            init_seconds=init if init is not None and init >= 0 else None,
            used_mb=answer.get("used_mb", 0),
        )

    def _new_lines(self) -> list[str]:
        with self._log.open("rb") as log:
            log.seek(self._logged)
            text = log.read()
        self._logged += len(text)
        lines = text.decode("utf-8", "replace").split("\n")
        return [line.replace("\r", "\n") for line in lines if line.strip()]


def _variables(
    function: Function, *, code: Path, folder: Path, env: Environment, url: str
) -> dict[str, str]:
    """All that the handler finds in its environment."""
    own = (function.settings.get("Environment") or {}).get("Variables", {})
    return {
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        "TMPDIR": str(folder / "tmp"),
        "TZ": ":UTC",
        **own,
        "_HANDLER": str(function.settings["Handler"]),
        "AWS_ACCESS_KEY_ID": env.key.access_key,
        "AWS_SECRET_ACCESS_KEY": env.key.secret_key,
        "AWS_SESSION_TOKEN": env.key.token,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_REGION": function.region,
        "AWS_ENDPOINT_URL": url,
        # The machine's own profiles stay out, and nobody asks for an instance's role.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.settings['Runtime']}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.settings["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": LATEST,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": env.stream,
        "LAMBDA_TASK_ROOT": str(code),
    }


def _timed_out(id: str, seconds: int) -> dict[str, Any]:
    message = f"Task timed out after {seconds:.2f} seconds"
    return {
        "error": {
            "errorType": "Sandbox.Timedout",
            "errorMessage": f"RequestId: {id} Error: {message}",
        },
        "log": [f"{id} {message}"],
    }


def _exited(id: str, status: int) -> dict[str, Any]:
    how = f"signal: {-status}" if status < 0 else f"exit status {status}"
    message = f"RequestId: {id} Error: Runtime exited with error: {how}"
    return {
        "error": {"errorType": "Runtime.ExitError", "errorMessage": message},
        "log": [f"{message}\nRuntime.ExitError"],
    }
