"""The language of Workflows: expressions, steps, errors and retries."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from provisioning.sandbox.google.workflows.errors import BadSource, WorkflowError
from provisioning.sandbox.google.workflows.running import run
from provisioning.sandbox.google.workflows.source import read


class World:
    """What executions have of it; answers to requests are given beforehand."""

    def __init__(self, *answers: Any, **environment: str) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.slept: list[float] = []
        self.logged: list[Any] = []
        self._environment = environment

    def request(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((method, arguments))
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            raise WorkflowError({"tags": ["HttpError"], "code": answer, "message": "refused"})
        return {"code": 200, "headers": {}, "body": answer}

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def log(self, data: Any, severity: str) -> None:
        self.logged.append((severity, data))

    def environment(self, name: str) -> str | None:
        return self._environment.get(name)

    def now(self) -> float:
        return 1.5

    def uuid(self) -> str:
        return "u"


def carried_out(source: str, argument: Any = None, world: World | None = None) -> Any:
    return run(read(source), argument, world or World())


def value(expression: str, argument: Any = None) -> Any:
    steps = [{"end": {"return": f"${{{expression}}}"}}]
    return carried_out(json.dumps({"main": {"params": ["args"], "steps": steps}}), argument)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5.0),
        ("7 // 2 + 7 % 2", 4),
        ("-2 * -3", 6),
        ('"a" + "b"', "ab"),
        ('"it\'s"', "it's"),
        ('not (1 > 2) and "x" != "y"', True),
        ("false or 2 <= 2", True),
        ('"b" in ["a", "b"]', True),
        ('"k" in {"k": 1}', True),
        ("args.list[1].key", "found"),
        ('args["list"][1]["key"]', "found"),
        ('{"a": [1, {"b": null}]}', {"a": [1, {"b": None}]}),
        ('text.match_regex("data/x.csv", "^data/.*\\\\.csv$")', True),
        ('text.match_regex("x.txt", "\\.csv$")', False),
        ('map.get(args, ["list", "nothing"])', None),
        ('map.get(args, "nothing")', None),
        ('default(map.get(args, "nothing"), "else")', "else"),
        ('len(keys(args)) + len("abc")', 4),
        ('json.decode(base64.decode("eyJhIjogMX0=")).a', 1),
        ('text.substring("abcdef", 1, 3) + string(2.5)', "bc2.5"),
        ('int("7") + double("0.5")', 7.5),
        ("sys.now()", 1.5),
        ('sys.get_env("NONE", "default")', "default"),
    ],
)
def test_an_expression_has_its_value(expression: str, expected: Any) -> None:
    assert value(expression, {"list": [0, {"key": "found"}]}) == expected


@pytest.mark.parametrize(
    ("expression", "tag"),
    [
        ("args.nothing", "KeyError"),
        ("nothing", "KeyError"),
        ("args.list[9]", "IndexError"),
        ('1 + "a"', "TypeError"),
        ("1 / 0", "ZeroDivisionError"),
        ("args and true", "TypeError"),
        ("no.such_function(1)", "KeyError"),
        ('sys.get_env("NONE")', "KeyError"),
        ('int("x")', "ValueError"),
    ],
)
def test_what_has_no_value_is_an_error_with_its_tag(expression: str, tag: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        value(expression, {"list": []})
    assert caught.value.payload["tags"] == [tag]


def test_yaml_and_json_are_the_same_language() -> None:
    yaml = """
    main:
      params: [event]
      steps:
        - look:
            assign:
              - name: ${event.name}
              - seen: {}
              - seen.first: ${name + "!"}
        - end:
            return: ${seen}
    """
    assert carried_out(yaml, {"name": "x"}) == {"first": "x!"}


def steps(*found: dict[str, Any], **more: Any) -> str:
    return json.dumps({"main": {"params": ["args"], "steps": list(found)}, **more})


def test_a_switch_leads_where_its_condition_holds() -> None:
    cases = [
        {"condition": "${args > 10}", "next": "large"},
        {"condition": "${args > 5}", "return": "medium"},
    ]
    source = steps(
        {"choose": {"switch": cases, "next": "small"}},
        {"large": {"return": "large"}},
        {"small": {"return": "small"}},
    )
    assert [carried_out(source, number) for number in (11, 6, 1)] == ["large", "medium", "small"]


def test_a_loop_goes_over_its_items() -> None:
    body = [
        {"skip": {"switch": [{"condition": "${item == 2}", "next": "continue"}]}},
        {"stop": {"switch": [{"condition": "${item == 4}", "next": "break"}]}},
        {"add": {"assign": [{"sum": "${sum + item}"}]}},
    ]
    source = steps(
        {"begin": {"assign": [{"sum": 0}]}},
        {"each": {"for": {"value": "item", "in": "${args}", "steps": body}}},
        {"end": {"return": "${sum}"}},
    )
    assert carried_out(source, [1, 2, 3, 4, 5]) == 4


def test_a_workflow_may_call_another_of_its_source() -> None:
    double = {"params": ["n", {"by": 2}], "steps": [{"r": {"return": "${n * by}"}}]}
    source = steps(
        {"one": {"call": "times", "args": {"n": "${args}"}, "result": "found"}},
        {"end": {"return": "${found + times(1, 3)}"}},
        times=double,
    )
    assert carried_out(source, 5) == 13


def call(**more: Any) -> dict[str, Any]:
    post = {"call": "http.post", "args": {"url": "https://x", "body": {}}, "result": "answer"}
    return {"try": post, **more}


def test_a_refused_call_is_retried_as_often_as_was_said() -> None:
    retry = {
        "predicate": "${http.default_retry_predicate_non_idempotent}",
        "max_retries": 3,
        "backoff": {"initial_delay": 2, "max_delay": 5, "multiplier": 2},
    }
    source = steps({"post": call(retry=retry)}, {"end": {"return": "${answer.body.job}"}})
    world = World(429, 503, 429, {"job": "j"})
    assert carried_out(source, world=world) == "j"
    assert world.slept == [2, 4, 5]
    for code in (500, 403):
        world = World(code)
        with pytest.raises(WorkflowError):
            carried_out(source, world=world)
        assert world.slept == []
    with pytest.raises(WorkflowError) as caught:
        carried_out(source, world=World(429, 429, 429, 429))
    assert caught.value.payload["code"] == 429


def test_an_error_can_be_caught_and_raised_again() -> None:
    handler = {
        "as": "e",
        "steps": [
            {"known": {"switch": [{"condition": "${e.code == 404}", "return": "nothing"}]}},
            {"again": {"raise": "${e}"}},
        ],
    }
    source = steps({"post": call(**{"except": handler})}, {"end": {"return": "something"}})
    assert carried_out(source, world=World({})) == "something"
    assert carried_out(source, world=World(404)) == "nothing"
    with pytest.raises(WorkflowError):
        carried_out(source, world=World(500))


def test_a_retry_may_ask_a_workflow_of_the_source() -> None:
    odd = {"params": ["e"], "steps": [{"r": {"return": "${e.code == 500}"}}]}
    backoff = {"initial_delay": 1, "max_delay": 1, "multiplier": 1}
    retry = {"predicate": "${odd}", "max_retries": 2, "backoff": backoff}
    source = steps({"post": call(retry=retry)}, {"end": {"return": "${answer.body}"}}, odd=odd)
    assert carried_out(source, world=World(500, 500, "there")) == "there"
    with pytest.raises(WorkflowError):
        carried_out(source, world=World(503))


def test_what_is_new_in_a_loop_is_gone_after_it() -> None:
    body = [{"note": {"assign": [{"last": "${item}"}, {"inner": "${item}"}]}}]
    loop = {"each": {"for": {"value": "item", "range": [1, 3], "steps": body}}}
    begin = {"begin": {"assign": [{"last": 0}]}}
    assert carried_out(steps(begin, loop, {"end": {"return": "${last}"}})) == 3
    for name in ("inner", "item"):
        with pytest.raises(WorkflowError, match="KeyError"):
            carried_out(steps(begin, loop, {"end": {"return": f"${{{name}}}"}}))


def test_a_function_that_is_called_by_a_step_takes_its_arguments_by_name() -> None:
    arguments = {"repl": "-", "source": "a.b", "substr": "."}
    called = {"call": "text.replace_all", "args": arguments, "result": "found"}
    assert carried_out(steps({"a": called}, {"end": {"return": "${found}"}})) == "a-b"
    for wrong in ({"source": "a"}, {**arguments, "by": 1}):
        with pytest.raises(WorkflowError, match="TypeError"):
            carried_out(steps({"a": {**called, "args": wrong}}))


def test_a_connector_waits_for_what_it_began() -> None:
    began = {"name": "projects/p/locations/l/operations/o", "done": False}
    done = {**began, "done": True, "response": {"name": "deployed"}}
    name = "googleapis.workflows.v1.projects.locations.workflows.create"
    arguments = {"parent": "projects/p/locations/l", "workflowId": "w", "body": {"labels": {}}}
    connect = {"call": name, "args": arguments, "result": "found"}
    source = steps({"a": connect}, {"end": {"return": "${found.name}"}})
    world = World(began, began, done)
    assert carried_out(source, world=world) == "deployed"
    host = "https://workflows.googleapis.com/v1/projects/p/locations/l"
    assert [(method, asked["url"]) for method, asked in world.asked] == [
        ("POST", f"{host}/workflows?workflowId=w"),
        ("GET", f"{host}/operations/o"),
        ("GET", f"{host}/operations/o"),
    ]
    assert world.asked[0][1]["body"] == {"labels": {}}
    failed = {**began, "done": True, "error": {"code": 3, "message": "failed to build"}}
    with pytest.raises(WorkflowError, match="failed to build"):
        carried_out(source, world=World(failed))
    connect["args"] = {**arguments, "connector_params": {"skip_polling": True}}
    assert carried_out(steps({"a": connect}, {"end": {"return": "${found.done}"}}),
                       world=World(began)) is False  # fmt: skip


def test_an_error_tells_where_it_was() -> None:
    inner = {"steps": [{"deep": {"raise": "no luck"}}]}
    source = steps({"outer": {"call": "inner"}}, inner=inner)
    with pytest.raises(WorkflowError) as caught:
        carried_out(source)
    assert caught.value.payload == "no luck"
    assert caught.value.trail == [("deep", "inner"), ("outer", "main")]


@pytest.mark.parametrize(
    ("step", "tag"),
    [
        ({"for": {"value": "x", "in": "${args}", "steps": [{"a": {"return": 1}}]}}, "TypeError"),
        ({"call": "sys.sleep", "args": {"seconds": "long"}}, "TypeError"),
        ({"call": "sys.log", "args": "text"}, "TypeError"),
        ({"assign": [{"args": [1]}, {"args[3]": 2}]}, "IndexError"),
        ({"assign": [{"args.name": 2}]}, "TypeError"),
        ({"return": "${-args}"}, "TypeError"),
        ({"call": "main", "args": {"args": "again"}}, "RecursionError"),
        ({"try": {"raise": "x"}, "retry": "${args}"}, "TypeError"),
    ],
)
def test_what_a_step_cannot_do_is_an_error_with_its_tag(step: dict[str, Any], tag: str) -> None:
    with pytest.raises(WorkflowError) as caught:
        carried_out(steps({"a": step}), "a text")
    assert caught.value.payload["tags"] == [tag]


def test_an_endless_loop_ends() -> None:
    with pytest.raises(WorkflowError, match="too many steps"):
        carried_out(steps({"again": {"next": "again"}}))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{", "neither YAML nor JSON"),
        ("{}", "main workflow is not defined"),
        (steps(), "at least one step"),
        (steps({"a": {"asign": []}}), "unknown step"),
        (steps({"a": {"return": "${1 +}"}}), "parse error in expression '1 \\+'"),
        (steps({"a": {"return": 1}}, {"a": {"return": 2}}), "same name"),
        (steps({"a": {"parallel": {}}}), "does not simulate 'parallel'"),
        (steps({"a": {"call": "googleapis.run.v2"}}), "does not know the call 'googleapis.run.v2'"),
        (steps({"a": {"call": "http.pots"}}), "does not know the call 'http.pots'"),
        (steps({"a": {"next": "b"}}), "there is no step 'b' to go to"),
        (steps({"a": {"next": "break"}}), "there is no step 'break' to go to"),
        (steps({"a": {"for": {"value": "x", "steps": [{"b": {"return": 1}}]}}}), "in or range"),
        (steps({"a": {"try": {"return": 1}, "except": []}}), "except takes a name and steps"),
        (steps({"a": {"switch": [{"next": "a"}]}}), "has a condition"),
        (steps({"a": {"call": "sys.log", "arguments": {}}}), "no place beside 'call'"),
    ],
)
def test_a_source_that_is_wrong_is_not_deployed(source: str, reason: str) -> None:
    with pytest.raises(BadSource, match=reason):
        read(source)
