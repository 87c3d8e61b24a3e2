"""A spec turned into the OpenAPI description of the container that serves it: every path, every answer it can give."""

from typing import Any

from mlspec.compiler.units import openapi_schemas as schemas
from mlspec.specs.checked import Checked

_ERROR = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
_BINARY = "application/octet-stream"
_LENGTH_HEADER = "Inference-Header-Content-Length"
_LENGTH = "How many bytes are JSON, where tensors follow it as they are in memory."
_ATTACHED = "The same JSON, and behind it the tensors that say their binary_data_size, little-endian."
_REFUSALS = {
    "400": "The request breaks the contract: each bad field is named.",
    "408": "The request did not arrive in time.",
    "411": "Neither content-length nor chunks.",
    "413": "More rows or more bytes than one request takes.",
    "415": "The body is of a kind that is not read here.",
    "417": "An expectation other than 100-continue.",
    "431": "The head of the request is too large.",
    "500": "The model failed; the log has the request's id.",
    "501": "A transfer encoding other than chunked.",
    "503": "No release serves yet, or too many requests wait; try again after the time in Retry-After.",
}
_SHOWN_REFUSALS = ("400", "408", "431", "503")


def openapi_document(checked: Checked) -> dict[str, Any]:
    """The document; https://spec.openapis.org/oas/v3.1.0"""
    spec = checked.spec
    about = f"/v2/models/{spec.name}"
    description = spec.description or f"Predictions of {spec.name}."
    return {
        "openapi": "3.1.0",
        "info": {
            "title": spec.name,
            "version": "v1",
            "description": description,
        },
        "paths": {
            "/invocations": {"post": _invocations()},
            "/ping": _get("ping", "Whether a release serves, as SageMaker asks.", {"type": "object"}),
            "/metrics": _get("metrics", "Counts of all workers for Prometheus.", {"type": "string"}, "text/plain"),
            "/openapi.json": _get("openapi", "This description.", {"type": "object"}),
            "/docs": _get("docs", "This description for people.", {"type": "string"}, "text/html"),
            "/v2": _get("server", "The server's metadata.", {"type": "object"}),
            "/v2/health/live": _get("live", "Whether the server runs.", {"type": "object"}),
            "/v2/health/ready": _get("ready", "Whether a release serves.", {"type": "object"}),
            about: _get("model", "The model's inputs and outputs.", {"type": "object"}),
            f"{about}/ready": _get("modelReady", "Whether the model serves.", {"type": "object"}),
            f"{about}/infer": {"post": _infer()},
        },
        "components": {"schemas": _schemas(checked)},
    }


def _schemas(checked: Checked) -> dict[str, Any]:
    spec = checked.spec
    return {
        "Record": schemas.record_schema(checked),
        "Columns": schemas.columns_schema(checked),
        "Request": schemas.request_schema(spec.serving.max_rows),
        "Answer": schemas.answer_schema(),
        "Prediction": schemas.prediction_schema(spec),
        "Problem": schemas.problem_schema(),
        "Error": schemas.error_schema(),
        "InferRequest": schemas.infer_request_schema(),
        "InferAnswer": schemas.infer_answer_schema(),
    }


def _invocations() -> dict[str, Any]:
    content = {
        "application/json": {"schema": {"$ref": "#/components/schemas/Request"}},
        "text/csv": {
            "schema": {"type": "string", "description": "A line of names, then rows; an empty field is null."}
        },
    }
    return {
        "operationId": "invocations",
        "summary": "Predictions for records, columns or lines of CSV.",
        "parameters": [_flag("partial"), _flag("explain")],
        "requestBody": {"required": True, "content": content},
        "responses": _responses("Predictions, in the order of the rows.", "Answer", tuple(_REFUSALS)),
    }


def _infer() -> dict[str, Any]:
    content = {
        "application/json": {"schema": {"$ref": "#/components/schemas/InferRequest"}},
        _BINARY: {"schema": {"description": f"{_ATTACHED} {_LENGTH_HEADER} says how much is JSON."}},
    }
    answers = _responses("Outputs for each row.", "InferAnswer", tuple(_REFUSALS))
    answers["200"]["content"][_BINARY] = {"schema": {"description": f"{_ATTACHED} Where outputs are wanted so."}}
    answers["200"]["headers"] = {_LENGTH_HEADER: {"schema": {"type": "integer"}, "description": _LENGTH}}
    length = {"name": _LENGTH_HEADER, "in": "header", "schema": {"type": "integer"}, "description": _LENGTH}
    return {
        "operationId": "infer",
        "summary": "Predictions, by the Open Inference Protocol.",
        "parameters": [length],
        "requestBody": {"required": True, "content": content},
        "responses": answers,
    }


def _flag(name: str) -> dict[str, Any]:
    words = {"partial": "Answer the good rows, and say what is wrong with the others.", "explain": "Explain each row."}
    return {"name": name, "in": "query", "schema": {"type": "boolean"}, "description": words[name]}


def _responses(good: str, schema: str, refusals: tuple[str, ...]) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"200": {"description": good, "content": content}, **_refused(refusals)}


def _refused(statuses: tuple[str, ...]) -> dict[str, Any]:
    return {status: {"description": _REFUSALS[status], "content": _ERROR} for status in statuses}


def _get(operation: str, summary: str, schema: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    good = {"description": summary, "content": {kind: {"schema": schema}}}
    responses = {"200": good, **_refused(_SHOWN_REFUSALS)}
    return {"get": {"operationId": operation, "summary": summary, "responses": responses}}
