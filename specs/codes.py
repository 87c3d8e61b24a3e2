"""codes.toml -> the page of every diagnostic's stable code: what it means, an example, and what to do."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

_TABLE = Path(__file__).parent / "codes.toml"
FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "ML1": "YAML",
        "ML2": "The language",
        "ML3": "Composition",
        "ML4": "What AWS is given",
        "ML5": "Plan and state",
        "ML6": "Deployment",
        "ML7": "Packaging",
        "ML8": "The command line",
    }
)


@dataclass(frozen=True, slots=True)
class Page:
    """What there is to say about one code."""

    code: str
    title: str
    meaning: str
    example: str
    fix: str

    @property
    def family(self) -> str:
        """The part of the program that finds it."""
        return FAMILIES[self.code[:3]]


@cache
def pages() -> Mapping[str, Page]:
    """Every code with its page, in order."""
    table = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return MappingProxyType({code: Page(code, **entry) for code, entry in sorted(table.items())})


def code_page(code: str) -> str:
    """What `mlspec explain <code>` prints, and what stands in docs/diagnostics.md under the code."""
    page = pages()[code]
    return f"{page.title}\n\n{page.meaning}\n\n    {page.example}\n\nWhat to do: {page.fix}\n"


def diagnostics_page() -> str:
    """docs/diagnostics.md (run as a module, it prints the page)."""
    parts = [
        "# Diagnostics\n\nEvery mistake has a stable code. `mlspec explain ML204` prints what stands here; `--strict` "
        "of validate, compile and plan turns\nwarnings into errors. Written from specs/codes.toml.\n"
    ]
    for prefix, family in FAMILIES.items():
        parts.append(f"## {family}\n")
        parts += [f"### {code}\n\n{code_page(code)}" for code in pages() if code.startswith(prefix)]
    return "\n".join(parts)


if __name__ == "__main__":
    print(diagnostics_page(), end="")
