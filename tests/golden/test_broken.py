"""A corpus of broken specs, each with one known mistake: the diagnostics stand at its line and column."""

from collections import Counter
from pathlib import Path

from mlspec.specs.diagnostics import Diagnostic, SpecError
from mlspec.specs.load import load_spec
from tests.golden.broken import MISTAKES, Broken, corpus

STEP = 3  # every third of the corpus is enough for each run; `python -m tests.golden.test_broken` takes all


def told(case: Broken, folder: Path) -> tuple[Diagnostic, ...]:
    path = folder / "spec.yaml"
    path.write_text(case.text, encoding="utf-8")
    try:
        load_spec(path, environment=case.environment)
    except SpecError as error:
        return error.diagnostics
    return ()


def exact(case: Broken, diagnostic: Diagnostic) -> bool:
    place = (diagnostic.span.line, diagnostic.span.column) if diagnostic.span else None
    return place == (case.line, case.column) and diagnostic.code in case.codes


def shares(cases: list[Broken], folder: Path) -> tuple[Counter[str], list[str]]:
    """How many diagnostics there are and how many stand where the mistake is; those that do not, in words."""
    counts: Counter[str] = Counter()
    missed = []
    for case in cases:
        found = told(case, folder)
        good = sum(exact(case, one) for one in found)
        counts.update(specs=1, diagnostics=len(found), exact=good, found=bool(good))
        if good != len(found) or not good:
            missed.append(f"{case.name} ({case.line}:{case.column}): {[(d.code, str(d.span)) for d in found]}")
    return counts, missed


def test_diagnostics_stand_where_the_mistakes_are(tmp_path: Path) -> None:
    cases = list(corpus())[::STEP]
    counts, missed = shares(cases, tmp_path)
    summary = f"{counts['exact']} of {counts['diagnostics']} diagnostics of {counts['specs']} broken specs are exact"
    print(summary)
    assert counts["specs"] >= 300
    assert counts["exact"] >= 0.95 * counts["diagnostics"], "\n".join([summary, *missed])
    assert counts["found"] >= 0.99 * counts["specs"], "\n".join([summary, *missed])


def test_every_kind_of_mistake_is_in_the_corpus() -> None:
    names = [case.name for case in corpus()]
    assert all(any(f": {done} at " in name for name in names) for done, _, _ in MISTAKES)
    assert len(set(names)) > 0.9 * len(names)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as directory:
        totals, others = shares(list(corpus()), Path(directory))
    print("\n".join(others))
    print(dict(totals))
