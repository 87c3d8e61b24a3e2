"""Emit: a finished graph becomes the files of a bundle."""

from mlspec.compiler.emit.bundle import emit_bundle

__all__ = ["emit_bundle"]
