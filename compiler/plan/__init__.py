"""Plan: a bundle and what is recorded as deployed become steps, and what they mean."""

from mlspec.compiler.plan.make import destroy_plan, make_plan
from mlspec.compiler.plan.markdown import render_markdown
from mlspec.compiler.plan.model import Change, Meaning, Plan, Step, Where
from mlspec.compiler.plan.page import render_page
from mlspec.compiler.plan.seal import plan_document, seal, stale, unseal
from mlspec.compiler.plan.text import render_text

__all__ = [
    "Change",
    "Meaning",
    "Plan",
    "Step",
    "Where",
    "destroy_plan",
    "make_plan",
    "plan_document",
    "render_markdown",
    "render_page",
    "render_text",
    "seal",
    "stale",
    "unseal",
]
