"""What a spec says its `apiVersion` is -> whether this program reads it, and what to do where it does not."""

import re

from mlspec.specs.diagnostics import Diagnostic, Span, SpecError
from mlspec.specs.nearest import nearest

CURRENT = "mlspec/v1"
OLDER = ("mlspec/v1alpha1",)  # oldest first; mlspec migrate reads these
_FORM = re.compile(r"mlspec/v\d+((alpha|beta)\d+)?\Z")


def check_version(version: object, span: Span, *, migrating: bool = False) -> None:
    """Raises SpecError for a version that is not `CURRENT`, nor an older one where specs are migrated; what has not
    the form of a version at all is left to the check of the whole spec, unless `migrating`."""
    known = (CURRENT, *OLDER) if migrating else (CURRENT,)
    if version in known:
        return
    if version in OLDER:
        message = f"{version} is an older version of the language; this program reads {CURRENT}"
        hint = f"mlspec migrate {span.file} rewrites the spec; comments and layout stay"
        raise SpecError([Diagnostic("ML210", message, span, "apiVersion", hint)])
    if migrating or (isinstance(version, str) and _FORM.match(version)):
        close = nearest(str(version), (CURRENT, *OLDER)) or CURRENT
        hint = f"did you mean '{close}'? known: {', '.join((CURRENT, *OLDER))}; a newer mlspec may know more"
        raise SpecError(
            [Diagnostic("ML211", f"'{str(version)[:60]}' is no version that is known", span, "apiVersion", hint)]
        )
