"""The paths of the server: SageMaker's two, the Open Inference Protocol's, Prometheus' and its own description."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec.json import encode

from mlspec.runtime.http_head import Route
from mlspec.runtime.http_metrics import CONTENT_TYPE
from mlspec.runtime.http_replies import HTML, Page, refusal

_UNREADY = "no release is serving yet"


class Pages(NamedTuple):
    """What is shown: `ready` says whether there is a release, `metrics` and `metadata` are made when asked for."""

    ready: Callable[[], bool]
    metrics: Callable[[], bytes]
    metadata: Callable[[], Mapping[str, Any]]
    openapi: bytes
    docs: bytes


def make_routes(model: str, pages: Pages) -> dict[bytes, Route]:
    """Every path there is, with what it does.

    https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md"""
    about = f"/v2/models/{model}"
    ready = _shown(lambda: _ready(pages))
    routes = {
        "/ping": Route("ping", page=lambda: _ready(pages)),
        "/invocations": Route("invocations", protocol="mlspec"),
        "/metrics": _shown(lambda: Page(200, pages.metrics(), CONTENT_TYPE)),
        "/openapi.json": _shown(lambda: Page(200, pages.openapi)),
        "/docs": _shown(lambda: Page(200, pages.docs, HTML)),
        "/v2": _shown(lambda: Page(200, _server())),
        "/v2/health/live": _shown(lambda: Page(200, b'{"live":true}')),
        "/v2/health/ready": ready,
        about: _shown(lambda: _metadata(pages)),
        f"{about}/ready": ready,
        f"{about}/infer": Route("infer", protocol="v2"),
    }
    return {path.encode(): route for path, route in routes.items()}


def _shown(page: Callable[[], Page]) -> Route:
    return Route("other", page=page)


def _ready(pages: Pages) -> Page:
    return Page(200, b'{"ready":true}') if pages.ready() else refusal(503, "unavailable", _UNREADY)


def _server() -> bytes:
    return encode({"name": "mlspec", "version": "1", "extensions": ["binary_tensor_data"]})


def _metadata(pages: Pages) -> Page:
    return Page(200, encode(pages.metadata())) if pages.ready() else refusal(503, "unavailable", _UNREADY)
