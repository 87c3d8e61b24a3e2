"""All mistakes of a spec are told at once."""

from pathlib import Path

from tests.specs.conftest import Mistakes

TEN = (Path(__file__).parents[1] / "golden_errors" / "ten-mistakes" / "spec.yaml").read_text(encoding="utf-8")


def test_ten_mistakes_are_ten_diagnostics(mistakes: Mistakes) -> None:
    found = mistakes(TEN)
    assert [(d.code, d.span.line, d.span.column, d.span.width) for d in found if d.span] == [
        ("ML208", 2, 7, 5),
        ("ML301", 4, 22, 7),
        ("ML203", 6, 45, 7),
        ("ML201", 8, 25, 3),
        ("ML205", 9, 46, 1),
        ("ML222", 11, 15, 4),
        ("ML231", 13, 25, 38),
        ("ML224", 15, 14, 4),
        ("ML206", 16, 19, 5),
        ("ML229", 17, 24, 2),
    ]
    assert len(found) == 10
    hints = {d.code: d.hint for d in found}
    assert "did you mean 'standard'?" in hints["ML301"]
    assert "did you mean 'parquet'?" in hints["ML203"]
    assert "did you mean 'min'?" in hints["ML201"]
    assert "RandomForestClassifier" in hints["ML231"]


def test_a_broken_block_does_not_hide_another_ones_rule(good: str, mistakes: Mistakes) -> None:
    broken = good.replace("name: churn", "name: 5").replace("each: plan", "each: pla")
    assert [d.code for d in mistakes(broken)] == ["ML205", "ML225"]


def test_overlays_that_were_not_chosen_are_read_too(good: str, mistakes: Mistakes) -> None:
    broken = good.replace("rollout: {bake: 30m}}", "rollout: {bke: 30m}}")
    for environment in ("dev", "prod"):
        (found,) = mistakes(broken, environment=environment)
        assert found.span is not None
        assert (found.code, found.span.line, found.span.column) == ("ML201", 9, 46)
