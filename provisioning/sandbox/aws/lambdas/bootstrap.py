"""What runs inside of an execution environment: loads the handler and calls it.

Started as a file by an isolated interpreter, so it imports nothing of ours. Requests come as
lines of JSON over one pipe, answers go over another; what the handler prints goes to its log.
When the requests' pipe closes, the sandbox has ended, and so does everything here.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import queue
import resource
import signal
import sys
import threading
import time
import traceback
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

# What Lambda's Python has besides the standard library.
RUNTIME_PACKAGES = frozenset(
    {"boto3", "botocore", "certifi", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}
)
LARGEST_LOG_FILE = 256 * 1024 * 1024


class RuntimePackages:
    """Finds the SDK where this installation has it, and nothing else that is there."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if path is not None or name not in RUNTIME_PACKAGES:
            return None
        return PathFinder.find_spec(name, [self._folder], target)


class Context:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""

    def __init__(self, request: dict[str, Any]) -> None:
        self.aws_request_id = request["id"]
        self.invoked_function_arn = request["arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = request.get("client_context")
        self._ends = time.monotonic() + request["seconds"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int(1000 * (self._ends - time.monotonic())))

    def log(self, message: str) -> None:
        sys.stdout.write(str(message))


class RequestLog(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes as Lambda's own handler does: level, time, request, message."""

    request_id = ""

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        form = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"
        formatter = logging.Formatter(form, "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        self.setFormatter(formatter)

    def filter(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.request_id
        return True


class Failed(Exception):
    """The handler cannot be had; `answer` is what Lambda says."""

    def __init__(self, type: str, message: str, trace: list[str] | None = None) -> None:
        self.answer = {"errorMessage": message, "errorType": type, "stackTrace": trace or []}
        super().__init__(message)


def load(handler: str) -> Any:
    module_name, _, name = handler.rpartition(".")
    if not module_name:
        raise Failed(
            "Runtime.MalformedHandlerName",
            f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)",
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise Failed("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise Failed("Runtime.UserCodeSyntaxError", message) from error
    except Exception as error:
        raise Failed(type(error).__name__, str(error), _frames(error)) from error
    if not hasattr(module, name):
        message = f"Handler '{name}' missing on module '{module_name}'"
        raise Failed("Runtime.HandlerNotFound", message)
    return getattr(module, name)


def call(handler: Any, request: dict[str, Any]) -> dict[str, Any]:
    """One invocation: what it answered, or the error that the caller hears."""
    try:
        answer = handler(json.loads(request["event"]), Context(request))
    except Exception as error:
        return _refused(type(error).__name__, str(error), _frames(error), request["id"])
    try:
        return {"payload": json.dumps(answer)}
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return _refused("Runtime.MarshalError", message, [], request["id"])


def _refused(type: str, message: str, frames: list[str], request_id: str) -> dict[str, Any]:
    lines = [f"[ERROR] {type}: {message}"]
    if frames:
        lines += ["Traceback (most recent call last):", *frames]
    # One entry of the log, of several lines: only a new line begins another.
    print("\r".join(lines).replace("\n", "\r"))
    answer = {
        "errorMessage": message,
        "errorType": type,
        "requestId": request_id,
        "stackTrace": frames,
    }
    return {"error": answer}


def _frames(error: BaseException) -> list[str]:
    own = [each for each in traceback.extract_tb(error.__traceback__) if _of_the_code(each)]
    return [line.rstrip("\n") for line in traceback.format_list(own)]


def _of_the_code(frame: traceback.FrameSummary) -> bool:
    return frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")


def _follow(requests: int, incoming: queue.Queue[str]) -> None:
    """Hand on requests until the sandbox closes the pipe, or dies; then end at once."""
    with os.fdopen(requests, encoding="utf-8") as lines:
        for line in lines:
            incoming.put(line)
    os.killpg(0, signal.SIGKILL)  # the handler's own children too


def used_megabytes() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most // (1024 * 1024 if sys.platform == "darwin" else 1024)) + 1


def main(requests: int, answers: int, packages: str) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_LOG_FILE, LARGEST_LOG_FILE))
    sys.meta_path.append(RuntimePackages(packages))
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    incoming: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_follow, args=(requests, incoming), daemon=True).start()
    log = RequestLog()
    logging.getLogger().addHandler(log)
    with os.fdopen(answers, "w", encoding="utf-8") as out:

        def answer(value: dict[str, Any]) -> None:
            sys.stdout.flush()
            sys.stderr.flush()
            out.write(json.dumps({**value, "used_mb": used_megabytes()}) + "\n")
            out.flush()

        try:
            handler = load(os.environ["_HANDLER"])
        except Failed as failed:
            print(f"[ERROR] {failed.answer['errorType']}: {failed}")
            answer({"error": failed.answer})
            return
        answer({})
        while True:
            request = json.loads(incoming.get())
            log.request_id = request["id"]
            answer(call(handler, request))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
