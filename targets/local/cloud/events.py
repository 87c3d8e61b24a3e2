"""EventBridge: events and schedules reach Lambda, Step Functions, SNS and SQS; what cannot be delivered is kept."""

import json
import logging
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from mlspec.targets.local.cloud.world import World

SHIM = "EventBridge rules deliver to Lambda, Step Functions, SNS and SQS; after three failures to the dead-letter queue"
_PLACEHOLDER = re.compile(r"<([\w.-]+)>")
_TRIES = 3
_OURS = ("lambda", "states", "sns", "sqs")
log = logging.getLogger(__name__)


def install(world: World) -> None:
    """Deliver to the targets moto does not know; the others stay with moto."""
    from moto.events.models import Rule

    plain_send = Rule.send_to_targets

    def send(self: Any, original_event: Any, transform_input: bool = True) -> None:
        if self.state != "ENABLED" or (self.scheduled_expression and not self.event_pattern.get_pattern()):
            return
        if not self.event_pattern.matches_event(original_event):
            return
        to_targets(world, self, original_event)
        others = [target for target in self.targets if target["Arn"].split(":")[2] not in _OURS]
        if others:
            held, self.targets = self.targets, others
            try:
                plain_send(self, original_event, transform_input)
            finally:
                self.targets = held

    Rule.send_to_targets = send  # type: ignore[method-assign]


def put(world: World, *, source: str, kind: str, detail: Mapping[str, Any], about: str) -> None:
    """An AWS service's own event on the default bus."""
    event = event_of(world, source=source, kind=kind, detail=detail, about=about)
    for rule in list(world.backend("events").event_buses["default"].rules.values()):
        if not rule.scheduled_expression:
            rule.send_to_targets(event)


def event_of(world: World, *, source: str, kind: str, detail: Mapping[str, Any], about: str) -> dict[str, Any]:
    """An event in EventBridge's envelope."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "account": world.account,
        "time": world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": world.region,
        "resources": [about],
        "detail": dict(detail),
    }


def to_targets(world: World, rule: Any, event: Mapping[str, Any]) -> None:
    """Deliver `event` to those targets of `rule` that are ours to serve."""
    for target in list(rule.targets):
        if target["Arn"].split(":")[2] in _OURS:
            deliver(world, target, input_of(target, event, rule))


def input_of(target: Mapping[str, Any], event: Mapping[str, Any], rule: Any) -> Any:
    """What a target is sent: the event, a part of it, a constant, or a template filled from it."""
    plain = {k: v for k, v in event.items() if k != "ingestion-time"}
    if isinstance(plain.get("time"), int | float):
        plain["time"] = datetime.fromtimestamp(plain["time"], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if target.get("Input"):
        return json.loads(target["Input"])
    if target.get("InputPath"):
        return _at(plain, target["InputPath"])
    if target.get("InputTransformer"):
        transformer = target["InputTransformer"]
        values = {name: _at(plain, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
        given = {
            "aws.events.rule-arn": rule.arn,
            "aws.events.rule-name": rule.name,
            "aws.events.event": plain,
            "aws.events.event.json": plain,
        }
        return json.loads(_filled(transformer["InputTemplate"], {**given, **values}))
    return plain


def _at(event: Mapping[str, Any], path: str) -> Any:
    """The part of the event at a path such as `$.detail.names[0]`; None where there is none."""
    found: Any = event
    for part in re.findall(r"[^.\[\]]+", path.removeprefix("$")):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with `<name>` replaced: as JSON, or as text that is safe there inside a string."""

    def value_of(match: re.Match[str]) -> str:
        value = values.get(match[1])
        inside = template[: match.start()].replace('\\"', "").count('"') % 2 == 1
        if not inside:
            return json.dumps(value)
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
        return json.dumps(text)[1:-1]

    return _PLACEHOLDER.sub(value_of, template)


def deliver(world: World, target: Mapping[str, Any], message: Any) -> None:
    """Send `message` to one target, in the background; to its dead-letter queue when it cannot be delivered."""

    def work() -> None:
        problem = ""
        for attempt in range(_TRIES):
            try:
                _send(world, target["Arn"], message)
                return
            except Exception as error:
                problem = str(error)
                log.warning("delivery %d to %s failed: %s", attempt + 1, target["Arn"], error)
        _bury(world, target, message, problem)

    world.activity.background("events", work)


def _bury(world: World, target: Mapping[str, Any], message: Any, problem: str) -> None:
    """To the target's dead-letter queue, with what went wrong."""
    dead = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not dead:
        return
    told = {"TARGET_ARN": target["Arn"], "ERROR_MESSAGE": problem[:1024] or "unknown"}
    sqs = world.client("sqs")
    try:
        sqs.send_message(
            QueueUrl=sqs.get_queue_url(QueueName=dead.rpartition(":")[2])["QueueUrl"],
            MessageBody=json.dumps(message),
            MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in told.items()},
        )
    except Exception:
        log.exception("an event for %s is lost: its dead-letter queue takes nothing", target["Arn"])


def _send(world: World, arn: str, message: Any) -> None:
    body = json.dumps(message)
    match arn.split(":")[2]:
        case "lambda":
            answer = world.client("lambda").invoke(FunctionName=arn, Payload=body)
            if answer.get("FunctionError"):
                raise RuntimeError(answer["Payload"].read().decode())
        case "states":
            world.client("stepfunctions").start_execution(stateMachineArn=arn, name=str(uuid.uuid4()), input=body)
        case "sns":
            world.client("sns").publish(TopicArn=arn, Message=body, Subject="AWS notification")
        case "sqs":
            sqs = world.client("sqs")
            url = sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
            sqs.send_message(QueueUrl=url, MessageBody=body)
        case other:
            raise RuntimeError(f"nothing delivers to {other}")
