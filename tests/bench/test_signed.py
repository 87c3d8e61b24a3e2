"""Load on a server that takes signed requests only."""

import json
from pathlib import Path

import pytest

from mlspec.cli.app import invoke
from mlspec.cli.exits import Exit
from mlspec.targets.load.payloads import Payload
from mlspec.targets.load.places import place_of
from mlspec.targets.load.processes import measure
from mlspec.targets.load.run import Order
from mlspec.targets.load.signing import Scope, scope_of
from tests.bench.test_bench_command import SPEC
from tests.signature import Keys, guarded

FUNCTION = "https://abc.lambda-url.eu-north-1.on.aws/"
NOBODY = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""}
NOWHERE = {"AWS_SHARED_CREDENTIALS_FILE": "/nowhere", "AWS_CONFIG_FILE": "/nowhere", "BOTO_CONFIG": "/nowhere"}


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    for name, value in Keys().variables.items():
        monkeypatch.setenv(name, value)
    return Keys()


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "rides.yaml"
    path.write_text(SPEC)
    return str(path)


@pytest.mark.parametrize("processes", ["1", "2"])
def test_every_request_is_signed(
    spec: str, keys: Keys, processes: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with guarded(keys, {}) as door:
        words = ["--url", f"{door.url}/v1?x=a%2Fb", "--rate", "100", "--duration", "1s", "--connections", "4"]
        signed = ["--aws-sigv4", "aws:amz:eu-north-1:lambda", "--processes", processes]
        assert invoke(["bench", spec, *words, *signed, "--json"]) == Exit.DONE
    told = json.loads(capsys.readouterr().out)
    assert told["runs"][0]["outcomes"] == {"200": 100}
    assert told["setting"]["signed"] == "Signature Version 4, lambda in eu-north-1"


@pytest.mark.parametrize("signed", [[], ["--aws-sigv4", "off"], ["--aws-sigv4", "aws:amz:eu-west-1:lambda"]])
def test_what_is_not_signed_for_it_is_refused(
    spec: str, keys: Keys, signed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with guarded(keys, {}) as door:
        words = ["--url", door.url, "--rate", "20", "--duration", "1s", "--connections", "2"]
        assert invoke(["bench", spec, *words, *signed]) == Exit.ERROR
    told = capsys.readouterr().out
    assert "403: 20" in told
    assert ("--aws-sigv4" in told) == (len(signed) < 2 or signed[1] == "off")


def test_signatures_are_made_anew_before_they_are_old(keys: Keys) -> None:
    """The time in a signature has whole seconds: over two of them, there are at least two."""
    with guarded(keys, {}) as door:
        scope = Scope(keys.service, keys.region, fresh=0.1)
        order = Order(place_of(door.url), (Payload(b"{}"), Payload(b"[]")), 50, 2.5, 0, 2, scope=scope)
        run = measure(order)
        assert run.outcomes == {"200": 125}
        assert len({seen["X-Amz-Date"] for seen in door.seen}) >= 2


def test_the_host_is_the_one_that_is_signed() -> None:
    place = place_of(FUNCTION, remote=True)
    assert place.url == f"{FUNCTION}invocations"
    assert b"\r\nHost: abc.lambda-url.eu-north-1.on.aws\r\n" in place.request(b"{}", {})
    assert place_of("http://[::1]:8080/x").url == "http://[::1]:8080/x"


def test_a_url_of_aws_is_signed_for_unasked() -> None:
    place = place_of(FUNCTION, remote=True)
    assert scope_of(place, "") == Scope("lambda", "eu-north-1")
    assert scope_of(place, "off") is None
    assert scope_of(place, "aws:amz:eu-west-1:execute-api") == Scope("execute-api", "eu-west-1")
    assert scope_of(place_of("http://127.0.0.1:80/"), "") is None


@pytest.mark.parametrize("told", ["eu-north-1", "aws:amz:eu-north-1", "aws:amz::lambda", "gcp:x:eu-north-1:lambda"])
def test_what_is_no_scope_is_told(spec: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke(["bench", spec, "--url", "http://127.0.0.1:1/", "--aws-sigv4", told]) == Exit.USAGE
    assert "aws:amz:REGION:SERVICE" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["bench", "predict"])
def test_that_there_are_no_credentials_is_told_before_anything_is_sent(
    spec: str, keys: Keys, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**NOBODY, **NOWHERE}.items():
        monkeypatch.setenv(name, value)
    words = ["--remote"] if command == "bench" else ["--record", "{}"]
    assert invoke([command, spec, "--url", FUNCTION, *words]) != Exit.DONE
    assert "ML834" in capsys.readouterr().err
