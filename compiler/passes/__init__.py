"""Passes: a graph with intentions becomes a graph with names, tags, encryption and policies."""

from mlspec.compiler.passes.run import PASSES, run_passes

__all__ = ["PASSES", "run_passes"]
