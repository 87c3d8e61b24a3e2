"""moto in a process of its own, with the two SageMaker operations it lacks; prints the port and ends with its stdin."""

import logging
import sys
from typing import Any

from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse
from moto.server import ThreadedMotoServer


def _delete_model_package_group(self: SageMakerResponse) -> str:
    backend: SageMakerModelBackend = self.sagemaker_backend
    name = self._get_param("ModelPackageGroupName")
    if backend.model_package_groups.pop(name, None) is None:
        raise ValidationError(f"ModelPackageGroup {name} does not exist.")
    return "{}"


def _delete_model_package(self: SageMakerResponse) -> str:
    backend: SageMakerModelBackend = self.sagemaker_backend
    arn = self._get_param("ModelPackageName")
    backend.model_packages.pop(backend.model_package_name_mapping.get(arn, arn), None)
    return "{}"


_lacking: Any = SageMakerResponse
_lacking.delete_model_package_group = _delete_model_package_group
_lacking.delete_model_package = _delete_model_package

if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    sys.stdin.read()
    server.stop()
