"""Eventarc: objects and messages that are told to services, again and again if need be."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from tests.sandbox.google.conftest import (
    PARENT,
    PROJECT,
    REGION,
    SandboxGoogle,
    entries,
    grant,
    make_account,
    refused,
)
from tests.sandbox.google.services import (
    BUCKET,
    PUBLISHED,
    TRIGGER,
    let_storage_publish,
    make_all,
    make_carrier,
    make_service,
    make_trigger,
    put,
    trigger_body,
    triggers,
)

REQUESTS = 'resource.type="cloud_run_revision" AND logName:"run.googleapis.com%2Frequests"'
LINES = 'resource.labels.service_name="train" AND logName:"stdout"'


def test_an_object_is_told_to_the_service(google: SandboxGoogle) -> None:
    make_all(google, path="/receive")
    put(google, "data/x.csv")
    google.advance("PT2S")

    (line,) = entries(google, LINES)
    assert line["jsonPayload"]["name"] == "data/x.csv"
    assert line["severity"] == "NOTICE"
    (request,) = entries(google, REQUESTS)
    assert request["httpRequest"]["status"] == 200
    assert request["httpRequest"]["requestUrl"].endswith(f".{REGION}.run.app/receive")
    assert request["trace"].rpartition("/")[2] == line["trace"].rpartition("/")[2]
    assert request["timestamp"] <= line["timestamp"]
    assert google.journal()[-1] == (
        f"gs://{BUCKET}/data/x.csv",
        "on-data → train",
        "delivered",
    )


def test_a_message_is_told_with_its_attributes(google: SandboxGoogle) -> None:
    carrier = make_carrier(google, "roles/run.invoker")
    make_service(google)
    topic = f"projects/{PROJECT}/topics/things"
    topics = google.api("pubsub", "v1").projects().topics()
    topics.create(name=topic, body={}).execute()
    body = trigger_body(carrier) | {
        "eventFilters": [{"attribute": "type", "value": PUBLISHED}],
        "transport": {"pubsub": {"topic": topic}},
    }
    made = make_trigger(google, body)
    assert made["transport"]["pubsub"]["topic"] == topic
    data = base64.b64encode(b'{"a": 1}').decode()
    message = {"data": data, "attributes": {"source": "tests"}}
    id = topics.publish(topic=topic, body={"messages": [message]}).execute()["messageIds"][0]
    google.advance("PT2S")

    (line,) = entries(google, LINES)
    assert line["jsonPayload"]["event"] == id
    empty = topics.publish(topic=topic, body={"messages": [{}]})
    assert refused(empty)[0] == 400


def test_a_failing_service_is_tried_again_ever_later_for_a_day(google: SandboxGoogle) -> None:
    make_all(google, path="/fail")
    put(google)
    google.advance("PT2M")
    lines = entries(google, LINES)
    assert len({line["jsonPayload"]["event"] for line in lines}) == 1, "it is one event"
    assert len(lines) == 4  # at once, and after 10, 20 and 40 seconds

    google.advance("P2D")
    reasons = [entry.reason for entry in google.world.journal.entries()]
    assert reasons[-1].endswith("It is not tried again.")
    assert len(reasons) == len(entries(google, REQUESTS))
    assert 140 < len(reasons) < 160  # every ten minutes in the end


def test_what_heals_is_delivered_in_the_end(google: SandboxGoogle) -> None:
    make_all(google)
    google.fault("fail_step", "train", count=2, message="Out of order.")
    put(google)
    google.advance("PT1M")
    assert [outcome for *_, outcome in google.journal()] == ["refused", "refused", "delivered"]
    statuses = [one["httpRequest"]["status"] for one in entries(google, REQUESTS)]
    assert statuses == [500, 500, 200]


def test_one_attempt_is_enough_where_the_trigger_says_so(google: SandboxGoogle) -> None:
    google.storage().create_bucket(BUCKET, location=REGION)
    let_storage_publish(google)
    carrier = make_carrier(google, "roles/run.invoker")
    make_service(google)
    make_trigger(google, trigger_body(carrier, "/fail", retryPolicy={"maxAttempts": 1}))
    put(google)
    google.advance("PT1H")
    assert len(entries(google, REQUESTS)) == 1


def test_whoever_carries_needs_the_right_to_invoke(google: SandboxGoogle) -> None:
    google.storage().create_bucket(BUCKET, location=REGION)
    let_storage_publish(google)
    carrier = make_carrier(google)
    make_service(google)
    make_trigger(google, trigger_body(carrier))
    put(google)
    google.advance("PT5S")
    (request,) = entries(google, REQUESTS)
    assert request["httpRequest"]["status"] == 403
    assert "not authorized to invoke" in request["textPayload"]

    grant(google, "roles/run.invoker", f"serviceAccount:{carrier}")
    google.advance("PT30S")
    assert len(entries(google, LINES)) == 1


def test_two_hundred_objects_are_two_hundred_deliveries(google: SandboxGoogle) -> None:
    make_all(google)
    for number in range(200):
        put(google, f"data/{number}.csv")
    google.advance("PT5S")
    names = [line["jsonPayload"]["name"] for line in entries(google, LINES)]
    assert sorted(names) == sorted(f"data/{number}.csv" for number in range(200))
    assert [outcome for *_, outcome in google.journal()] == ["delivered"] * 200


def test_what_was_under_way_at_a_restart_is_delivered(google: SandboxGoogle) -> None:
    make_all(google)
    put(google)
    google.restart()
    google.advance("PT5S")
    assert len(entries(google, LINES)) == 1


def test_a_deleted_trigger_tells_nothing_more(google: SandboxGoogle) -> None:
    make_all(google, path="/fail")
    put(google)
    google.advance("PT5S")
    triggers(google).delete(name=TRIGGER).execute()
    google.advance("PT5S")
    put(google, "data/y.csv")
    google.advance("PT1H")
    assert len(entries(google, REQUESTS)) == 1
    assert refused(triggers(google).get(name=TRIGGER))[0] == 404


def test_firings_are_dropped_and_delayed_on_request(google: SandboxGoogle) -> None:
    make_all(google)
    google.fault("drop_firing", "on-data", count=1, message="Lost.")
    put(google, "data/lost.csv")
    assert [entry.reason for entry in google.world.journal.entries()] == ["Lost."]
    google.fault("delay", "on-data", count=1, seconds=60)
    put(google, "data/late.csv")
    google.advance("PT30S")
    assert entries(google, LINES) == []
    google.advance("PT40S")
    (line,) = entries(google, LINES)
    assert line["jsonPayload"]["name"] == "data/late.csv"
    assert [outcome for *_, outcome in google.journal()] == ["dropped", "delivered"]


def test_triggers_refuse_what_could_not_work(google: SandboxGoogle) -> None:
    google.storage().create_bucket(BUCKET, location=REGION)
    carrier = make_carrier(google, "roles/run.invoker")
    stranger = make_account(google, "stranger")
    make_service(google)

    def create(body: dict[str, Any], id: str = "t", parent: str = PARENT) -> tuple[int, str]:
        return refused(triggers(google).create(parent=parent, triggerId=id, body=body))

    status, message = create(trigger_body(carrier))
    assert status == 400
    assert "Cloud Storage service account for your bucket is unable to publish" in message
    let_storage_publish(google)
    assert create(trigger_body(stranger)) == (
        403,
        f'Permission "eventarc.events.receiveEvent" denied on "{stranger}"',
    )
    elsewhere = f"projects/{PROJECT}/locations/us-central1"
    assert "is in europe-west1" in create(trigger_body(carrier), parent=elsewhere)[1]
    nowhere = {"cloudRun": {"service": "gone", "region": REGION}}
    assert "does not exist" in create(trigger_body(carrier, destination=nowhere))[1]
    assert "Invalid trigger_id" in create(trigger_body(carrier), id="Not-This")[1]
    filters = [{"attribute": "type", "value": PUBLISHED}, {"attribute": "bucket", "value": "b"}]
    assert create(trigger_body(carrier, eventFilters=filters))[0] == 400
    unknown = [{"attribute": "type", "value": "google.cloud.audit.log.v1.written"}]
    assert create(trigger_body(carrier, eventFilters=unknown))[0] == 501


def test_a_trigger_changes_where_it_tells(google: SandboxGoogle) -> None:
    make_all(google, path="/fail")
    destination = {"cloudRun": {"service": "train", "region": REGION, "path": "/well"}}
    change = triggers(google).patch(
        name=TRIGGER, updateMask="destination", body={"destination": destination}
    )
    change.execute()
    google.advance("PT2S")
    put(google)
    google.advance("PT5S")
    (request,) = entries(google, REQUESTS)
    assert request["httpRequest"]["requestUrl"].endswith("/well")
    found = triggers(google).get(name=TRIGGER).execute()
    assert found["destination"] == destination
    assert json.dumps(found["eventFilters"]).count("attribute") == 2


@pytest.mark.parametrize("image", ["docker.io/library/nginx:latest", "echo-of-somebody"])
def test_foreign_images_are_not_run_and_it_is_said(google: SandboxGoogle, image: str) -> None:
    make_all(google, image=image)
    put(google)
    google.advance("PT5S")
    (request,) = entries(google, REQUESTS)
    assert request["httpRequest"]["status"] == 503
    assert request["textPayload"] == f"The sandbox cannot run foreign images, such as {image}."
