"""The rollout's actions, called one by one, twice over, and where they must refuse."""

import base64
import hashlib
import io
import json
import random
import zipfile
from typing import Any

import pytest

from mlspec.runtime.packages import with_model
from mlspec.runtime.releases import ReleaseError
from tests.workflow.stack import (
    BUCKET,
    CANARY,
    ENVIRONMENT,
    FUNCTION,
    archived,
    evaluation,
    make_function,
    model_files,
    zipped,
)

ACTIONS = ("register", "shift", "promote")
EITHER = pytest.mark.parametrize("form", ["zip", "image"], indirect=True)
IMAGE = pytest.mark.parametrize("form", ["image"], indirect=True)


def judged(stack: Any, release: str, *, champion: str = "", auc: float = 0.7) -> Any:
    """A release that has come as far as the gates."""
    rival = 0.7 if champion else None
    files = model_files(release, evaluation(release, auc=auc, champion=rival), onnx=release.encode())
    key = f"jobs/late-dev-{release}/output/model.tar.gz"
    stack.put(key, archived(files))
    event = {"release": release, "job": f"late-dev-{release}", "champion": champion, "trigger": "manual"}
    return stack.call("gate", artifact=f"s3://{BUCKET}/{key}", **event)


def roll(stack: Any, action: str, release: str, *, step: int = 2) -> Any:
    return stack.call("rollout", action=action, release=release, step=step)


def promoted(stack: Any, release: str, *, champion: str = "") -> None:
    assert judged(stack, release, champion=champion)["passed"]
    for action in ACTIONS:
        roll(stack, action, release)


def state(stack: Any) -> dict[str, Any]:
    """Everything a rollout can change."""
    listed = stack.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    objects = {one["Key"]: one["ETag"] for one in listed}
    versions = stack.client("lambda").list_versions_by_function(FunctionName=FUNCTION)["Versions"]
    return {"objects": objects, "versions": len(versions), "traffic": stack.traffic, "packages": stack.packages}


@EITHER
def test_every_action_may_be_repeated(stack: Any) -> None:
    promoted(stack, "one")
    judged(stack, "two", champion="one")
    for action, step in (("register", 0), ("shift", 0), ("shift", 1), ("shift", 2), ("promote", 2), ("recover", 2)):
        first = roll(stack, action, "two", step=step)
        before = state(stack)
        assert roll(stack, action, "two", step=step) == first
        assert state(stack) == before, action
    assert stack.json("champion.json")["previous"] == {"release": "one", "version": "2"}


@EITHER
@pytest.mark.parametrize("action", ["rollback", "recover"])
def test_taking_traffic_back_may_be_repeated(stack: Any, action: str) -> None:
    promoted(stack, "one")
    judged(stack, "two", champion="one")
    roll(stack, "register", "two")
    roll(stack, "shift", "two", step=0)
    assert stack.traffic == ("2", {"3": 0.05})
    assert roll(stack, action, "two") == roll(stack, action, "two")
    assert stack.traffic == ("2", {})
    assert stack.packages == ["Approved", "Rejected"]
    assert stack.json("releases/two/release.json")["status"] == "rolled_back"
    assert stack.json("champion.json")["release"] == "one"


@EITHER
def test_a_late_repeat_does_not_touch_the_next_rollout(stack: Any) -> None:
    promoted(stack, "one")
    for release in ("two", "three"):
        judged(stack, release, champion="one")
    for action in ("register", "shift", "rollback"):
        roll(stack, action, "two", step=0)
    for action in ("register", "shift"):
        roll(stack, action, "three", step=0)
    roll(stack, "rollback", "two")
    assert stack.traffic == ("2", {"4": 0.05})


def test_without_a_champion_recovery_goes_back_to_what_served_before(stack: Any) -> None:
    judged(stack, "one")
    for action in ("register", "shift"):
        roll(stack, action, "one", step=0)
    assert stack.traffic == ("2", {})
    roll(stack, "rollback", "one")
    assert stack.traffic == ("1", {})


def test_recovering_what_was_never_registered_changes_nothing(stack: Any) -> None:
    before = state(stack)
    assert roll(stack, "recover", "unknown")["status"] == "unknown"
    assert state(stack) == before


def test_a_refused_release_is_never_registered(stack: Any) -> None:
    assert not judged(stack, "bad", auc=0.5)["passed"]
    for action in ("register", "shift", "promote"):
        with pytest.raises(ReleaseError):
            roll(stack, action, "bad")
    assert stack.traffic == ("1", {})


@EITHER
def test_a_verdict_turned_over_by_hand_is_noticed_in_the_files(stack: Any) -> None:
    judged(stack, "one")
    stack.put("releases/one/model/model.onnx", b"another model")
    with pytest.raises(ReleaseError, match=r"model.onnx of release one is not the file that the gates judged"):
        roll(stack, "register", "one")


@EITHER
@pytest.mark.parametrize("verdict", [{}, {"passed": "yes", "release": "one"}, {"passed": True, "release": "two"}])
def test_only_its_own_pass_lets_a_release_in(stack: Any, verdict: dict[str, Any]) -> None:
    judged(stack, "one")
    stack.put("releases/one/gates.json", verdict)
    with pytest.raises(ReleaseError, match="did not pass its gates"):
        roll(stack, "register", "one")


def test_a_rolled_back_release_never_serves_again(stack: Any) -> None:
    promoted(stack, "one")
    judged(stack, "two", champion="one")
    for action in ("register", "shift", "rollback"):
        roll(stack, action, "two", step=0)
    for action in ("register", "shift", "promote"):
        with pytest.raises(ReleaseError):
            roll(stack, action, "two")
    judged(stack, "two", champion="one")
    with pytest.raises(ReleaseError):
        roll(stack, "register", "two")
    assert stack.traffic == ("2", {})


def test_promotion_needs_all_of_the_traffic(stack: Any) -> None:
    promoted(stack, "one")
    judged(stack, "two", champion="one")
    for action in ("register", "shift"):
        roll(stack, action, "two", step=1)
    with pytest.raises(ReleaseError):
        roll(stack, "promote", "two")


@EITHER
def test_back_to_the_previous_release(stack: Any) -> None:
    promoted(stack, "one")
    promoted(stack, "two", champion="one")
    told = stack.call("rollout", action="rollback")
    assert told == {"status": "champion", "release": "one", "version": "2"}
    assert stack.call("rollout", action="rollback") == told
    assert stack.traffic == ("2", {})
    assert stack.json("champion.json") == {"release": "one", "version": "2", "previous": None, "left": "two"}
    assert [stack.json(f"releases/{name}/release.json")["status"] for name in ("one", "two")] == [
        "champion",
        "rolled_back",
    ]
    assert stack.packages == ["Approved", "Rejected"]
    promoted(stack, "three", champion="one")
    assert stack.json("champion.json")["previous"] == {"release": "one", "version": "2"}


@EITHER
def test_a_function_made_anew_gets_its_champion_and_its_predecessor_back(stack: Any, form: str) -> None:
    promoted(stack, "one")
    promoted(stack, "two", champion="one")
    stack.client("lambda").delete_function(FunctionName=FUNCTION)
    make_function(stack, FUNCTION, form)
    told = stack.call("rollout", action="restore")
    assert told == {"status": "champion", "release": "two", "version": "3"}
    assert stack.traffic == ("3", {})
    assert stack.call("rollout", action="restore") == {**told, "status": "unchanged"}
    assert stack.call("rollout", action="rollback")["release"] == "one"
    assert stack.traffic == ("2", {})


def test_a_run_restores_the_champion_before_its_challenger_gets_a_version(stack: Any) -> None:
    promoted(stack, "one")
    stack.client("lambda").delete_function(FunctionName=FUNCTION)
    make_function(stack, FUNCTION, "zip")
    judged(stack, "two", champion="one")
    roll(stack, "register", "two", step=0)
    assert stack.traffic == ("2", {})
    roll(stack, "shift", "two", step=0)
    assert stack.traffic == ("2", {"3": 0.05})


def test_nothing_to_go_back_to(stack: Any) -> None:
    assert stack.call("rollout", action="rollback")["status"] == "unchanged"
    promoted(stack, "one")
    assert stack.call("rollout", action="rollback")["reason"] == "there is no earlier release to go back to"
    assert stack.traffic == ("2", {})


def test_the_version_runs_the_judged_model(stack: Any) -> None:
    promoted(stack, "one")
    package = stack.client("s3").get_object(Bucket=BUCKET, Key="releases/one/inference.zip")["Body"].read()
    published = stack.client("lambda").get_function_configuration(FunctionName=FUNCTION, Qualifier="2")
    assert published["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [
            "handler.py",
            "model/model.json",
            "model/model.onnx",
            "model/profile.json",
            "model/release.json",
        ]
        assert archive.read("model/model.onnx") == b"one"
        assert json.loads(archive.read("model/release.json"))["release"] == "one"


@IMAGE
def test_a_version_of_an_image_names_the_judged_model_by_digest(stack: Any) -> None:
    promoted(stack, "one")
    manifest = stack.client("s3").get_object(Bucket=BUCKET, Key="releases/one/serving.json")["Body"].read()
    published = stack.client("lambda").get_function_configuration(FunctionName=FUNCTION, Qualifier="2")
    named = published["Environment"]["Variables"]
    assert named == {"MLSPEC_RELEASE": "one", "MLSPEC_RELEASE_DIGEST": hashlib.sha256(manifest).hexdigest()}
    told = json.loads(manifest)
    assert (told["release"], told["engine"]["name"]) == ("one", "onnx")
    assert told["files"].keys() == {"model.json", "model.onnx", "profile.json"}
    assert told["files"]["model.onnx"] == hashlib.sha256(b"one").hexdigest()


@IMAGE
def test_an_earlier_version_goes_on_naming_its_own_release(stack: Any) -> None:
    promoted(stack, "one")
    promoted(stack, "two", champion="one")
    client = stack.client("lambda")
    versions = [client.get_function_configuration(FunctionName=FUNCTION, Qualifier=number) for number in ("2", "3")]
    assert [version["Environment"]["Variables"]["MLSPEC_RELEASE"] for version in versions] == ["one", "two"]


@EITHER
@pytest.mark.parametrize("packed", [False, True], ids=["as it is", "compressed well"])
def test_a_model_that_its_form_has_no_room_for_is_refused_and_told_what_has(
    form: str, packed: bool, deploy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLSPEC_MODEL_ROOM", str(2**20))
    stack = deploy()
    onnx = bytes(2**20 + 1) if packed else random.Random(0).randbytes(2**20 + 1)
    files = model_files("one", evaluation("one"), onnx=onnx)
    stack.put("jobs/late-dev-one/output/model.tar.gz", archived(files))
    told = stack.call(
        "gate", release="one", job="j", champion="", artifact=f"s3://{BUCKET}/jobs/late-dev-one/output/model.tar.gz"
    )
    assert not told["passed"]
    assert "more than 1 MiB" in told["summary"]
    assert ("serving.package: image" if form == "zip" else "raise serving.memory") in told["summary"]
    assert stack.json("releases/one/release.json")["status"] == "refused"


def test_a_package_is_the_same_bytes_every_time() -> None:
    base = zipped({"handler.py": b"pass"})
    assert with_model(base, {"b": b"2", "a": b"1"}) == with_model(base, {"a": b"1", "b": b"2"})
    with pytest.raises(ValueError, match="holds a model already"):
        with_model(with_model(base, {"a": b"1"}), {"a": b"1"})


def described(stack: Any) -> dict[str, Any]:
    alarm = dict(stack.client("cloudwatch").describe_alarms(AlarmNames=[CANARY])["MetricAlarms"][0])
    changing = ("StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
    return {key: value for key, value in alarm.items() if key not in (*changing, "AlarmConfigurationUpdatedTimestamp")}


def test_the_canary_alarm_watches_the_new_version_and_nothing_else_changes(stack: Any) -> None:
    before = described(stack)
    stack.alarm(CANARY, "ALARM")  # of the version before: it says nothing of this one
    judged(stack, "one")
    for action in ("register", "shift"):
        roll(stack, action, "one")
    after = described(stack)
    assert after.pop("Dimensions") == [*before.pop("Dimensions")[:2], {"Name": "version", "Value": "2"}]
    assert after == before
    assert roll(stack, "check", "one")["status"] != "alarm"
    stack.alarm(CANARY, "ALARM")
    assert roll(stack, "check", "one") == {"status": "alarm", "step": 2, "alarms": [CANARY]}


def test_a_canary_without_its_alarms_is_an_error(stack: Any) -> None:
    judged(stack, "one")
    roll(stack, "register", "one")
    stack.client("cloudwatch").delete_alarms(AlarmNames=[CANARY])
    with pytest.raises(RuntimeError, match="do not exist"):
        roll(stack, "shift", "one")
    assert stack.traffic == ("1", {})


def test_a_step_is_watched_for_its_bake(deploy: Any) -> None:
    stack = deploy(rollout={"steps": ["5%", "100%"], "bake": "1h"})
    judged(stack, "one")
    for action in ("register", "shift"):
        roll(stack, action, "one", step=1)
    assert roll(stack, "check", "one", step=1)["status"] == "bake"
    record = stack.json("releases/one/release.json")
    stack.put(
        "releases/one/release.json", {**record, "shifted": {**record["shifted"], "at": record["shifted"]["at"] - 3600}}
    )
    assert roll(stack, "check", "one", step=1)["status"] == "done"


def test_an_unknown_action_is_an_error(stack: Any) -> None:
    with pytest.raises(ValueError, match="unknown action 'destroy'"):
        stack.call("rollout", action="destroy")


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"model.onnx": b"other"}, "model.onnx is not the file that model.json describes"),
        ({"evaluation.json": json.dumps({"release": "two"}).encode()}, "the archive is of release"),
        ({"evaluation.json": b"{"}, "evaluation.json is not JSON"),
        ({"evaluation.json": b"[]"}, "evaluation.json is not a JSON object"),
        ({"../../champion.json": b"{}"}, "which is no file of a model"),
    ],
)
def test_a_broken_archive_is_refused(stack: Any, files: dict[str, bytes], reason: str) -> None:
    key = "jobs/late-dev-one/output/model.tar.gz"
    stack.put(key, archived({**model_files("one", evaluation("one")), **files}))
    told = stack.call("gate", release="one", job="j", champion="", artifact=f"s3://{BUCKET}/{key}")
    assert told["passed"] is False
    assert reason in told["summary"]
    assert stack.json("releases/one/release.json")["status"] == "refused"


def test_an_archive_from_elsewhere_is_refused(stack: Any) -> None:
    told = stack.call("gate", release="one", job="j", champion="", artifact="s3://elsewhere/jobs/model.tar.gz")
    assert told["refused"] == ["s3://elsewhere/jobs/model.tar.gz is not in the stack's own store"]


def test_everything_is_written_with_the_stacks_key(deploy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/0f0f"
    monkeypatch.setenv("MLSPEC_KEY", key)
    stack = deploy()
    before = {ENVIRONMENT["MLSPEC_BASE_KEY"]}
    promoted(stack, "one")
    client = stack.client("s3")
    for one in client.list_objects_v2(Bucket=BUCKET)["Contents"]:
        if one["Key"] not in before and not one["Key"].startswith("jobs/"):
            assert client.head_object(Bucket=BUCKET, Key=one["Key"])["SSEKMSKeyId"] == key
