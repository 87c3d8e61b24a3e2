"""The stack's bucket as JSON documents with conditional writes, and as files encrypted with the stack's key."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

_ABSENT = {"NoSuchKey", "404", "NotFound"}
_LOST = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}


class Conflict(Exception):
    """Somebody else wrote the document since it was read."""


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON object as it was read; no etag means that there was none."""

    content: dict[str, Any]
    etag: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag)


@dataclass(frozen=True, slots=True)
class Store:
    """`client` is boto3's for S3; `key` is the KMS key that everything is written with."""

    client: Any
    bucket: str
    key: str

    def document(self, path: str) -> Document:
        """The document at `path`, or an empty one without etag."""
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=path)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return Document({})
            raise
        return Document(json.loads(answer["Body"].read()), answer["ETag"])

    def replace(self, path: str, content: dict[str, Any], *, read: Document) -> None:
        """Write `content` only if `path` still is what was `read`; raises Conflict."""
        condition = {"IfMatch": read.etag} if read else {"IfNoneMatch": "*"}
        try:
            self._put(path, _encode(content), **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST:
                raise Conflict(path) from error
            raise

    def write(self, path: str, content: dict[str, Any]) -> None:
        """Write `content` whatever was there."""
        self._put(path, _encode(content))

    def read_bytes(self, path: str) -> bytes:
        """The object at `path`."""
        data: bytes = self.client.get_object(Bucket=self.bucket, Key=path)["Body"].read()
        return data

    def digest(self, path: str) -> str:
        """SHA-256 (hexadecimal) of the object at `path`, which may be larger than memory; empty where there is none."""
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=path)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return ""
            raise
        digest = hashlib.sha256()
        for chunk in answer["Body"].iter_chunks(2**20):
            digest.update(chunk)
        return digest.hexdigest()

    def write_bytes(self, path: str, data: bytes) -> None:
        """Put `data` at `path`."""
        self._put(path, data)

    def _put(self, path: str, data: bytes, **condition: str) -> None:
        sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key} if self.key else {}
        self.client.put_object(Bucket=self.bucket, Key=path, Body=data, **sealed, **condition)


def _encode(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, allow_nan=False).encode()
