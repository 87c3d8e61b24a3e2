"""The unit that answers predictions over HTTP: an entry point, the spec's contract, its description, a Dockerfile."""

import json

from mlspec.compiler.graph import Unit
from mlspec.compiler.units.docs_page import docs_page
from mlspec.compiler.units.inference_contract import contract_source
from mlspec.compiler.units.literals import literal
from mlspec.compiler.units.locks import locked_requirements
from mlspec.compiler.units.open_inference import model_metadata
from mlspec.compiler.units.openapi import openapi_document
from mlspec.specs.checked import Checked

_SERVER = '''\
"""The entry point of {name}'s container; the release is in /opt/ml/model."""

import sys
from os.path import abspath, dirname
from typing import TYPE_CHECKING

from mlspec.runtime.http_server import serve
from mlspec.runtime.http_settings import Application, Limits

if TYPE_CHECKING:
    from mlspec.runtime.requests import ServingContract


def load_contract() -> "ServingContract":
    """The spec's contract; imported late, by the processes that need it."""
    import contract

    return contract


APPLICATION = Application(
    model={model},
    contract=load_contract,
    limits=Limits(
        body={body},{body_origin}
        deadline={deadline},{deadline_origin}
    ),
    home=dirname(abspath(__file__)),
)

if __name__ == "__main__":
    sys.exit(serve(APPLICATION))
'''

# The base is an argument, so that a build can name it by digest: --build-arg BASE=python@sha256:...
_DOCKERFILE = """ARG BASE=python:{python}-slim
FROM ${{BASE}}
LABEL org.opencontainers.image.title="{name}" \\
      com.amazonaws.sagemaker.capabilities.accept-bind-to-port="true"
WORKDIR /opt/program
COPY requirements.txt ./
RUN ["python", "-m", "pip", "install", "--no-cache-dir", "--no-deps", "--only-binary=:all:", "--require-hashes", \\
     "--requirement", "requirements.txt"]
COPY . ./
RUN ["python", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "."]
USER 65532:65532
ENV PYTHONDONTWRITEBYTECODE=1
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "server.py"]
"""

_IGNORED = "Dockerfile\n.dockerignore\n**/__pycache__\n"


def container_unit(checked: Checked) -> Unit:
    """The build context of an image, and what runs on a laptop as it is: `python server.py`."""
    spec = checked.spec
    return Unit(
        name="container",
        files={
            ".dockerignore": _IGNORED.encode(),
            "Dockerfile": _DOCKERFILE.format(name=spec.name, python=spec.serving.python).encode(),
            "contract.py": contract_source(checked).encode(),
            "docs.html": docs_page(checked).encode(),
            "metadata.json": _json(model_metadata(checked)),
            "openapi.json": _json(openapi_document(checked)),
            "server.py": _server(checked).encode(),
        },
        vendored=("http_server", "http_worker"),
        requirements=locked_requirements("container"),
        python=spec.serving.python,
        architecture=spec.serving.architecture,
        platform="container",
    )


def _server(checked: Checked) -> str:
    serving = checked.spec.serving
    return _SERVER.format(
        name=checked.spec.name,
        model=literal(checked.spec.name),
        body=serving.max_request.bytes,
        body_origin=_origin(checked, "serving.max_request"),
        deadline=serving.timeout.milliseconds / 1000,
        deadline_origin=_origin(checked, "serving.timeout"),
    )


def _origin(checked: Checked, path: str) -> str:
    return f"  # {checked.origins.of(path)}"


def _json(document: object) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()
