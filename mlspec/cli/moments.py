"""Times as they are typed."""

from datetime import UTC, datetime

import click


def moment_of(text: str) -> datetime:
    """The time that `text` says, of UTC where it says no other; raises UsageError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"'{text}' is not an ISO 8601 time such as 2013-05-16T00:00:00+00:00") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC)
