"""Which errors an operation can answer, in the OpenAPI document: by what it takes and does."""

from __future__ import annotations

from typing import Any

from dashboard.api.problems import ProblemOut

Json = dict[str, Any]
NAME = "ProblemOut"
WRITES = ("post", "put", "patch", "delete")
ASKS = ("get_run_log", "get_step_log", "list_instances", "discover")
DESCRIPTIONS = {
    400: "The body is not JSON.",
    401: "No token, or not a valid one.",
    403: "The person's role does not allow it.",
    404: "There is no such thing.",
    409: "The state of things, or the cloud, does not allow it.",
    413: "The body is too big.",
    422: "Some fields are wrong; the problems name each.",
    500: "Skyclock itself failed.",
    503: "The cloud does not answer, or throttles. Try again.",
}


def add_problems(schema: Json) -> None:
    schemas = schema["components"]["schemas"]
    whole = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= whole.pop("$defs")
    schemas[NAME] = whole
    for operations in schema["paths"].values():
        for method, operation in operations.items():
            responses = {str(status): each for status, each in operation["responses"].items()}
            found = {str(status): _response(status) for status in _statuses(method, operation)}
            operation["responses"] = responses | found


def _statuses(method: str, operation: Json) -> list[int]:
    parameters = operation["parameters"]
    found = [401, 403, 500]
    if any(each["in"] == "path" for each in parameters):
        found.append(404)
    if "requestBody" in operation:
        found += [400, 413, 422]
    elif any(each["in"] == "query" for each in parameters):
        found.append(422)
    if method in WRITES or _asks_elsewhere(operation):
        found += [409, 503]
    return sorted(found)


def _asks_elsewhere(operation: Json) -> bool:
    """The sandbox or a cloud: there may be none, or it refuses, or is away."""
    return bool({"sandbox", "events"} & set(operation["tags"])) or operation["operationId"] in ASKS


def _response(status: int) -> Json:
    content = {"application/problem+json": {"schema": {"$ref": f"#/components/schemas/{NAME}"}}}
    found: Json = {"description": DESCRIPTIONS[status], "content": content}
    if status == 401:
        found["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return found
