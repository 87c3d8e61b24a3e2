"""A spec's contract turned into a typed Python client: a package that needs nothing but the standard library.

The standard library, because a client goes into other people's programs: a dependency of ours would be one of theirs.
Its async form calls through threads, since http.client waits."""

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources

from mlspec.compiler.units.literals import literal
from mlspec.specs.checked import Checked
from mlspec.specs.models import Column, Spec

_WIDTH = 120
_SIGNING = ("NoCredentials", "aws_signer")

_INIT = '''"""A typed client of {name}."""

from {package}.calls import (
    ContractBroken,
    ModelError,
    NoCredentials,
    NotReached,
    Problem,
    Unavailable,
    aws_signer,
)
from {package}.client import (
{imported}
)

__all__ = [
{exports}
]
'''

_CLIENT = '''"""What {name} takes and gives, as types, and the two ways of calling it."""

import asyncio
import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
{imports}

from {package}.calls import Calls, Problem, Signer, problems_of

MAX_ROWS = {rows}{rows_origin}
{aliases}{record}{prediction}

@dataclass(frozen=True)
class Answer:
    """The predictions, one a record and None for one that was refused; and which release made them."""

    model: str
    release: str
    version: str
    predictions: list[Prediction | None]
    problems: tuple[Problem, ...] = ()


class {title}:
    """Asks the model at `url`; threads may share one. It is closed by close(), or at the end of a with block.

    `timeout`: seconds that one answer may take; `retries`: how often a server that is busy is asked again. Requests to
    AWS (a function's URL, API Gateway, SageMaker) are signed with this machine's credentials, which needs botocore;
    `sign` signs otherwise, such as aws_signer("execute-api", "eu-north-1") for an API behind a domain of your own."""

    def __init__(self, url: str, *, timeout: float = 30.0, retries: int = 3, sign: Signer | None = None) -> None:
        self._calls = Calls(url, timeout=timeout, retries=retries, sign=sign)

    def predict(self, records: Sequence[Record], *, partial: bool = False, explain: bool = False) -> Answer:
        """A prediction for each record, {rows} at most. `partial`: bad records are refused alone, and told in the
        answer's problems; `explain`: each prediction comes with its explanation, where the model has any.

        Raises ContractBroken with every problem, Unavailable, NotReached, or another ModelError."""
        asked = {{"partial": partial, "explain": explain}}
        told = self._calls.post({{"records": list(records), **{{key: True for key, on in asked.items() if on}}}})
        return Answer(told["model"], told["release"], told["version"], told["predictions"], problems_of(told))

    def predict_one(self, record: Record) -> Prediction:
        """The prediction for one record; raises as predict does."""
        (prediction,) = self.predict([record]).predictions
        assert prediction is not None
        return prediction

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class Async{title}:
    """The same for programs that await: calls wait in threads, `at_once` of them at most."""

    def __init__(
        self, url: str, *, timeout: float = 30.0, retries: int = 3, sign: Signer | None = None, at_once: int = 32
    ) -> None:
        self._client = {title}(url, timeout=timeout, retries=retries, sign=sign)
        self._threads = ThreadPoolExecutor(at_once, "{package}")

    async def predict(self, records: Sequence[Record], *, partial: bool = False, explain: bool = False) -> Answer:
        """As {title}.predict."""
        call = functools.partial(self._client.predict, records, partial=partial, explain=explain)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def predict_one(self, record: Record) -> Prediction:
        """As {title}.predict_one."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._client.predict_one, record)

    async def close(self) -> None:
        """Close the connections that are kept open; calls under way end first."""
        await asyncio.to_thread(self._threads.shutdown)
        self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()
'''


@dataclass(frozen=True, slots=True)
class _Field:
    """One key of a typed dict, and the place in the spec that asked for it."""

    name: str
    kind: str
    place: str = ""


def client_files(checked: Checked) -> dict[str, bytes]:
    """The client's files, by path: one package, `<spec>_client`."""
    package, title = names(checked)
    called = ("ContractBroken", "ModelError", "NotReached", "Problem", "Unavailable")
    several = ("Added", "AddedToEach", "Values") if _several(checked.spec) else ()
    typed = ("Answer", f"Async{title}", "Explanation", "Prediction", "Record", title, *several)
    init = _INIT.format(
        name=checked.spec.name,
        package=package,
        title=title,
        imported="\n".join(f"    {name}," for name in sorted(typed)),
        exports="\n".join(f'    "{name}",' for name in sorted((*called, *typed, *_SIGNING))),
    )
    calls = (resources.files("mlspec.runtime") / "client_calls.py").read_bytes()
    return {
        f"{package}/__init__.py": init.encode(),
        f"{package}/calls.py": calls,
        f"{package}/client.py": _client(checked, package, title).encode(),
        f"{package}/py.typed": b"",
    }


def names(checked: Checked) -> tuple[str, str]:
    """The package's name, and the class's."""
    words = checked.spec.name.split("-")
    return f"{'_'.join(words)}_client", "".join(word.capitalize() for word in words) + "Client"


def _client(checked: Checked, package: str, title: str) -> str:
    spec = checked.spec
    aliases = _aliases(spec)
    record, prediction = _record(checked, aliases), _explained(checked, aliases) + _prediction(spec, aliases)
    listed = "".join(_alias(alias, spec.data.columns[column]) for column, alias in aliases.items())
    return _CLIENT.format(
        name=spec.name,
        package=package,
        title=title,
        imports=_imports(listed + record + prediction),
        rows=spec.serving.max_rows,
        rows_origin=f"  # {checked.origins.of('serving.max_rows')}",
        aliases=listed,
        record=record,
        prediction=prediction,
    )


def _imports(source: str) -> str:
    wanted = [name for name in ("Literal", "NotRequired") if f"{name}[" in source]
    lines = ["from datetime import datetime"] if "| datetime" in source else []
    return "\n".join([*lines, f"from typing import {', '.join([*wanted, 'Self', 'TypedDict'])}"])


def _aliases(spec: Spec) -> dict[str, str]:
    """A name for the values of each category column, by the column: after the column where Python can have that."""
    found: dict[str, str] = {}
    for number, (name, column) in enumerate(spec.data.columns.items(), start=1):
        if column.type == "category" and column.role in ("feature", "label"):
            plain = name.isidentifier() and name.isascii()
            alias = "".join(word.capitalize() for word in name.split("_")) + "Value" if plain else ""
            found[name] = alias if alias and alias not in found.values() else f"Column{number}Value"
    return found


def _alias(alias: str, column: Column) -> str:
    """The values in one line, in two, or each in its own: as formatters have it."""
    values = ", ".join(map(literal, column.values))
    if len(f"{alias} = Literal[{values}]") <= _WIDTH:
        return f"{alias} = Literal[{values}]\n"
    inner = f"    {values}\n" if len(values) + 4 <= _WIDTH else "".join(f"    {literal(v)},\n" for v in column.values)
    return f"{alias} = Literal[\n{inner}]\n"


def _typed_dict(name: str, about: str, fields: Sequence[_Field]) -> str:
    """A class where Python can spell every key, else its functional form; with the blank lines around it."""
    if all(field.name.isidentifier() and not keyword.iskeyword(field.name) for field in fields):
        body = "".join(f"{_place(field, 4)}    {field.name}: {field.kind}\n" for field in fields)
        return f'\n\nclass {name}(TypedDict):\n    """{about}"""\n\n{body}'
    body = "".join(f"{_place(field, 8)}        {literal(field.name)}: {field.kind},\n" for field in fields)
    return f'\n\n{name} = TypedDict(\n    "{name}",\n    {{\n{body}    }},\n)\n"""{about}"""\n'


def _place(field: _Field, indent: int) -> str:
    return f"{' ' * indent}# {ascii(field.place)[1:-1]}\n" if field.place else ""


def _record(checked: Checked, aliases: Mapping[str, str]) -> str:
    fields = [
        _Field(name, _kind(column, aliases.get(name, "")), str(checked.origins.of(f"data.columns.{name}")))
        for name, column in checked.spec.features.items()
    ]
    return _typed_dict("Record", f"One row of {checked.spec.name}: every column, null where that is allowed.", fields)


def _kind(column: Column, alias: str) -> str:
    """The type of a column's values. A category that is not listed is accepted, and predicted as missing; whoever
    knows the contract while typing should not send it."""
    plain = {"float": "float", "int": "int", "bool": "bool", "datetime": "str | datetime", "category": alias}
    kind = plain[column.type or ""]
    return f"{kind} | None" if column.nullable else kind


def _prediction(spec: Spec, aliases: Mapping[str, str]) -> str:
    fields = [*_answer(spec, aliases), _Field("explanation", "NotRequired[Explanation]")]
    return _typed_dict("Prediction", "What the model says of one row.", fields)


def _explained(checked: Checked, aliases: Mapping[str, str]) -> str:
    """The classes of explanations; of several labels, those of what they are answered with too."""
    about = "What each column added to `base`, the model's answer to no row in particular"
    added = [_Field("base", "float"), _Field("values", "dict[str, float]")]
    space, labels = _Field("space", "str"), list(checked.spec.labels)
    if not _several(checked.spec):
        likeliest = [_Field("class", aliases[labels[0]])] if checked.spec.task == "multiclass" else []
        return _typed_dict("Explanation", f"{about}, in `space`.", [space, *likeliest, *added])
    return _typed_dict("Added", f"{about}.", added) + _values(checked, space)


def _values(checked: Checked, space: _Field) -> str:
    places = {name: str(checked.origins.of(f"data.columns.{name}")) for name in checked.spec.labels}
    values = [_Field(name, "float", place) for name, place in places.items()]
    added = [_Field(name, "Added", place) for name, place in places.items()]
    explained = [space, _Field("outputs", "AddedToEach")]
    return "".join(
        [
            _typed_dict("AddedToEach", "What each column added to each label's answer.", added),
            _typed_dict("Explanation", "Why the model says so; what is added adds up in `space`.", explained),
            _typed_dict("Values", "What each label is predicted to be.", values),
        ]
    )


def _several(spec: Spec) -> bool:
    """Whether an answer has a number for each of several labels."""
    return len(spec.labels) > 1 and not spec.embedding


def _answer(spec: Spec, aliases: Mapping[str, str]) -> list[_Field]:
    labels = list(spec.labels)
    if spec.embedding:
        return [_Field("embedding", "list[float]")]
    match spec.task:
        case "binary":
            return [_Field("probability", "float"), _Field("label", "bool")]
        case "multiclass":
            classes = aliases[labels[0]]
            return [_Field("class", classes), _Field("probabilities", f"dict[{classes}, float]")]
        case _ if len(labels) > 1:
            return [_Field("values", "Values")]
        case _:
            return [_Field("value", "float")]
