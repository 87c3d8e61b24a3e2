"""A spec's columns turned into JSON Schemas of requests and answers, as strict as the code that reads them."""

from typing import Any

from mlspec.compiler.units.inference_columns import column_words
from mlspec.specs.checked import Checked
from mlspec.specs.models import Column, Spec

Schema = dict[str, Any]
_FLOAT32 = 3.4028234663852886e38
_INT64 = 2**63
_JSON_TYPES = {"float": "number", "int": "integer", "bool": "boolean"}
TEXT: Schema = {"type": "string"}


def record_schema(checked: Checked) -> Schema:
    """One row: every feature, and the columns that may come along."""
    features = checked.spec.features
    properties = {name: column_schema(column) for name, column in features.items()}
    for name in checked.spec.data.columns.keys() - features.keys():
        properties[name] = {"description": "Accepted and not used."}
    ordered = {name: properties[name] for name in checked.spec.data.columns}
    return _object(ordered, tuple(features))


def columns_schema(checked: Checked) -> Schema:
    """The same rows, by column: lists of one length."""
    features = checked.spec.features
    lists = {name: _list(column_schema(column)) | {"minItems": 1} for name, column in features.items()}
    for name in checked.spec.data.columns.keys() - features.keys():
        lists[name] = {"description": "Accepted and not used."}
    ordered = {name: lists[name] for name in checked.spec.data.columns}
    return _object(ordered, tuple(features)) | {"description": "Every list has one value a row."}


def column_schema(column: Column) -> Schema:
    """One value of a feature."""
    kind: str = _JSON_TYPES.get(column.type or "", "string")
    schema: Schema = {"type": [kind, "null"] if column.nullable else kind, "description": _words(column)}
    if column.type == "float":
        schema |= {"minimum": max(_or(column.min, -_FLOAT32), -_FLOAT32)}
        schema |= {"maximum": min(_or(column.max, _FLOAT32), _FLOAT32)}
    elif column.type == "int":
        schema |= {"minimum": max(_or(column.min, -_INT64), -_INT64)}
        schema |= {"maximum": min(_or(column.max, _INT64 - 1), _INT64 - 1)}
    elif column.type == "datetime":
        schema |= {"format": "date-time"}
    elif column.type == "category":
        schema |= {"examples": list(column.values)}
    return schema


def request_schema(max_rows: int) -> Schema:
    """The body of /invocations."""
    flags = {
        "partial": {"type": "boolean", "description": "Answer the good rows, and say what is wrong with the others."},
        "explain": {"type": "boolean", "description": "Add what each column contributed, where the spec offers it."},
    }
    records = _list({"$ref": "#/components/schemas/Record"}) | {"minItems": 1, "maxItems": max_rows}
    columns = {"$ref": "#/components/schemas/Columns"}
    return {
        "oneOf": [
            _object({"records": records, **flags}, ("records",)),
            _object({"columns": columns, **flags}, ("columns",)),
        ]
    }


def answer_schema() -> Schema:
    """What one request gets."""
    prediction = {"$ref": "#/components/schemas/Prediction"}
    return _open(
        {
            "model": TEXT,
            "release": TEXT,
            "predictions": _list({"anyOf": [prediction, {"type": "null"}]}),
            "problems": _list({"$ref": "#/components/schemas/Problem"}),
        },
        ("model", "release", "predictions"),
    )


def prediction_schema(spec: Spec) -> Schema:
    """What one row gets; its explanation too, where it was asked for."""
    schema = _prediction(spec)
    return {**schema, "properties": {**schema["properties"], "explanation": _explanation(spec)}}


def _explanation(spec: Spec) -> Schema:
    """What each column added: base and values add up to the answer in the space that is named; of several labels to
    each answer."""
    number = {"type": "number"}
    added = {"base": number, "values": {"type": "object", "additionalProperties": number}}
    if len(spec.labels) > 1:
        outputs = _object(dict.fromkeys(spec.labels, _open(added, tuple(added))), tuple(spec.labels))
        return _open({"space": TEXT, "outputs": outputs}, ("space", "outputs"))
    return _open({"space": TEXT, "class": TEXT, **added}, ("space", *added))


def _prediction(spec: Spec) -> Schema:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    if width := spec.embedding:
        numbers = _list({"type": "number"}) | {"minItems": width, "maxItems": width}
        return _open({"embedding": numbers}, ("embedding",))
    match spec.task:
        case "binary":
            return _open({"probability": share, "label": {"type": ["boolean", "string"]}}, ("probability", "label"))
        case "multiclass":
            every = {"type": "object", "additionalProperties": share}
            return _open({"class": TEXT, "probabilities": every}, ("class", "probabilities"))
        case _ if len(spec.labels) > 1:
            numbers = _object({name: _number(label) for name, label in spec.labels.items()}, tuple(spec.labels))
            return _open({"values": numbers}, ("values",))
        case _:
            return _open({"value": {"type": "number"}}, ("value",))


def _number(label: Column) -> Schema:
    """One output. What a model says of a label need not keep within the label's bounds."""
    return {"type": "number", **({"description": f"In {label.unit}."} if label.unit else {})}


def problem_schema() -> Schema:
    """What is wrong, and where; null where it is not about one row or column."""
    row = {"type": ["integer", "null"], "minimum": 0}
    return _object({"row": row, "column": {"type": ["string", "null"]}, "reason": TEXT}, ("row", "column", "reason"))


def error_schema() -> Schema:
    """Why there is no prediction."""
    problems = _list({"$ref": "#/components/schemas/Problem"})
    return _open({"error": TEXT, "reason": TEXT, "request": TEXT, "problems": problems}, ("error",))


def infer_request_schema() -> Schema:
    """The body of /v2/models/<model>/infer: one input for each column."""
    tensor = _open(
        {"name": TEXT, "shape": _list({"type": "integer", "minimum": 0}), "datatype": TEXT, "data": {"type": "array"}},
        ("name", "shape", "datatype", "data"),
    )
    parameters = _flags("binary_data_output", "All outputs follow the answer's JSON as they are in memory.")
    output = _open({"name": TEXT, "parameters": _flags("binary_data", "The same of this one.")}, ("name",))
    inputs = _list(tensor) | {"minItems": 1}
    return _open({"id": TEXT, "inputs": inputs, "outputs": _list(output), "parameters": parameters}, ("inputs",))


def _flags(name: str, words: str) -> Schema:
    """Parameters, of which one is read here."""
    return {"type": "object", "properties": {name: {"type": "boolean", "description": words}}}


def infer_answer_schema() -> Schema:
    """What an inference request gets."""
    return _open({"model_name": TEXT, "id": TEXT, "outputs": _list({"type": "object"})}, ("model_name", "outputs"))


def _words(column: Column) -> str:
    words = column_words(column)
    unit = f", in {column.unit}" if column.unit else ""
    known = ": one the model knows, any other counts as missing" if column.type == "category" else ""
    return words[0].upper() + words[1:] + unit + known + "."


def _or(bound: float | None, other: float) -> float:
    return other if bound is None else bound


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(properties: Schema, required: tuple[str, ...]) -> Schema:
    return _open(properties, required) | {"additionalProperties": False}


def _open(properties: Schema, required: tuple[str, ...]) -> Schema:
    schema: Schema = {"type": "object", "properties": properties}
    return schema | ({"required": list(required)} if required else {})
