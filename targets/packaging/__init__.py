"""Code units and their locked requirements turned into what the platform runs: zips and images."""

from mlspec.targets.packaging.build import Package, build_packages
from mlspec.targets.packaging.platforms import Platform
from mlspec.targets.packaging.wheels import cache_folder

__all__ = ["Package", "Platform", "build_packages", "cache_folder"]
