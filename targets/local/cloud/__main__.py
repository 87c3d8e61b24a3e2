"""`python -m mlspec.targets.local.cloud --directory DIR [--port N]`."""

import argparse
from pathlib import Path

from mlspec.targets.local.cloud.server import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="mlspec.targets.local.cloud")
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    serve(arguments.directory.resolve(), arguments.port)
