"""What listings takes and gives, as types, and the two ways of calling it."""

import asyncio
import functools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, NotRequired, Self, TypedDict

from listings_client.calls import Calls, Problem, Signer, problems_of

MAX_ROWS = 10000  # default
KindValue = Literal["flat", "house", "studio"]


class Record(TypedDict):
    """One row of listings: every column, null where that is allowed."""

    # spec.yaml:9:5
    area: float
    # spec.yaml:10:5
    rooms: int | None
    # spec.yaml:11:5
    kind: KindValue
    # spec.yaml:12:5
    garden: bool


class Explanation(TypedDict):
    """What each column added to `base`, the model's answer to no row in particular, in `space`."""

    space: str
    base: float
    values: dict[str, float]


class Prediction(TypedDict):
    """What the model says of one row."""

    embedding: list[float]
    explanation: NotRequired[Explanation]


@dataclass(frozen=True)
class Answer:
    """The predictions, one a record and None for one that was refused; and which release made them."""

    model: str
    release: str
    version: str
    predictions: list[Prediction | None]
    problems: tuple[Problem, ...] = ()


class ListingsClient:
    """Asks the model at `url`; threads may share one. It is closed by close(), or at the end of a with block.

    `timeout`: seconds that one answer may take; `retries`: how often a server that is busy is asked again. Requests to
    AWS (a function's URL, API Gateway, SageMaker) are signed with this machine's credentials, which needs botocore;
    `sign` signs otherwise, such as aws_signer("execute-api", "eu-north-1") for an API behind a domain of your own."""

    def __init__(self, url: str, *, timeout: float = 30.0, retries: int = 3, sign: Signer | None = None) -> None:
        self._calls = Calls(url, timeout=timeout, retries=retries, sign=sign)

    def predict(self, records: Sequence[Record], *, partial: bool = False, explain: bool = False) -> Answer:
        """A prediction for each record, 10000 at most. `partial`: bad records are refused alone, and told in the
        answer's problems; `explain`: each prediction comes with its explanation, where the model has any.

        Raises ContractBroken with every problem, Unavailable, NotReached, or another ModelError."""
        asked = {"partial": partial, "explain": explain}
        told = self._calls.post({"records": list(records), **{key: True for key, on in asked.items() if on}})
        return Answer(told["model"], told["release"], told["version"], told["predictions"], problems_of(told))

    def predict_one(self, record: Record) -> Prediction:
        """The prediction for one record; raises as predict does."""
        (prediction,) = self.predict([record]).predictions
        assert prediction is not None
        return prediction

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._calls.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


class AsyncListingsClient:
    """The same for programs that await: calls wait in threads, `at_once` of them at most."""

    def __init__(
        self, url: str, *, timeout: float = 30.0, retries: int = 3, sign: Signer | None = None, at_once: int = 32
    ) -> None:
        self._client = ListingsClient(url, timeout=timeout, retries=retries, sign=sign)
        self._threads = ThreadPoolExecutor(at_once, "listings_client")

    async def predict(self, records: Sequence[Record], *, partial: bool = False, explain: bool = False) -> Answer:
        """As ListingsClient.predict."""
        call = functools.partial(self._client.predict, records, partial=partial, explain=explain)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call)

    async def predict_one(self, record: Record) -> Prediction:
        """As ListingsClient.predict_one."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._client.predict_one, record)

    async def close(self) -> None:
        """Close the connections that are kept open; calls under way end first."""
        await asyncio.to_thread(self._threads.shutdown)
        self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()
