"""What an editor shows of a spec: every key completed and explained, mistakes where they are. The schema is `mlspec
schema`'s, found by the line that `mlspec init` writes; the server is the one that editors run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlspec.cli.app import invoke
from mlspec.specs.init import init_spec
from mlspec.specs.models import Column, Gate, Monitor, Rollout, Serving, Training
from tests.editor.language_server import LanguageServer, language_server, missing
from tests.specs.conftest import GOOD
from tests.specs.mutations import MUTATIONS

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())
SPEC = init_spec("binary", "churn")
HEAD = SPEC.splitlines()[0]


class Editor:
    """Documents beside a schema, and what the server says of them."""

    def __init__(self, server: LanguageServer, folder: Path) -> None:
        self.server, self.folder, self.opened = server, folder, 0

    def open(self, text: str) -> str:
        self.opened += 1
        uri = (self.folder / f"spec{self.opened}.yaml").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.server.tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def at(self, marked: str, what: str) -> Any:
        """The answer at the place of `@@`."""
        before, _, after = marked.partition("@@")
        place = {"line": before.count("\n"), "character": len(before) - before.rfind("\n") - 1}
        uri = self.open(before + after)
        return self.server.ask(f"textDocument/{what}", {"textDocument": {"uri": uri}, "position": place})

    def completed(self, marked: str) -> dict[str, str]:
        """The words offered at `@@`, each with its documentation."""
        return {item["label"]: _text(item.get("documentation", "")) for item in self.at(marked, "completion")["items"]}

    def hover(self, marked: str) -> str:
        return _text((self.at(marked, "hover") or {}).get("contents", ""))

    def mistakes(self, text: str) -> list[tuple[int, int, str]]:
        return self.found_in(self.open(text))

    def found_in(self, uri: str) -> list[tuple[int, int, str]]:
        """Line and column, counted from one, and what is said."""
        starts = [(one["range"]["start"], one["message"]) for one in self.server.diagnostics(uri)]
        return [(start["line"] + 1, start["character"] + 1, message) for start, message in starts]


def _text(contents: Any) -> str:
    return str(contents["value"] if isinstance(contents, dict) else contents)


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    folder = tmp_path_factory.mktemp("editor")
    with pytest.MonkeyPatch.context() as patch, (folder / "mlspec.schema.json").open("w") as file:
        patch.setattr("sys.stdout", file)
        assert invoke(["schema"]) == 0
    with language_server(folder) as server:
        yield Editor(server, folder)


PLACES = (
    (f"{HEAD}\n@@", {"apiVersion", "name", "owner", "data", "training", "gates", "serving", "environments"}),
    (SPEC.replace("serving:", "serving:\n  @@\nx:", 1), set(Serving.model_fields)),
    (f"{HEAD}\nrollout:\n  @@", set(Rollout.model_fields)),
    (f"{HEAD}\ntraining:\n  @@", set(Training.model_fields)),
    (f"{HEAD}\ngates:\n  - @@", set(Gate.model_fields)),
    (f"{HEAD}\nmonitors:\n  - signal: errors\n    @@", set(Monitor.model_fields) - {"signal"}),
    (f"{HEAD}\ndata:\n  columns:\n    tenure:\n      @@", set(Column.model_fields)),
    (f"{HEAD}\nenvironments:\n  prod:\n    serving:\n      @@", set(Serving.model_fields)),
)


@pytest.mark.parametrize(
    ("marked", "keys"), PLACES, ids=[marked.splitlines()[-1].strip() or "top" for marked, _ in PLACES]
)
def test_keys_are_completed_each_with_its_documentation(editor: Editor, marked: str, keys: set[str]) -> None:
    offered = editor.completed(marked)
    assert keys <= set(offered), set(offered)
    assert [key for key in keys if not offered[key].strip()] == [], "without documentation"


def test_words_are_completed(editor: Editor) -> None:
    assert {"lambda", "container"} <= set(editor.completed(f"{HEAD}\nserving:\n  target: @@"))
    assert {"roc_auc", "rmse", "latency_p99"} <= set(editor.completed(f"{HEAD}\ngates:\n  - metric: @@"))
    assert {"feature", "label"} <= set(editor.completed(f"{HEAD}\ndata:\n  columns:\n    left:\n      role: @@"))


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        (f"{HEAD}\nrollout:\n  ba@@ke: 10m\n", ["How long each step is watched", "30m"]),
        (f"{HEAD}\nserving:\n  mem@@ory: 1 GiB\n", ["Memory of each instance", "2 GiB"]),
        (f"{HEAD}\ngates:\n  - ver@@sus: champion\n", ["Compare with the model that serves now"]),
        (f"{HEAD}\nna@@me: churn\n", ["resources are named after it"]),
        (f"{HEAD}\nroll@@out: {{}}\n", ["traffic moves"]),
    ],
)
def test_a_key_explains_itself(editor: Editor, marked: str, said: list[str]) -> None:
    shown = editor.hover(marked)
    assert all(words in shown for words in said), shown


def test_a_right_spec_has_no_mistakes(editor: Editor) -> None:
    assert editor.mistakes(SPEC) == []


# what is broken of the template, and what the message must name; @@ where it must stand
WRONG = (
    ("target: lambda", "target: @@lamda", "lambda"),
    ("framework: sklearn", "@@framewrk: sklearn", "framewrk"),
    ("framework: sklearn", "seed: @@seven", "integer"),
    ("apiVersion: mlspec/v1", "apiVersion: @@mlspec/v2", "mlspec/v1"),
    ("memory: 1 GiB", "memory: @@1", "string"),
    ("role: label", "role: @@labl", "label"),
)


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[new for _, new, _ in WRONG])
def test_mistakes_stand_where_they_are(editor: Editor, old: str, new: str, said: str) -> None:
    assert old in SPEC
    before, _, after = SPEC.replace(old, new, 1).partition("@@")
    found = editor.mistakes(before + after)
    place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
    assert [one[:2] for one in found] == [place], found
    assert said in found[0][2]


def test_what_an_editor_can_see_stands_where_validate_tells_it(editor: Editor) -> None:
    """Of the mistakes a schema can say, nearly all: for a value with alternatives the server may tell its block."""
    visible = ("ML201", "ML203", "ML205", "ML206", "ML207")
    broken = [f"{HEAD}\n{GOOD}".replace(old, new, 1) for old, new, code in MUTATIONS if code in visible]
    opened = [(marked.partition("@@")[0], editor.open(marked.replace("@@", "", 1))) for marked in broken]
    exact = seen = 0
    for before, uri in opened:
        found = editor.found_in(uri)
        seen += bool(found)
        exact += (before.count("\n") + 1, len(before) - before.rfind("\n")) in [one[:2] for one in found]
    print(f"{exact} of {seen} mistakes an editor sees stand at the line and column of the mistake")
    assert seen > 40
    assert exact >= 0.95 * seen
