"""A spec turned into the page that its container shows to people: no script, no style, no font from elsewhere."""

import json
from html import escape
from typing import Any

from mlspec.compiler.units.inference_columns import column_words
from mlspec.specs.checked import Checked
from mlspec.specs.models import Column

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884 }}
code, textarea, pre {{ font: 14px/1.45 ui-monospace, monospace }}
textarea {{ width: 100%; min-height: 14rem; box-sizing: border-box }}
pre {{ overflow: auto; white-space: pre-wrap }}
</style>
</head>
<body>
<h1>{name}</h1>
<p>{description}</p>
<h2>Try it</h2>
<form id="form">
<textarea id="body" spellcheck="false" aria-label="Request">{example}</textarea>
<p><button>POST /invocations</button> <output id="status"></output></p>
</form>
<pre id="answer"></pre>
<h2>Columns</h2>
<table>
<tr><th>Column</th><th>Type</th><th>Value</th></tr>
{columns}
</table>
<h2>Paths</h2>
<table>
{paths}
</table>
<script>
document.getElementById("form").addEventListener("submit", async event => {{
  event.preventDefault();
  const body = document.getElementById("body").value;
  const headers = {{"content-type": "application/json"}};
  const response = await fetch("invocations", {{method: "POST", headers, body}});
  document.getElementById("status").textContent = response.status;
  const text = await response.text();
  try {{ document.getElementById("answer").textContent = JSON.stringify(JSON.parse(text), null, 2) }}
  catch {{ document.getElementById("answer").textContent = text }}
}});
</script>
</body>
</html>
"""

_PATHS = (
    ("POST /invocations", "Rows in, predictions out: JSON records or columns, or CSV."),
    ("GET /ping", "200 when a release serves."),
    ("POST /v2/models/{name}/infer", "The same by the Open Inference Protocol."),
    ("GET /v2/models/{name}", "Inputs and outputs."),
    ("GET /metrics", "For Prometheus."),
    ("GET /openapi.json", "This page for machines."),
)
_SAMPLES: dict[str, Any] = {"float": 0.0, "int": 0, "bool": True, "datetime": "2026-01-31T12:00:00Z"}


def docs_page(checked: Checked) -> str:
    """The whole page."""
    spec = checked.spec
    rows = [(name, column.type or "", column_words(column)) for name, column in spec.features.items()]
    example = {"records": [{name: sample_value(column) for name, column in spec.features.items()}]}
    return _PAGE.format(
        name=escape(spec.name),
        description=escape(spec.description or f"Predictions of {spec.name}."),
        example=escape(json.dumps(example, indent=2), quote=False),
        columns="\n".join(_row(name, kind, words) for name, kind, words in rows),
        paths="\n".join(_row(path.format(name=spec.name), words) for path, words in _PATHS),
    )


def sample_value(column: Column) -> Any:
    """A value that the contract takes."""
    if column.values:
        return column.values[0]
    sample = _SAMPLES.get(column.type or "", "")
    if column.type in ("float", "int"):
        low, high = column.min, column.max
        within = sample if (low is None or low <= sample) and (high is None or sample <= high) else low or high
        return type(sample)(within if within is not None else sample)
    return sample


def _row(*cells: str) -> str:
    first, *rest = cells
    return f"<tr><td><code>{escape(first)}</code></td>{''.join(f'<td>{escape(cell)}</td>' for cell in rest)}</tr>"
