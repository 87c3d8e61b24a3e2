"""Deployed zips run: versions, weights, errors, isolation, logs, metrics, function URLs."""

import base64
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from mlspec.targets.local.cloud.clock import Clock
from mlspec.targets.local.cloud.lambda_pool import Pool
from mlspec.targets.local.cloud.world import World
from mlspec.targets.local.engine.images import push_image
from tests.cloud.conftest import Desk, gone, zipped

ECHO = """
import os
def handler(event, context):
    print("saw", event)
    return {"event": event, "version": context.function_version, "word": os.environ.get("WORD")}
"""
BROKEN = """
import os, sys, time
def handler(event, context):
    match event["how"]:
        case "raise": raise ValueError("bad input")
        case "exit": os._exit(9)
        case "sleep": time.sleep(60)
        case "object": return object()
    return "well"
"""


def test_answers_and_logs(desk: Desk) -> None:
    desk.function("echo", ECHO, Environment={"Variables": {"WORD": "yes"}})
    answer, body = desk.call("echo", {"a": 1}, LogType="Tail")
    assert body == {"event": {"a": 1}, "version": "$LATEST", "word": "yes"}
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    assert b"saw {'a': 1}" in base64.b64decode(answer["LogResult"])
    events = desk.cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/echo")["events"]
    lines = [event["message"] for event in events]
    assert any(line.startswith("START RequestId:") for line in lines)
    assert any(line.startswith("REPORT RequestId:") and "Init Duration" in line for line in lines)
    assert abs(events[-1]["timestamp"] / 1000 - desk.cloud.now().timestamp()) < 60


def test_versions_are_frozen_and_code_comes_from_s3(desk: Desk) -> None:
    client, s3 = desk.cloud.client("lambda"), desk.cloud.client("s3")
    desk.function("frozen", "def handler(e, c): return 'one'", Environment={"Variables": {"N": "1"}})
    assert client.publish_version(FunctionName="frozen")["Version"] == "1"
    s3.create_bucket(Bucket="frozen-code")
    s3.put_object(Bucket="frozen-code", Key="b.zip", Body=zipped({"index.py": "def handler(e, c): return 'two'"}))
    client.update_function_code(FunctionName="frozen", S3Bucket="frozen-code", S3Key="b.zip")
    client.update_function_configuration(FunctionName="frozen", Environment={"Variables": {"N": "2"}})
    assert client.publish_version(FunctionName="frozen")["Version"] == "2"
    assert desk.call("frozen", Qualifier="1")[1] == "one"
    assert desk.call("frozen", Qualifier="2")[1] == "two"
    assert desk.call("frozen")[1] == "two"
    of = client.get_function_configuration
    assert of(FunctionName="frozen", Qualifier="1")["Environment"]["Variables"] == {"N": "1"}


def test_alias_weights_route(desk: Desk) -> None:
    client = desk.cloud.client("lambda")
    desk.function("weighed", "def handler(e, c): return c.function_version")
    client.publish_version(FunctionName="weighed")
    client.update_function_configuration(FunctionName="weighed", Description="second")
    client.publish_version(FunctionName="weighed")
    client.create_alias(FunctionName="weighed", Name="live", FunctionVersion="1")
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    client.update_alias(FunctionName="weighed", Name="live", FunctionVersion="1", RoutingConfig=weights)
    assert client.get_alias(FunctionName="weighed", Name="live")["RoutingConfig"] == weights
    answers = [desk.call("weighed", Qualifier="live") for _ in range(60)]
    counts = Counter(body for _, body in answers)
    assert 4 <= counts["2"] <= 28
    assert all(answer["ExecutedVersion"] == body for answer, body in answers)
    client.update_alias(FunctionName="weighed", Name="live", FunctionVersion="2", RoutingConfig={})
    assert {desk.call("weighed", Qualifier="live")[1] for _ in range(20)} == {"2"}


@pytest.mark.parametrize(
    ("how", "kind"),
    [("raise", "ValueError"), ("exit", "Runtime.ExitError"), ("object", "Runtime.MarshalError")],
)
def test_errors_have_their_true_shape(desk: Desk, how: str, kind: str) -> None:
    desk.function(f"broken-{how}", BROKEN)
    answer, body = desk.call(f"broken-{how}", {"how": how})
    assert answer["FunctionError"] == "Unhandled"
    assert body["errorType"] == kind
    assert desk.call(f"broken-{how}", {"how": "well"})[1] == "well"


def test_a_function_that_is_too_slow_is_ended(desk: Desk) -> None:
    desk.function("slow", BROKEN, Timeout=1)
    desk.call("slow", {"how": "well"})
    answer, body = desk.call("slow", {"how": "sleep"})
    assert answer["FunctionError"] == "Unhandled"
    assert "Task timed out after 1.00 seconds" in body["errorMessage"]


def test_init_takes_nothing_from_the_time_limit(desk: Desk) -> None:
    source = """
import time
time.sleep(5)
def handler(event, context):
    return context.get_remaining_time_in_millis()
"""
    desk.function("slow-init", source, Timeout=4)
    answer, left = desk.call("slow-init", LogType="Tail")
    assert "FunctionError" not in answer
    assert 0 < left <= 4000
    report = base64.b64decode(answer["LogResult"]).decode().splitlines()[-1]
    init, took = re.search(r"Init Duration: ([0-9.]+)", report), re.search(r" Duration: ([0-9.]+)", report)
    assert init is not None
    assert took is not None
    assert float(init[1]) >= 5000 > float(took[1])


def test_six_megabytes_are_the_limit(desk: Desk) -> None:
    source = "def handler(event, context): return 'x' * event['answer']"
    desk.function("sized", source)
    assert len(desk.call("sized", {"answer": 5_900_000, "sent": "x" * 6_000_000})[1]) == 5_900_000
    answer, body = desk.call("sized", {"answer": 7_000_000})
    assert (answer["FunctionError"], body["errorType"]) == ("Unhandled", "Function.ResponseSizeTooLarge")
    with pytest.raises(desk.cloud.client("lambda").exceptions.RequestTooLargeException):
        desk.call("sized", {"answer": 1, "sent": "x" * 7_000_000})
    assert desk.cloud.request("sized", "$LATEST", b"x" * 7_000_000)[0] == 413


def test_a_url_of_no_function(desk: Desk) -> None:
    assert desk.cloud.request("nosuchfunction", "live", b"{}")[0] == 404


def test_idle_environments_end_and_their_last_lines_are_kept(own_desk: Callable[[], Desk]) -> None:
    desk = own_desk()
    source = """
import os, signal, sys
def end(*_):
    print("last words of", os.getpid(), flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
def handler(event, context):
    return os.getpid()
"""
    for n in range(11):  # one more than there is room for
        desk.function(f"idle-{n}", source)
    first = desk.call("idle-0")[1]
    assert desk.call("idle-0")[1] == first
    for n in range(1, 11):
        desk.call(f"idle-{n}")
    assert gone(first)
    events = desk.cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/idle-0")["events"]
    assert f"last words of {first}" in [event["message"] for event in events]
    assert desk.call("idle-0")[1] != first


def test_workers_with_nothing_to_do_are_evicted(tmp_path: Path) -> None:
    world = World("id", tmp_path, Clock(tmp_path / "clock"))
    pool = Pool(world)
    source = zipped({"index.py": "import os\ndef handler(event, context): return os.getpid()"})
    function = SimpleNamespace(
        function_arn="arn", function_name="f", version="1", handler="index.handler", timeout=20, memory_size=128,
        environment_vars={}, run_time="python3.12", logs_group_name="g", code_bytes=source, code_sha_256="c" * 44,
        package_type="Zip",
    )  # fmt: skip
    pid = json.loads(pool.invoke(function, b"{}").payload)
    pool.evict(3600.0)
    assert json.loads(pool.invoke(function, b"{}").payload) == pid
    pool.evict(0.0)
    assert gone(pid)
    pool.close()
    with pytest.raises(RuntimeError, match="ending"):
        pool.invoke(function, b"{}")


def test_init_errors_are_told(desk: Desk) -> None:
    desk.function("badinit", "import nosuchmodule")
    answer, body = desk.call("badinit")
    assert answer["FunctionError"] == "Unhandled"
    assert body["errorType"] == "Runtime.ImportModuleError"


def test_sees_its_own_zip_and_the_platform_only(desk: Desk) -> None:
    source = """
import importlib.util
def handler(names, context):
    return [name for name in names if importlib.util.find_spec(name)]
"""
    desk.function("alone", source)
    names = ["boto3", "botocore", "json", "numpy", "pandas", "sklearn", "polars", "moto", "mlspec", "msgspec"]
    assert desk.call("alone", names)[1] == ["boto3", "botocore", "json"]


def test_a_function_can_call_the_cloud(desk: Desk) -> None:
    source = """
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket="called", Key="k", Body=b"v")
"""
    desk.cloud.client("s3").create_bucket(Bucket="called")
    desk.function("caller", source)
    answer, body = desk.call("caller")
    assert "FunctionError" not in answer, body
    assert desk.cloud.client("s3").get_object(Bucket="called", Key="k")["Body"].read() == b"v"


def test_concurrent_calls_all_get_answers(desk: Desk) -> None:
    desk.function("many", "def handler(e, c): return e")
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(lambda n: desk.call("many", n)[1], range(36))) == list(range(36))


def test_events_run_in_the_background(desk: Desk) -> None:
    url, _ = desk.queue("background")
    source = f"""
import boto3, json
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl={url!r}, MessageBody=json.dumps(event))
"""
    desk.function("background", source)
    answer = desk.cloud.client("lambda").invoke(FunctionName="background", InvocationType="Event", Payload=b'{"n": 1}')
    assert answer["StatusCode"] == 202
    assert desk.received(url) == [{"n": 1}]


def test_metrics_in_log_lines(desk: Desk) -> None:
    source = """
import json
def handler(event, context):
    print(json.dumps({"_aws": {"Timestamp": 0, "CloudWatchMetrics": [{"Namespace": "emf",
        "Dimensions": [["model"], ["model", "version"]], "Metrics": [{"Name": "latency", "Unit": "Milliseconds"}]}]},
        "model": "m", "version": "1", "latency": [1, 2, 3, 10]}))
"""
    desk.function("emf", source)
    desk.call("emf")
    watch, now = desk.cloud.client("cloudwatch"), desk.cloud.now()
    for names in ({"model": "m"}, {"model": "m", "version": "1"}):
        points = watch.get_metric_statistics(
            Namespace="emf",
            MetricName="latency",
            Dimensions=[{"Name": k, "Value": v} for k, v in names.items()],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
            Period=600,
            Statistics=["Sum", "SampleCount", "Maximum"],
        )["Datapoints"]
        assert sum(point["Maximum"] for point in points) == 10
    listed = watch.list_metrics(Namespace="emf")["Metrics"]
    assert {len(metric["Dimensions"]) for metric in listed} == {1, 2}


def test_function_urls(desk: Desk) -> None:
    source = """
import json
def handler(event, context):
    return {"statusCode": 201, "body": json.dumps({"version": event["version"], "sent": json.loads(event["body"])})}
"""
    client = desk.cloud.client("lambda")
    desk.function("url", source)
    client.publish_version(FunctionName="url")
    client.create_alias(FunctionName="url", Name="live", FunctionVersion="1")
    made = client.create_function_url_config(FunctionName="url", Qualifier="live", AuthType="AWS_IAM")
    assert made["AuthType"] == "AWS_IAM"
    assert client.get_function_url_config(FunctionName="url", Qualifier="live")["FunctionUrl"] == made["FunctionUrl"]
    assert desk.cloud.request("url", "live", b'{"a": 1}') == (201, {"version": "2.0", "sent": {"a": 1}})


def test_a_url_takes_any_request_and_gives_any_reply(desk: Desk) -> None:
    """Path, query, headers and bytes go in and come out as HTTP has them."""
    source = """
import base64
def handler(event, context):
    told = [event["rawPath"], event["rawQueryString"], event["queryStringParameters"]["a"], event["headers"]["x-told"]]
    body = base64.b64decode(event["body"]) + " ".join(told).encode() + bytes([255])
    headers = {"content-type": "application/octet-stream", "x-method": event["requestContext"]["http"]["method"]}
    body = base64.b64encode(body).decode()
    return {"statusCode": 202, "headers": headers, "body": body, "isBase64Encoded": True}
"""
    desk.function("any", source)
    connection = HTTPConnection(desk.cloud.endpoint.removeprefix("http://"), timeout=60)
    headers = {"Content-Type": "application/octet-stream", "X-Told": "so"}
    connection.request("PUT", "/mlspec/url/any/$LATEST/v2/infer?a=1&a=2", body=bytes([254]), headers=headers)
    reply = connection.getresponse()
    assert (reply.status, reply.getheader("x-method")) == (202, "PUT")
    assert reply.getheader("content-type") == "application/octet-stream"
    assert reply.read() == bytes([254]) + b"/v2/infer a=1&a=2 1,2 so" + bytes([255])
    connection.close()


def test_functions_see_the_clock_that_was_moved(own_desk: Callable[[], Desk]) -> None:
    desk = own_desk()
    source = """
import time, datetime
def handler(event, context):
    return [time.time(), datetime.datetime.now(datetime.timezone.utc).timestamp()]
"""
    desk.function("clock", source)
    desk.call("clock")
    desk.cloud.advance(seconds=30 * 86400)
    ahead = time.time() + 30 * 86400
    seen = desk.call("clock")[1]
    assert all(abs(moment - ahead) < 120 for moment in seen), [moment - ahead for moment in seen]


def test_a_function_in_an_image_runs_what_its_image_holds_and_no_other(desk: Desk, tmp_path: Path) -> None:
    """Earlier versions keep their image; one that is not there is refused, as Lambda does."""
    ecr, client = desk.cloud.client("ecr"), desk.cloud.client("lambda")
    url = ecr.create_repository(repositoryName="demo-images")["repository"]["repositoryUri"]
    for tag in ("one", "two"):
        package = tmp_path / f"{tag}.zip"
        package.write_bytes(zipped({"handler.py": f"def handler(event, context): return '{tag}'"}))
        push_image(ecr, f"{url}:{tag}", package)
    made = {"FunctionName": "imaged", "Role": desk.role, "PackageType": "Image"}
    with pytest.raises(ClientError, match="does not exist"):
        client.create_function(**made, Code={"ImageUri": f"{url}:three"})
    client.create_function(**made, Code={"ImageUri": f"{url}:one"})
    client.publish_version(FunctionName="imaged")
    client.update_function_code(FunctionName="imaged", ImageUri=f"{url}:two")
    assert [desk.call("imaged", Qualifier=version)[1] for version in ("1", "$LATEST")] == ["one", "two"]
