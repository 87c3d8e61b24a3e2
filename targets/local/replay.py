"""Replays days of real rows against a deployed stack on the mocked cloud: requests by day, data at night."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from mlspec.targets.aws.deployment import Deployment
from mlspec.targets.local.client import Cloud

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_ROWS_PER_REQUEST = 250
_REQUESTS_PER_LOOK = 12


@dataclass
class Traffic:
    """One day's rows as requests, taken a few at a time; scores and true labels are kept to judge the day."""

    day: date
    records: Sequence[Mapping[str, Any]]
    labels: Sequence[Any]
    sent: int = 0
    requests: int = 0
    rejected: int = 0
    failed: int = 0
    answers: list[tuple[Any, float]] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Rows not sent yet."""
        return len(self.records) - self.sent

    def send(self, send: Callable[[bytes], tuple[int, dict[str, Any]]], *, rows: int) -> None:
        """One request with the next `rows` rows."""
        chunk = slice(self.sent, self.sent + rows)
        status, answer = send(json.dumps({"records": self.records[chunk]}).encode())
        self.requests += 1
        self.rejected += status == 400
        self.failed += status >= 500
        if status == 200:
            scores = [_score(prediction) for prediction in answer["predictions"]]
            self.answers += zip(self.labels[chunk], scores, strict=True)
        self.sent += rows


def _score(prediction: Mapping[str, Any]) -> float:
    return float(prediction["probability"] if "probability" in prediction else prediction.get("value", float("nan")))


class Replay:
    """Drives `deployment` on `cloud` with the rows of `folder`, one day after the other."""

    def __init__(
        self,
        cloud: Cloud,
        deployment: Deployment,
        spec: Mapping[str, Any],
        *,
        folder: Path,
        omit: Sequence[str] = (),
    ) -> None:
        self.cloud = cloud
        self.deployment = deployment
        self.spec = spec
        self.folder = folder
        self.omit = frozenset(omit)
        self._columns = spec["data"]["columns"]
        self._time = next(name for name, c in self._columns.items() if c.get("role") == "time")
        self._label = next(name for name, c in self._columns.items() if c.get("role") == "label")

    def days(self, start: date, end: date) -> Iterator[tuple[date, Path]]:
        """The file of each day from `start` to before `end`: the files whose names hold a date."""
        dated = ((_DATE.search(path.name), path) for path in sorted(self.folder.rglob("*.parquet")))
        for found, path in dated:
            if found and start <= (day := date.fromisoformat(found.group())) < end:
                yield day, path

    def traffic(self, day: date, path: Path) -> Traffic:
        """The requests callers would have sent that day: the contract's columns, without what only comes later."""
        import polars as pl

        rows = pl.read_parquet(path)
        known = ("feature", "id", "time")
        wanted = [n for n, c in self._columns.items() if c.get("role", "feature") in known and n not in self.omit]
        sent = rows.select(wanted).with_columns(pl.col(self._time).dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
        return Traffic(day, sent.to_dicts(), rows[self._label].to_list())

    def serve(self, traffic: Traffic, *, share: float = 1.0) -> None:
        """Send the day's traffic until `share` of it is sent."""
        due = int(len(traffic.records) * share)
        while traffic.sent < due:
            traffic.send(self.send, rows=min(_ROWS_PER_REQUEST, due - traffic.sent))

    def send(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """One request to the model's URL."""
        return self.cloud.request(self.deployment.outputs["inference"]["name"], "live", body)

    @property
    def task(self) -> str:
        """`binary`, or what else the label's type says; what is answered with an embedding has no classes to rank."""
        if self.spec["serving"].get("answer") == "embedding":
            return "other"
        label = self._columns[self._label]
        return "binary" if label["type"] == "bool" or len(label.get("values", ())) == 2 else "other"

    def look(self, traffic: Traffic) -> None:
        """A few small requests of the day, as they come in while a release bakes."""
        rows = max(1, len(traffic.records) // 180)
        for _ in range(_REQUESTS_PER_LOOK):
            if traffic.left > 0:
                traffic.send(self.send, rows=rows)

    def store(self, path: Path) -> None:
        """The day's rows, labels now known, reach the data source."""
        place = urlparse(self.spec["data"]["source"]["uri"])
        key = f"{place.path.strip('/')}/{path.name}"
        self.cloud.client("s3").put_object(Bucket=place.netloc, Key=key, Body=path.read_bytes())


def auc(answers: Sequence[tuple[Any, float]]) -> float | None:
    """Area under the ROC curve of (label, score) pairs; None when only one label occurs."""
    from sklearn.metrics import roc_auc_score

    labels = [bool(label) for label, _ in answers]
    if not any(labels) or all(labels):
        return None
    return float(roc_auc_score(labels, [score for _, score in answers]))
