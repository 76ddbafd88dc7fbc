"""Cloud Storage, by the clients that people use."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from io import BytesIO

import pytest
from google.api_core.exceptions import BadRequest, Conflict, Forbidden, NotFound, PreconditionFailed

from tests.sandbox.google.conftest import (
    OTHER_PROJECT,
    PROJECT,
    REGION,
    SandboxGoogle,
    make_account,
    refused,
)


def test_objects_come_back_as_they_were_written(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    blob = bucket.blob("data/süß & more%2F.csv")
    blob.metadata = {"of": "test"}
    blob.upload_from_string(b"\r\n--a,b\r\n1,2\r\n", content_type="text/csv")

    found = google.storage().bucket("sk-data").get_blob("data/süß & more%2F.csv")
    assert found.download_as_bytes() == b"\r\n--a,b\r\n1,2\r\n"
    assert (found.content_type, found.metadata, found.size) == ("text/csv", {"of": "test"}, 14)
    assert found.download_as_bytes(start=4, end=6) == b"a,b"


def test_a_resumable_upload_arrives_in_pieces(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    content = bytes(range(256)) * 4096  # a megabyte
    blob = bucket.blob("big.bin", chunk_size=256 * 1024)
    blob.upload_from_file(BytesIO(content), size=None)

    assert bucket.get_blob("big.bin").download_as_bytes() == content


def test_a_resumable_upload_survives_a_restart(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    session = bucket.blob("big.bin").create_resumable_upload_session(size=6)
    http = google.storage()._http
    assert http.put(session, b"abc", headers={"Content-Range": "bytes 0-2/6"}).status_code == 308
    port = google.port
    google.restart()
    session = session.replace(str(port), str(google.port))
    asked = http.put(session, headers={"Content-Range": "bytes */6"})
    assert (asked.status_code, asked.headers["Range"]) == (308, "bytes=0-2")
    assert http.put(session, b"def", headers={"Content-Range": "bytes 3-5/6"}).ok

    assert google.storage().bucket("sk-data").blob("big.bin").download_as_bytes() == b"abcdef"


def test_what_arrives_broken_is_refused(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    blob = bucket.blob("x.csv")
    blob.md5_hash = "1B2M2Y8AsgTpgAmY7PhCfg=="  # of nothing
    with pytest.raises(Exception, match="doesn't match calculated MD5 hash"):
        blob.upload_from_string(b"something", checksum=None)
    assert bucket.get_blob("x.csv") is None


def test_lists_go_by_prefix_and_folder_in_pages(google: SandboxGoogle) -> None:
    client = google.storage()
    bucket = client.create_bucket("sk-data", location=REGION)
    for name in ("a.csv", "data/1.csv", "data/2.csv", "data/deep/3.csv", "z.csv"):
        bucket.blob(name).upload_from_string(name)

    listed = client.list_blobs("sk-data", prefix="data/", delimiter="/", page_size=1)
    assert [blob.name for blob in listed] == ["data/1.csv", "data/2.csv"]
    assert listed.prefixes == {"data/deep/"}
    globbed = client.list_blobs("sk-data", match_glob="data/**.csv")
    assert [blob.name for blob in globbed] == ["data/1.csv", "data/2.csv", "data/deep/3.csv"]


def test_preconditions_count(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    bucket.blob("once").upload_from_string(b"1", if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        bucket.blob("once").upload_from_string(b"2", if_generation_match=0)
    assert bucket.blob("once").download_as_bytes() == b"1"


def test_old_versions_are_kept_where_asked_for(google: SandboxGoogle) -> None:
    client = google.storage()
    bucket = client.create_bucket("sk-data", location=REGION)
    bucket.versioning_enabled = True
    bucket.patch()
    for text in (b"old", b"new"):
        bucket.blob("x").upload_from_string(text)
    bucket.blob("x").delete()

    assert [blob.name for blob in client.list_blobs("sk-data")] == []
    versions = list(client.list_blobs("sk-data", versions=True))
    assert [blob.download_as_bytes() for blob in versions] == [b"old", b"new"]
    with pytest.raises(Conflict, match="not empty"):
        bucket.delete()
    for blob in versions:
        bucket.blob("x", generation=blob.generation).delete()
    bucket.delete()


def test_objects_are_composed_and_copied(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    parts = [bucket.blob(name) for name in ("1", "2")]
    for part in parts:
        part.upload_from_string(part.name)
    bucket.blob("both").compose(parts)
    bucket.copy_blob(bucket.blob("both"), bucket, "copy")
    bucket.blob("moved/it").rewrite(bucket.blob("copy"))

    assert bucket.blob("moved/it").download_as_bytes() == b"12"


def test_names_are_one_space_with_rules(google: SandboxGoogle) -> None:
    client, other = google.storage(), google.storage(caller=OTHER_PROJECT, project=OTHER_PROJECT)
    client.create_bucket("sk-data", location=REGION)

    with pytest.raises(Conflict, match="you already own it"):
        client.create_bucket("sk-data", location=REGION)
    with pytest.raises(Conflict, match="shared by all users of the system"):
        other.create_bucket("sk-data", location=REGION)
    buckets = google.api("storage", "v1").buckets()
    for name in ("ab", "Sk-Data", "goog-data", "my-g00gle", "192.168.5.4", "-data", "a..b"):
        status, message = refused(buckets.insert(project=PROJECT, body={"name": name}))
        assert (status, message) == (400, f"Invalid bucket name: '{name}'")
    wrong = buckets.insert(project=PROJECT, body={"name": "sk-more", "location": "EUROPE"})
    assert refused(wrong) == (400, "The specified location constraint is not valid.")


def test_settings_and_labels_change(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    bucket.labels = {"skyclock-pipeline": "nightly", "gone": "soon"}
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.patch()
    bucket.labels = {"skyclock-pipeline": "nightly"}
    bucket.patch()

    found = google.storage().get_bucket("sk-data")
    assert found.labels == {"skyclock-pipeline": "nightly"}
    assert found.iam_configuration.uniform_bucket_level_access_enabled
    assert (found.location, found.location_type) == ("EUROPE-WEST1", "region")


def test_a_bucket_that_is_not_empty_stays(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    bucket.blob("x").upload_from_string(b"x")
    with pytest.raises(Conflict, match="The bucket you tried to delete is not empty"):
        bucket.delete()
    bucket.blob("x").delete()
    bucket.delete()
    with pytest.raises(NotFound, match="The specified bucket does not exist"):
        google.storage().get_bucket("sk-data")


def test_strangers_are_kept_out_until_a_policy_lets_them_in(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    bucket.blob("x").upload_from_string(b"x")
    email = make_account(google, "reader")
    theirs = google.storage(caller=email).bucket("sk-data")
    with pytest.raises(Forbidden, match=r"does not have storage\.objects\.get access"):
        theirs.blob("x").download_as_bytes()
    with pytest.raises(Forbidden):  # and learn not even what there is not
        theirs.blob("no").download_as_bytes()

    policy = bucket.get_iam_policy(requested_policy_version=3)
    member = f"serviceAccount:{email}"
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {member}})
    bucket.set_iam_policy(policy)

    assert theirs.blob("x").download_as_bytes() == b"x"
    with pytest.raises(NotFound):
        theirs.blob("no").download_as_bytes()
    with pytest.raises(Forbidden):
        theirs.blob("y").upload_from_string(b"y")


def test_what_would_have_no_effect_is_refused(google: SandboxGoogle) -> None:
    body = {"name": "sk-data", "retentionPolicy": {"retentionPeriod": "3600"}}
    status, message = refused(
        google.api("storage", "v1").buckets().insert(project=PROJECT, body=body)
    )
    assert (status, message) == (
        501,
        "The sandbox does not simulate retention policies of buckets.",
    )


def test_everything_is_there_after_a_restart(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    bucket.blob("data/x.csv").upload_from_string(b"1,2")
    google.restart()

    assert google.storage().bucket("sk-data").blob("data/x.csv").download_as_bytes() == b"1,2"


def names(google: SandboxGoogle, *, versions: bool = False) -> list[str]:
    return [blob.name for blob in google.storage().list_blobs("sk-data", versions=versions)]


def test_objects_go_when_their_buckets_rules_say_so(google: SandboxGoogle) -> None:
    bucket = google.storage().bucket("sk-data")
    bucket.add_lifecycle_delete_rule(age=10, matches_prefix=["tmp/"])
    bucket.add_lifecycle_set_storage_class_rule("NEARLINE", age=20)
    bucket.create(location=REGION)
    for name in ("tmp/1", "data/1"):
        bucket.blob(name).upload_from_string(name)
    google.advance("P10D")
    bucket.blob("tmp/2").upload_from_string("later")
    google.restart()
    google.advance("P1D")
    assert names(google) == ["data/1", "tmp/2"]
    google.advance("P10D")
    assert names(google) == ["data/1"]
    found = google.storage().bucket("sk-data").get_blob("data/1")
    assert (found.storage_class, found.download_as_text()) == ("NEARLINE", "data/1")


def test_rules_tell_old_versions_from_the_live_one(google: SandboxGoogle) -> None:
    bucket = google.storage().bucket("sk-data")
    bucket.versioning_enabled = True
    bucket.add_lifecycle_delete_rule(number_of_newer_versions=2)
    bucket.add_lifecycle_delete_rule(is_live=False, days_since_noncurrent_time=5)
    bucket.create(location=REGION)
    for version in range(4):
        bucket.blob("x").upload_from_string(str(version))
    bucket.blob("y").upload_from_string("live")
    google.advance("P1D")
    assert names(google, versions=True) == ["x", "x", "y"]
    google.advance("P5D")
    assert names(google, versions=True) == ["x", "y"]
    assert google.storage().bucket("sk-data").blob("x").download_as_text() == "3"


def test_a_rule_that_cloud_storage_would_not_take_is_refused(google: SandboxGoogle) -> None:
    bucket = google.storage().create_bucket("sk-data", location=REGION)
    for rule in (
        {"action": {"type": "Delete"}, "condition": {}},
        {"action": {"type": "Move"}, "condition": {"age": 1}},
        {"action": {"type": "SetStorageClass"}, "condition": {"age": 1}},
        {"action": {"type": "Delete"}, "condition": {"createdBefore": "yesterday"}},
    ):
        bucket.lifecycle_rules = [rule]
        with pytest.raises(BadRequest):
            bucket.patch()
    assert list(google.storage().get_bucket("sk-data").lifecycle_rules) == []


def test_what_is_too_large_for_the_sandbox_is_told_so(google: SandboxGoogle) -> None:
    connection = HTTPConnection("127.0.0.1", google.port, timeout=60)
    connection.putrequest("POST", "/storage/v1/b?project=x")
    connection.putheader("Content-Length", str(2**40))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert "up to" in json.loads(answer.read())["error"]["message"]
    connection.close()
