"""The champion, and the release before it, published anew where the function that had their versions is gone.

A function that is to ship in another form cannot be changed: it is made anew, and begins without any version."""

from typing import Any

from mlspec.runtime import releases
from mlspec.runtime.publishing import engine_of, published, runs
from mlspec.runtime.surroundings import Surroundings


def restore(around: Surroundings) -> dict[str, Any]:
    """Give the champion all traffic again where no version runs it; a repeated call finds that one does."""
    champion = releases.champion(around.store)
    told = champion.content
    if not champion or runs(told["release"], told["version"], around):
        return {"status": "unchanged", "release": told.get("release", ""), "version": told.get("version", "")}
    previous = told.get("previous")
    if previous:
        previous = _again(previous["release"], around)
    after = _again(told["release"], around)
    around.traffic.all_to(after["version"])
    around.store.replace(releases.CHAMPION, {**told, **after, "previous": previous}, read=champion)
    return {"status": "champion", **after}


def _again(release: str, around: Surroundings) -> dict[str, str]:
    known = releases.record(around.store, release)
    engine = engine_of(known, around)
    version = published(release, engine, around)
    releases.note(around.store, release, status=known["status"], version=version, engine=engine)
    return {"release": release, "version": version}
