"""What a plan says would happen, from what is recorded to what is wanted."""

import subprocess
import sys
from dataclasses import replace

import pytest

from mlspec.compiler.bundle import Bundle
from mlspec.compiler.emit import emit_bundle
from mlspec.compiler.graph import Graph, Options, Ref, Value
from mlspec.compiler.passes import run_passes
from mlspec.compiler.plan import Plan, Step, Where, destroy_plan, make_plan, seal, stale, unseal
from mlspec.compiler.state import State
from mlspec.compiler.values import refs
from mlspec.specs.diagnostics import SpecError
from tests.compiler.emitted import ROOT
from tests.compiler.graphs import ALARM, TOPIC, TYPES, UNIT, changed, checked, graph, resource
from tests.compiler.states import applied, unfinished


def bundle_of(made: Graph, **spec: object) -> Bundle:
    """The bundle of a graph with intentions, under a changed spec."""
    return emit_bundle(run_passes(made, TYPES), TYPES, checked(**spec))


BASE = bundle_of(graph())
STATE = applied(BASE)


def planned(made: Graph, state: State | None = STATE, **spec: object) -> Plan:
    """The plan from a state to a graph."""
    return make_plan(bundle_of(made, **spec), state)


def actions(plan: Plan) -> dict[str, str]:
    """What happens to each resource to which something happens."""
    return {step.name: step.action for step in plan.changed}


def step_of(plan: Plan, name: str) -> Step:
    """The step of one resource."""
    return next(step for step in plan.steps if step.name == name)


def without(made: Graph, *names: str) -> Graph:
    """A graph with fewer resources."""
    outputs = {
        key: value for key, value in made.outputs.items() if not {ref.resource for ref in refs(value)} & {*names}
    }
    return replace(made, resources=tuple(held for held in made.resources if held.name not in names), outputs=outputs)


def with_options(made: Graph, name: str, options: Options) -> Graph:
    """A graph with the options of one resource set."""
    resources = (replace(held, options=options) if held.name == name else held for held in made.resources)
    return replace(made, resources=tuple(resources))


def test_a_first_plan_creates_all_in_an_order_that_works() -> None:
    plan = make_plan(BASE, None)
    assert plan.counts == {"add": 17, "change": 0, "destroy": 0}
    order = [step.name for step in plan.steps]
    assert order.index("key") < order.index("inference-logs")
    assert order.index("inference-role-policy") < order.index("inference") < order.index("live")
    assert plan.serial == 0


def test_what_is_deployed_already_gives_an_empty_plan() -> None:
    plan = make_plan(BASE, STATE)
    assert plan.empty
    assert plan.meanings == ()
    assert {step.action for step in plan.steps} == {"keep"}


def test_a_changed_property_is_an_update_with_old_and_new() -> None:
    plan = planned(changed(graph(), "inference", memorySize=2048))
    change = step_of(plan, "inference").changes[0]
    assert (change.path, change.old, change.new, change.forces) == ("memorySize", 1024, 2048, False)


def test_a_new_value_of_another_kind_is_a_change() -> None:
    plan = planned(changed(graph(), "inference", publish=1))
    assert actions(plan)["inference"] == "update"


def test_documents_are_compared_inside() -> None:
    granted = replace(graph().grants[1], actions=("s3:GetObject", "s3:PutObject"))
    plan = planned(replace(graph(), grants=(graph().grants[0], granted, graph().grants[2])))
    paths = {change.path for change in step_of(plan, "inference-role-policy").changes}
    assert "policy.Statement[S3GetObjectAnd1More].Action" in paths


def test_what_cannot_change_in_place_is_replaced_and_says_why() -> None:
    plan = planned(changed(graph(), "alerts", name="other"))
    step = step_of(plan, "alerts")
    assert step.action == "replace"
    assert [change.path for change in step.changes if change.forces] == ["name"]
    assert plan.counts == {"add": 1, "change": 1, "destroy": 1}


def test_users_of_a_replaced_resource_change_too() -> None:
    plan = planned(changed(graph(), "alerts", name="other"))
    change = step_of(plan, "data-drift-alarm").changes[0]
    assert (change.path, change.new) == ("alarmActions", "(known after apply)")


def test_replacement_spreads_along_properties_that_cannot_change() -> None:
    plan = planned(changed(graph(), "inference", name="other"))
    assert step_of(plan, "live").action == "replace"
    # The address hangs on the function's name, and that is known to be another.
    moved = {change.path: (change.old, change.new) for change in step_of(plan, "inference-url").changes}
    assert moved["functionName"] == ("flight-dev-inference", "other")


def test_new_code_is_a_new_object_and_an_updated_function() -> None:
    plan = planned(graph(replace(UNIT, files={"handler.py": b"x = 1\n"})))
    assert actions(plan) == {"inference-code": "replace", "inference": "update"}
    source = next(change for change in step_of(plan, "inference-code").changes if change.path == "source")
    assert str(source.new).startswith("packages/inference.zip@")


def test_what_somebody_else_moves_is_left_alone() -> None:
    plan = planned(changed(graph(), "live", functionVersion="7", description="x"))
    assert [change.path for change in step_of(plan, "live").changes] == ["description"]


def test_what_is_no_longer_wanted_is_deleted_users_first() -> None:
    slim = without(graph(), "data-drift-alarm", "alerts")
    plan = planned(slim)
    assert [step.name for step in plan.changed] == ["data-drift-alarm", "alerts"]
    assert plan.counts == {"add": 0, "change": 0, "destroy": 2}


def test_another_type_under_the_same_name_is_a_replacement() -> None:
    swapped = replace(
        without(graph(), "data-drift-alarm"),
        resources=(*without(graph(), "data-drift-alarm").resources, resource(TOPIC, "data-drift-alarm", {})),
    )
    step = step_of(planned(swapped), "data-drift-alarm")
    assert (step.action, step.reason) == ("replace", f"it was a {ALARM}")


def test_an_unfinished_creation_is_done_again() -> None:
    plan = make_plan(BASE, unfinished(STATE, "inference", made=False))
    assert actions(plan) == {"inference": "create"}
    assert step_of(plan, "inference").reason


def test_an_unfinished_change_is_applied_again() -> None:
    plan = make_plan(BASE, unfinished(STATE, "inference", made=True))
    assert actions(plan) == {
        "inference": "update",
    }


def test_a_stopped_apply_plans_only_what_is_left() -> None:
    done = {name: held for name, held in STATE.resources.items() if name in ("key", "store")}
    plan = make_plan(BASE, replace(STATE, complete=False, resources=done))
    assert plan.counts == {"add": 15, "change": 0, "destroy": 0}


def test_protected_resources_are_not_deleted_without_a_word() -> None:
    gone = without(graph(), "store", "store-encryption", "store-versioning", "inference-code", "inference")
    gone = without(gone, "live", "inference-logs", "inference-url", "workflow")
    plan = planned(replace(gone, grants=()))
    assert [refusal.code for refusal in plan.refusals] == ["ML520"]


def test_taking_protection_off_is_a_change_of_its_own() -> None:
    plan = planned(with_options(graph(), "store", Options()))
    assert [change.path for change in step_of(plan, "store").changes] == ["options.protect"]
    assert plan.refusals == ()


def test_destroying_deletes_everything_users_first() -> None:
    plan = destroy_plan(STATE)
    order = [step.name for step in plan.steps]
    assert plan.counts == {"add": 0, "change": 0, "destroy": 17}
    assert order.index("live") < order.index("inference") < order.index("inference-role-policy")
    assert order.index("store-versioning") < order.index("store")
    assert plan.bundle == ""


def test_plans_are_grouped_by_who_reviews_them() -> None:
    plan = make_plan(BASE, None)
    assert set(plan.by_reviewer()) == {"security", "operations"}
    assert [step.name for step in plan.by_reviewer()["security"]] == ["inference-role-policy", "workflow-role-policy"]


def test_a_secret_is_named_and_nothing_more() -> None:
    from mlspec.compiler.graph import Secret

    plan = planned(changed(graph(), "inference", description=Secret("token")))
    assert step_of(plan, "inference").changes[0].new == "(secret token)"


@pytest.mark.parametrize(
    "plan", [make_plan(BASE, None), planned(without(graph(), "alerts", "data-drift-alarm")), destroy_plan(STATE)]
)
def test_a_sealed_plan_is_read_as_it_was_made(plan: Plan) -> None:
    assert unseal(seal(plan)) == plan


@pytest.mark.parametrize(
    "broken",
    [b"", b"{}", seal(make_plan(BASE, None))[:-9], seal(make_plan(BASE, None)).replace(b"flight-dev", b"flight-pro")],
)
def test_a_plan_cut_short_or_edited_is_refused(broken: bytes) -> None:
    with pytest.raises(SpecError, match="ML521"):
        unseal(broken)


def test_a_plan_holds_until_something_moves() -> None:
    plan = planned(changed(graph(), "inference", memorySize=2048))
    bundle = bundle_of(changed(graph(), "inference", memorySize=2048))
    assert stale(plan, bundle, STATE) is None
    moved = [
        stale(plan, BASE, STATE),
        stale(plan, bundle, replace(STATE, serial=2)),
        stale(plan, bundle, replace(STATE, lineage="b2")),
        stale(plan, bundle, replace(STATE, account="210987654321")),
        stale(plan, bundle, replace(STATE, region="us-east-1")),
        stale(plan, bundle, replace(STATE, cloud="c2")),
        stale(plan, bundle, None),
    ]
    assert [diagnostic.code if diagnostic else None for diagnostic in moved] == ["ML522"] * 7


def test_a_first_plan_is_stale_once_somebody_has_deployed() -> None:
    plan = make_plan(BASE, None, where=Where("local", "c1", "123456789012", "eu-west-1"))
    assert stale(plan, BASE, None) is None
    assert stale(plan, BASE, STATE) is not None


def test_a_plan_to_destroy_goes_stale_too() -> None:
    assert stale(destroy_plan(STATE), None, STATE) is None
    assert stale(destroy_plan(STATE), None, replace(STATE, serial=3)) is not None


def test_planning_loads_nothing_heavy() -> None:
    script = (
        "import sys, mlspec.compiler.plan, mlspec.compiler.state, mlspec.compiler.emit;"
        "print([name for name in ('pulumi', 'boto3', 'jinja2', 'pydantic', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_reference_to_an_updated_output_is_followed() -> None:
    keyed: Value = Ref("inference-code", "key")
    plan = planned(changed(changed(graph(), "inference-code", key="code/other.zip"), "inference", s3Key=keyed))
    moved = {change.path: change.new for change in step_of(plan, "inference").changes}
    assert moved == {"s3Key": "code/other.zip"}
