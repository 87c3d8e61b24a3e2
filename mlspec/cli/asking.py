"""A model's server asked over HTTP, by the calls that generated clients make."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from mlspec.cli.scoring import Ask
from mlspec.runtime.client_calls import Calls, ModelError, NoCredentials, NotReached
from mlspec.specs.diagnostics import Diagnostic, SpecError

_TIMEOUT = 300.0
_RETRIES = 5


@contextmanager
def calls_to(url: str) -> Iterator[Ask]:
    """What asks the server at `url`; raises SpecError for what is no URL, or where nobody answers."""
    try:
        calls = Calls(url, timeout=_TIMEOUT, retries=_RETRIES, sign=None)
    except NoCredentials as error:
        raise SpecError([Diagnostic("ML834", str(error), hint="aws configure, or aws sso login")]) from error
    except ValueError as error:
        hint = "such as http://127.0.0.1:8080/invocations"
        raise SpecError([Diagnostic("ML830", str(error), hint=hint)]) from error

    def ask(request: dict[str, Any]) -> tuple[int, Mapping[str, Any]]:
        try:
            return 200, calls.post(request)
        except ModelError as error:
            if error.status == 200:
                message = f"what answers at {url} is no model's server: {error}"
                raise SpecError([Diagnostic("ML831", message, hint="look at the URL")]) from error
            return error.status, error.answer
        except NotReached as error:
            raise SpecError(
                [
                    Diagnostic(
                        "ML831", f"nobody answers at {error}", hint="start the server: mlspec serve; or look at the URL"
                    )
                ]
            ) from error

    try:
        yield ask
    finally:
        calls.close()
