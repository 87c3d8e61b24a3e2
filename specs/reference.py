"""The language's models, profiles and codes -> docs/language.md (run as a module, it prints the page)."""

from collections.abc import Iterator, Mapping
from typing import Any

from mlspec.specs.codes import pages
from mlspec.specs.defaults_list import GROUPS
from mlspec.specs.estimators import ESTIMATORS
from mlspec.specs.examples import base, example_of
from mlspec.specs.libraries import SHIPPED
from mlspec.specs.rules_gates import METRICS
from mlspec.specs.schema import json_schema, place_of

_QUANTITY = r"^\s*[0-9]"  # how the pattern of every quantity begins
_INTRODUCTION = """\
# The language

One file is one model's whole life. This page is written from the models that check a spec; `mlspec schema` prints the
same as JSON Schema, and `mlspec explain SPEC key.path` says what one key is in a spec and where it came from.

Text is YAML 1.2: `no` is a text, a key stands once, there are no tags and no merge keys. Quantities carry their unit:
`10m` (ms, s, m, h, d, w), `2 GiB` (B, KB, MB, GB, KiB, MiB, GiB, TiB), `20%`, `200 USD`.

## Composition

Layers, lowest first: the language's own defaults, files of libraries, the spec, the overlay of the environment,
overrides. Mappings are merged key by key; anything else is replaced, lists too.

- `defaults` names files of libraries by group: `- profile: standard`, `- serving: small-lambda`, or several of a group,
  `- profile: [hipaa, gdpr]`; and `- _self_` for the file itself, which comes last where it is not written. A profile
  may set any block; a file of the groups data, training, serving, rollout, monitors and governance sets the block it is
  named after. A file may have `defaults` of its own; one that is reached twice is laid once.
- There are two libraries: the shipped one, and your team's, a folder that holds `<group>/<name>.yaml`. `mlspec.toml`
  beside the spec or above it names it, `[library]` with `path = "../platform"` or with `package = "acme_models"` for an
  installed package (an editable one too; it is looked up, never imported); `--library` of a command goes before that.
  No name may be in both. Profiles may also stand in a `profiles` folder beside the spec or up to three folders above.
- `final: [serving.auth, gates]` in a file of a library: no later layer, spec, overlay or override may change what these
  keys are once that file is laid. Values are compared, not texts: `8760h` says what `365d` says. `mlspec explain` says
  which keys are final.
- `required = ["profile/acme"]` under `[library]`: these files are laid below every spec under that folder, before
  anything the spec or the command line names, and what they hold final holds for all of them. A spec cannot leave
  them out, nor can a nearer mlspec.toml or `--library` bring another library in the place of theirs.
- `environments` maps a name to what changes there; `--env` chooses. `dev` is always there. Every overlay is checked,
  whichever is chosen: what is wrong in production is told on the laptop.
- Overrides on the command line are Hydra's: `key.path=value`, `+key.path=value` for a key that is not set yet,
  `~key.path` to remove one, and `profile=name` or `serving=name` for other files of a library. Keys are written as
  `mlspec explain` lists them: `gates.0.min` or `gates[0].min`, and names as they are, with dots and spaces,
  `'data.columns.sepal.length.max=9'`; so they are in `final` and in `${key.path}`. Where two would fit, the longer
  name is meant. A name that holds `=`, or a new one with dots, is written in the spec.
- `${key.path}` (or `${spec.key.path}`) takes a value from elsewhere in the spec, `${.key}` from beside it, `${..key}`
  from one level above; `${env.name}` is the chosen environment. `${git.commit}` is the commit of the spec's
  repository, 40 digits; where a tracked file differs from it, `-dirty` stands behind them, and a warning says so. A
  spec that names its commit compiles to another bundle at each commit; git is asked of no other spec. There are no
  other resolvers: neither the process environment nor the clock changes what a spec says, and of git no branch, tag,
  author or date, which are not the same in every copy of a commit. `???` in a library is a value that the spec must
  fill in.
"""
_EXAMPLES = """\
## Examples

Every key below has an example, which is right when it is laid over this spec, as an overlay of an environment is:

```yaml
{base}```
"""


def language_page() -> str:
    """The whole page."""
    schema = json_schema()
    parts = [_INTRODUCTION, _library(), _EXAMPLES.format(base=base()), _block("Spec", "The top of a file.", schema)]
    for name, block in schema["$defs"].items():
        if not name.endswith("Overlay"):
            parts.append(_block(name, block.get("description", ""), block))
    return "\n".join([*parts, _metrics(), _estimators(), _codes()])


def _library() -> str:
    lines = ["## Shipped library", ""]
    for group in GROUPS:
        lines += [f"As `{group}`:", ""]
        for path in sorted((SHIPPED / group).glob("*.yaml")):
            comments = [line[2:] for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# ")]
            lines.append(f"- {' '.join(comments)}")
        lines.append("")
    return "\n".join(lines)


def _block(name: str, meaning: str, block: Mapping[str, Any]) -> str:
    lines = [f"## {name}", "", meaning, "", "| key | type | default | meaning | example |", "|---|---|---|---|---|"]
    required = block.get("required", [])
    for key, schema in block.get("properties", {}).items():
        default = "required" if key in required else _default(schema)
        example = example_of(name, key, schema, () if name == "Spec" else place_of(name))
        meaning = schema.get("description", "") or _meaning(schema)
        cells = (f"`{key}`", _type(schema), default, meaning, f"`{example}`")
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join([*lines, ""])


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    return "" if default in (None, "", [], {}) or isinstance(default, dict) else f"`{_plain(default)}`"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _meaning(schema: Mapping[str, Any]) -> str:
    return next((_target(name).get("description", "") for name in _references(schema)), "")


def _references(schema: Mapping[str, Any]) -> Iterator[str]:
    for choice in (schema, *schema.get("anyOf", [])):
        if "$ref" in choice:
            yield choice["$ref"].rpartition("/")[2]


def _target(name: str) -> Mapping[str, Any]:
    block: Mapping[str, Any] = json_schema()["$defs"][name]
    return block


def _type(schema: Mapping[str, Any]) -> str:
    """What a value is, in words: alternatives by `or`, blocks as links."""
    choices = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
    return " or ".join(dict.fromkeys(_one_type(choice) for choice in choices))


def _one_type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return "an overlay of the spec" if name == "Overlay" else f"[{name}](#{name.lower()})"
    if "enum" in schema or "const" in schema:
        return ", ".join(f"`{word}`" for word in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"mapping to {_type(inner)}" if isinstance(inner, dict) else "mapping"
    if str(schema.get("pattern", "")).startswith(_QUANTITY):
        return f"such as `{schema['examples'][0]}`"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true, false"}
    return words.get(str(schema.get("type")), "any value") + _limits(schema)


def _limits(schema: Mapping[str, Any]) -> str:
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = [f"{sign} {schema[key]:g}" for key, sign in signs.items() if key in schema]
    return f" {', '.join(limits)}" if limits else ""


def _metrics() -> str:
    lines = ["## Metrics", "", "| task | metrics |", "|---|---|"]
    lines += [f"| {task} | {', '.join(f'`{metric}`' for metric in metrics)} |" for task, metrics in METRICS.items()]
    return "\n".join([*lines, ""])


def _estimators() -> str:
    lines = ["## Estimators", "", "`_target_` is looked up in this list, and imported only by the training job.", ""]
    return "\n".join([*lines, *(f"- `{name}` ({kind})" for name, kind in sorted(ESTIMATORS.items())), ""])


def _codes() -> str:
    lines = ["## Diagnostics", "", "All codes, with examples: [diagnostics.md](diagnostics.md).", ""]
    lines += ["| code | of | meaning |", "|---|---|---|"]
    spoken = (page for page in pages().values() if page.code < "ML5")
    return "\n".join([*lines, *(f"| {page.code} | {page.family} | {page.title} |" for page in spoken), ""])


if __name__ == "__main__":
    print(language_page(), end="")
