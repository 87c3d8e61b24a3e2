"""Trains listings: what SageMaker starts."""

import os
import sys
from pathlib import Path

from mlspec.runtime.training_job import run
from settings import SETTINGS

if __name__ == "__main__":
    sys.exit(run(SETTINGS, Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))))
