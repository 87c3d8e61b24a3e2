"""Whatever a file holds, reading it ends in a checked spec or in diagnostics, soon, and nothing of it is run."""

import os
import sys
import time
from pathlib import Path

import pytest

from mlspec.specs.diagnostics import SpecError
from mlspec.specs.load import load_spec
from tests.specs.conftest import Load, Mistakes

LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
HOSTILE: dict[str, tuple[bytes, str]] = {
    "billion laughs": (LAUGHS.encode(), "ML108"),
    "many values": (b"a: [" + b"1," * 400_000 + b"1]", "ML108"),
    "deep lists": (b"a: " + b"[" * 10_000 + b"]" * 10_000, "ML107"),
    "deep mappings": (b"".join(b" " * i + b"a:\n" for i in range(1_000)), "ML107"),
    "deep and open": (b"a: " + b"{a: " * 10_000, "ML107"),
    "deep sequences": (b"- " * 10_000 + b"x", "ML107"),
    "NUL": (b"name: a\x00b", "ML111"),
    "only NULs": (b"\x00" * 100, "ML111"),
    "UTF-16": ("name: churn".encode("utf-16"), "ML101"),
    "UTF-32": ("name: churn".encode("utf-32"), "ML101"),
    "UTF-16 without a mark": ("name: churn".encode("utf-16-le"), "ML111"),
    "Latin-1": ("name: Zoë".encode("latin-1"), "ML101"),
    "lone surrogate": (b"name: \xed\xa0\x80", "ML101"),
    "object tag": (b"!!python/object/apply:os.system [touch PWNED]", "ML105"),
    "name tag": (b"a: !!python/name:os.system", "ML105"),
    "own tag": (b"a: !include /etc/passwd", "ML105"),
    "tag directive": (b"%TAG ! tag:x,2000:\n---\na: !foo 1", "ML105"),
    "self": (b"a: &a {b: *a}", "ML113"),
    "list": (b"- 1", "ML110"),
    "text": (b"hello", "ML110"),
    "empty": (b"", "ML110"),
    "comment": (b"# nothing", "ML110"),
    "two documents": (b"a: 1\n---\nb: 2\n", "ML110"),
    "open quote": (b'a: "', "ML103"),
    "escape": (b'a: "\\q"', "ML103"),
    "key of keys": (b"? {a: 1}\n: 2\n", "ML112"),
    "long number": (b"name: " + b"9" * 100_000, "ML208"),
    "long key": (b"k" * 900 + b": 1", "ML201"),
    "interpolation circle": (b"name: ${owner}\nowner: ${name}", "ML308"),
    "interpolation into itself": (b"data: {source: {uri: '${data}'}}", "ML308"),
    "resolver": (b"name: ${oc.env:HOME}", "ML307"),
    "nested resolver": (b"name: ${${owner}:HOME}\nowner: oc.env", "ML307"),
    "defaults of itself": (b"defaults: [{profile: _self_}]", "ML302"),
    "traversal": (b"defaults: [{profile: ../../../etc/passwd}]", "ML301"),
    "absolute": (b"defaults: [{profile: /etc/passwd}]", "ML301"),
    "url": (b"defaults: [{profile: 'file:///etc/passwd'}]", "ML301"),
    "hydra": (b"hydra: {searchpath: [file:///etc], mode: '${oc.env:HOME}'}", "ML201"),
    "override of a group": (b"defaults: [{override hydra/launcher: x}]", "ML302"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_ends_in_a_diagnostic(case: str, mistakes: Mistakes, tmp_path: Path) -> None:
    text, code = HOSTILE[case]
    started = time.process_time()
    found = mistakes(text)
    assert time.process_time() - started < 2
    assert code in {d.code for d in found}
    assert not (tmp_path / "PWNED").exists()
    assert os.environ["HOME"] not in " ".join(d.message + d.hint for d in found)


def test_interpolations_cannot_grow_without_end(good: str, mistakes: Mistakes) -> None:
    laughs = "".join(f"    a{i}: '${{governance.card.a{i + 1}}}${{governance.card.a{i + 1}}}'\n" for i in range(18))
    text = good.replace("governance:\n", f"governance:\n  card:\n{laughs}    a18: {'x' * 100}\n")
    assert {d.code for d in mistakes(text)} == {"ML308"}


def test_thousands_of_mistakes_take_no_longer(good: str, mistakes: Mistakes) -> None:
    columns = "".join(f"    column{i}: {{type: float}}\n" for i in range(1000))
    names = ", ".join(f"colum{i}x" for i in range(3000))
    cases = {
        "columns": good.replace("    spend:", columns + "    spend:").replace("customer, asked_at", names),
        "keys": good.replace("    spend:", columns.replace("type", "tyep") + "    spend:"),
        "schedules": good.replace("[data_drift, {", "[" + "{schedle: x}, " * 1500 + "{"),
    }
    for text in cases.values():
        started = time.process_time()
        assert len(mistakes(text)) >= 100
        assert time.process_time() - started < 2


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    with path.open("wb") as file:
        file.truncate(100 * 2**20)
    with pytest.raises(SpecError) as caught:
        load_spec(path)
    assert [d.code for d in caught.value.diagnostics] == ["ML102"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path, tmp_path / "absent.yaml", tmp_path / "pipe.yaml", Path("a\0b"), Path("/dev/zero")):
        with pytest.raises(SpecError) as caught:
            load_spec(path)
        assert [d.code for d in caught.value.diagnostics] == ["ML101"]


def test_a_profile_is_as_suspect_as_a_spec(good: str, mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    cases = {"tag": "a: !!python/name:os.system", "deep": "a: " + "[" * 5000, "nul": "a: \0", "laughs": LAUGHS}
    for name, text in cases.items():
        (tmp_path / "profiles" / f"{name}.yaml").write_text(text)
        found = mistakes(good.replace("profile: standard", f"profile: {name}"))
        assert any(d.span and d.span.file == f"profiles/{name}.yaml" for d in found)


def test_profiles_in_a_circle(good: str, mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    for name, other in (("one", "two"), ("two", "three"), ("three", "one")):
        (tmp_path / "profiles" / f"{name}.yaml").write_text(f"defaults: [{{profile: {other}}}]\n")
    (found,) = mistakes(good.replace("profile: standard", "profile: one"))
    assert (found.code, str(found.span)) == ("ML303", "profiles/three.yaml:1:22")
    assert "one -> two -> three -> one" in found.message


def test_the_estimator_is_looked_up_and_never_imported(good: str, mistakes: Mistakes, tmp_path: Path) -> None:
    (tmp_path / "payload.py").write_text("raise SystemExit('imported')\n")
    text = good.replace("sklearn.ensemble.HistGradientBoostingClassifier", "payload.Model")
    assert [d.code for d in mistakes(text)] == ["ML231"]
    assert "payload" not in sys.modules


def test_yaml_1_1_surprises_are_gone(good: str, load: Load) -> None:
    text = good.replace("[basic, plus, family]", "[no, off, Yes, 12:30:45, 0x, 1_000, 2027-01-31]")
    assert load(text).spec.data.columns["plan"].values == ("no", "off", "Yes", "12:30:45", "0x", "1_000", "2027-01-31")
    text = good.replace("min: 0, max: 600", "min: 1e1, max: 0700")
    assert (load(text).spec.data.columns["tenure"].min, load(text).spec.data.columns["tenure"].max) == (10.0, 700.0)
    text = good.replace("    tenure:", "    no:").replace("    spend:", "    1:")
    assert list(load(text).spec.features) == ["no", "plan", "1"]
