"""Objects that tell functions and queues of themselves, as S3 does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning.sandbox.faults import Fault
from tests.sandbox.aws.conftest import ACCOUNT, REGION, SandboxAws, document
from tests.sandbox.aws.functions import eventually, function_arn, log_lines, make_function
from tests.sandbox.aws.running import error

pytestmark = pytest.mark.sandbox

BUCKET = "landing"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:landed"
PRINTS = """
    import json
    def main(event, context):
        for record in event["Records"]:
            print("record", json.dumps(record))
"""


def rule(
    prefix: str = "", suffix: str = "", *, id: str = "r1", event: str = "s3:ObjectCreated:*",
    name: str = "prints",
) -> dict[str, Any]:  # fmt: skip
    filters = [{"Name": "Prefix", "Value": prefix}, {"Name": "suffix", "Value": suffix}]
    return {
        "Id": id,
        "LambdaFunctionArn": function_arn(name),
        "Events": [event],
        "Filter": {"Key": {"FilterRules": filters}},
    }


def set_rules(aws: SandboxAws, *rules: dict[str, Any], **more: Any) -> None:
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET,
        NotificationConfiguration={"LambdaFunctionConfigurations": list(rules), **more},
    )


def configuration(aws: SandboxAws) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("s3").get_bucket_notification_configuration(Bucket=BUCKET)
    return {name: value for name, value in found.items() if name != "ResponseMetadata"}


def put(aws: SandboxAws, key: str, body: bytes = b"12345") -> None:
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def records(aws: SandboxAws, count: int) -> list[dict[str, Any]]:
    def found() -> list[str]:
        return [line for line in log_lines(aws, "prints") if line.startswith("record ")]

    eventually(lambda: len(found()) >= count)
    return [json.loads(line.removeprefix("record ")) for line in found()]


def keys(aws: SandboxAws, count: int) -> list[str]:
    return sorted(record["s3"]["object"]["key"] for record in records(aws, count))


def looks(aws: SandboxAws) -> list[tuple[str, str, str]]:
    return [(each.source, each.outcome, each.reason) for each in aws.world.journal.entries()]


@pytest.fixture(autouse=True)
def landing(aws: SandboxAws) -> None:
    aws.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    make_function(aws, "prints", PRINTS)
    aws.client("lambda").add_permission(
        FunctionName="prints", StatementId="s3", Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com", SourceArn=f"arn:aws:s3:::{BUCKET}", SourceAccount=ACCOUNT,
    )  # fmt: skip


def test_an_object_that_fits_starts_the_function_and_others_do_not(aws: SandboxAws) -> None:
    set_rules(aws, rule("data/", ".csv"))
    for key in ("other/x.csv", "data/x.txt", "data/x.csv"):
        put(aws, key)

    assert keys(aws, 1) == ["data/x.csv"]
    assert looks(aws) == [
        (f"s3://{BUCKET}/other/x.csv", "ignored", "The prefix data/ does not match other/x.csv."),
        (f"s3://{BUCKET}/data/x.txt", "ignored", "The suffix .csv does not match data/x.txt."),
        (f"s3://{BUCKET}/data/x.csv", "delivered", ""),
    ]


def test_the_record_is_as_aws_words_it(aws: SandboxAws) -> None:
    set_rules(aws, rule())
    put(aws, "data/two words+ü~*.csv")

    (record,) = records(aws, 1)
    thing = record["s3"]["object"]
    assert thing.pop("sequencer")
    assert thing == {
        "key": "data/two+words%2B%C3%BC%7E*.csv",
        "size": 5,
        "eTag": "827ccb0eea8a706c4c34a16891f84e7b",
    }
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["awsRegion"] == REGION
    assert record["eventTime"] == "2027-03-01T12:00:00.000Z"
    assert record["s3"]["configurationId"] == "r1"
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{BUCKET}"
    assert record["userIdentity"]["principalId"] == f"AWS:AIDA{ACCOUNT}SBOX"


def test_sequencers_of_a_key_grow(aws: SandboxAws) -> None:
    set_rules(aws, rule())
    for body in (b"1", b"22", b"333"):
        put(aws, "data/x.csv", body)

    things = [record["s3"]["object"] for record in records(aws, 3)]
    by_sequencer = sorted(things, key=lambda thing: thing["sequencer"])
    assert [thing["size"] for thing in by_sequencer] == [1, 2, 3]
    assert len({thing["sequencer"] for thing in things}) == 3


def test_every_way_of_writing_and_deleting_is_told(aws: SandboxAws) -> None:
    s3 = aws.client("s3")
    set_rules(
        aws, rule("data/"), rule("data/", id="r2", event="s3:ObjectRemoved:*")
    )  # fmt: skip
    put(aws, "data/put")
    s3.copy_object(Bucket=BUCKET, Key="data/copy", CopySource=f"{BUCKET}/data/put")
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="data/parts")["UploadId"]
    part = s3.upload_part(
        Bucket=BUCKET, Key="data/parts", UploadId=upload, PartNumber=1, Body=b"part"
    )
    s3.complete_multipart_upload(
        Bucket=BUCKET, Key="data/parts", UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )  # fmt: skip
    s3.put_object_tagging(
        Bucket=BUCKET, Key="data/put", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
    )
    s3.delete_object(Bucket=BUCKET, Key="data/put")
    s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": "data/copy"}]})

    found = {(each["eventName"], each["s3"]["object"]["key"]) for each in records(aws, 5)}
    assert found == {
        ("ObjectCreated:Put", "data/put"),
        ("ObjectCreated:Copy", "data/copy"),
        ("ObjectCreated:CompleteMultipartUpload", "data/parts"),
        ("ObjectRemoved:Delete", "data/put"),
        ("ObjectRemoved:Delete", "data/copy"),
    }


def test_versions_and_delete_markers_are_told(aws: SandboxAws) -> None:
    s3 = aws.client("s3")
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    set_rules(aws, rule(event="s3:ObjectCreated:Put"), rule(id="r2", event="s3:ObjectRemoved:*"))
    version = s3.put_object(Bucket=BUCKET, Key="k", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket=BUCKET, Key="k")["VersionId"]
    s3.delete_object(Bucket=BUCKET, Key="k", VersionId=version)

    found = {(each["eventName"], each["s3"]["object"]["versionId"]) for each in records(aws, 3)}
    assert found == {
        ("ObjectCreated:Put", version),
        ("ObjectRemoved:DeleteMarkerCreated", marker),
        ("ObjectRemoved:Delete", version),
    }


def test_a_queue_is_told_too(aws: SandboxAws) -> None:
    url = aws.client("sqs").create_queue(QueueName="landed")["QueueUrl"]
    config = {"QueueConfigurations": [{"QueueArn": QUEUE, "Events": ["s3:ObjectCreated:*"]}]}
    put_config = aws.client("s3").put_bucket_notification_configuration
    given = {"Bucket": BUCKET, "NotificationConfiguration": config}
    assert error(put_config, **given)[0] == "InvalidArgument", "it may not send there yet"
    policy = {
        "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Resource": QUEUE,
        "Action": "sqs:SendMessage",
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{BUCKET}"}},
    }  # fmt: skip
    aws.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": document(policy)}
    )  # fmt: skip
    put_config(**given)
    put(aws, "data/x.csv")

    found = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    test, told = (json.loads(each["Body"]) for each in found)
    assert test["Event"] == "s3:TestEvent"
    assert told["Records"][0]["s3"]["object"]["key"] == "data/x.csv"


def test_a_configuration_is_read_back_as_s3_writes_it(aws: SandboxAws) -> None:
    given = rule("data/", ".csv")
    set_rules(aws, given, EventBridgeConfiguration={})

    found = configuration(aws)

    assert found["EventBridgeConfiguration"] == {}
    (read,) = found["LambdaFunctionConfigurations"]
    names = [each["Name"] for each in read["Filter"]["Key"]["FilterRules"]]
    assert names == ["Prefix", "Suffix"]
    assert (read["Id"], read["Events"]) == ("r1", ["s3:ObjectCreated:*"])

    set_rules(aws, {**given, "Id": ""})
    assert configuration(aws)["LambdaFunctionConfigurations"][0]["Id"], "S3 gives one"
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={}
    )
    assert configuration(aws) == {}


def test_it_is_kept_over_a_restart_and_goes_with_its_bucket(aws: SandboxAws) -> None:
    set_rules(aws, rule("data/", ".csv"))
    before = configuration(aws)

    aws.restart()

    assert configuration(aws) == before
    put(aws, "data/x.csv")
    assert keys(aws, 1) == ["data/x.csv"]
    aws.client("s3").delete_object(Bucket=BUCKET, Key="data/x.csv")
    aws.client("s3").delete_bucket(Bucket=BUCKET)
    aws.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    assert configuration(aws) == {}


UNABLE = "Unable to validate the following destination configurations"


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([rule(name="nobody")], UNABLE),
        ([rule(event="s3:ObjectInvented")], "The event 's3:ObjectInvented' is not supported"),
        ([rule("data/"), rule("data/x/", id="r2")], "Configuration is ambiguously defined."),
        ([rule(suffix=".csv"), rule(suffix="x.csv", id="r2", event="s3:ObjectCreated:Put")],
         "Configuration is ambiguously defined."),
        ([rule(), rule(id="r2")], "Configurations overlap."),
        ([rule("a/"), rule("b/")], "Same ID used for multiple configurations."),
    ],
)  # fmt: skip
def test_what_s3_refuses_is_refused(
    aws: SandboxAws, rules: list[dict[str, Any]], message: str
) -> None:
    code, said = error(
        aws.client("s3").put_bucket_notification_configuration,
        Bucket=BUCKET, NotificationConfiguration={"LambdaFunctionConfigurations": rules},
    )  # fmt: skip

    assert code == "InvalidArgument"
    assert said.startswith(message)
    assert configuration(aws) == {}


def test_rules_that_do_not_overlap_stand_side_by_side(aws: SandboxAws) -> None:
    set_rules(
        aws,
        rule("data/", ".csv"),
        rule("data/", ".json", id="r2"),
        rule("other/", ".csv", id="r3"),
        rule("data/", ".csv", id="r4", event="s3:ObjectRemoved:*"),
    )

    assert len(configuration(aws)["LambdaFunctionConfigurations"]) == 4


def test_a_function_that_is_not_open_to_the_bucket_is_refused(aws: SandboxAws) -> None:
    client = aws.client("lambda")
    client.remove_permission(FunctionName="prints", StatementId="s3")
    config = {"LambdaFunctionConfigurations": [rule()]}
    put_config = aws.client("s3").put_bucket_notification_configuration
    given = {"Bucket": BUCKET, "NotificationConfiguration": config}
    assert error(put_config, **given) == ("InvalidArgument", UNABLE)

    client.add_permission(
        FunctionName="prints", StatementId="s3", Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com", SourceArn="arn:aws:s3:::another",
    )  # fmt: skip
    assert error(put_config, **given) == ("InvalidArgument", UNABLE)
    put_config(**given, SkipDestinationValidation=True)
    put(aws, "data/x.csv")

    ((_, outcome, reason),) = looks(aws)
    assert outcome == "refused"
    assert "does not let s3.amazonaws.com use it" in reason


def test_a_firing_can_be_dropped(aws: SandboxAws) -> None:
    set_rules(aws, rule())
    fault = {"kind": "drop_firing", "cloud": "aws", "match": "r1", "count": 1, "message": "Lost."}
    with aws.world.lock:
        aws.world.faults.table.put(Fault.model_validate(fault))
    put(aws, "a")
    put(aws, "b")

    assert keys(aws, 1) == ["b"]
    assert [look[1:] for look in looks(aws)] == [("dropped", "Lost."), ("delivered", "")]
