"""A key in the wrong block is told where it belongs; a value of the wrong shape how it is written."""

import pytest

from tests.specs.conftest import Load, Mistakes


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("training:\n", "memory: 2 GiB\ntraining:\n", "memory is a key of serving: check the indentation"),
        ("training:\n", "training:\n  serving: {timeout: 3s}\n", "serving is a key at the top"),
        ("  split:", "    split:", "by is a key of data.split"),
        ("prod: {serving: {memory: 2 GiB}", "prod: {memory: 2 GiB", "memory is a key of serving"),
        (
            "prod: {serving: {memory: 2 GiB}",
            "prod: {defaults: [_self_]",
            "stands at the top of a spec, and in no overlay",
        ),
        ("training:\n", "training:\n  compte: {count: 1}\n", "did you mean 'compute'?"),
        ("type: int,", "type: integer,", "did you mean 'int'?"),
        ("role: label", "role: target", "did you mean 'label'?"),
        ("compute: {", "compute: ml.m5.xlarge #{", "write its keys below it: instance, count"),
        ("email: [ml-team@example.com]", "email: {to: ml-team@example.com}", "write `- ` before each item"),
    ],
)
def test_the_hint_says_where_or_how(good: str, mistakes: Mistakes, old: str, new: str, hint: str) -> None:
    assert old in good
    assert hint in mistakes(good.replace(old, new, 1))[0].hint


def test_columns_in_a_list_are_told_how_they_are_written(good: str, mistakes: Mistakes) -> None:
    start, end = good.index("    customer:"), good.index("  window:")
    (found, *_) = mistakes(f"{good[:start]}    - {{name: customer, type: string}}\n{good[end:]}")
    assert (found.code, found.hint) == ("ML205", "write `name: ...` for each in place of `- `")


def test_a_share_that_is_too_large_is_told_so(good: str, mistakes: Mistakes) -> None:
    (found,) = mistakes(good.replace("validation: 10%", "validation: 120%"))
    assert (found.code, found.message) == ("ML206", "'120%': a percentage is between 0% and 100%")


def test_what_no_layer_says_is_lacking_in_the_spec_and_not_in_a_library(mistakes: Mistakes) -> None:
    found = mistakes("apiVersion: mlspec/v1\nname: churn\nowner: a@example.com\ndefaults: [{profile: standard}]\n")
    assert {(one.path, str(one.span)) for one in found} == {("", "spec.yaml:1:1"), ("training", "spec.yaml:1:1")}


def test_overlays_are_right_by_themselves_and_may_name_what_is_theirs(good: str, load: Load) -> None:
    """What an overlay may say is not told elsewhere: its environment's name, a commit, gates in the place of others."""
    overlay = (
        "{owner: '${env.name}@example.com', description: 'at ${git.commit}', gates: [{metric: roc_auc, min: 0.9}]}"
    )
    text = good.replace("  staging: {}", f"  staging: {overlay}")
    assert text != good
    for environment in ("dev", "prod"):
        assert load(text, environment=environment).spec.owner == "ml-team@example.com"


def test_very_many_overlays_cost_no_more(good: str, mistakes: Mistakes) -> None:
    overlays = "".join(f"  e{number}: {{serving: {{memory: 3}}}}\n" for number in range(3000))
    found = mistakes(good.replace("  staging: {}\n", f"  staging: {{}}\n{overlays}"))
    assert 1 < len(found) < 200
