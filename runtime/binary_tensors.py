"""Tensors that follow the JSON of the Open Inference Protocol as they are in memory, little-endian.

https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md"""

from collections.abc import Iterator, Sequence
from struct import Struct, error, pack, unpack
from typing import Any

_CODES = {
    "BOOL": "?", "FP16": "e", "FP32": "f", "FP64": "d", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q",
    "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q",
}  # fmt: skip
SIZES = {datatype: Struct("<" + code).size for datatype, code in _CODES.items()}  # bytes of a value; a text has any
_LENGTH = Struct("<I")


class BadTensor(Exception):
    """The bytes are not what the JSON says of them; the text is for the caller."""


def parts_of(rest: bytes, sizes: list[int | None]) -> list[bytes | None]:
    """The bytes of each tensor, None where its values are in the JSON; BadTensor where some are left or lacking."""
    parts: list[bytes | None] = []
    start = 0
    for size in sizes:
        parts.append(None if size is None else rest[start : start + size])
        start += size or 0
    if start != len(rest):
        raise BadTensor(f"the tensors say they have {start} bytes, {len(rest)} follow the JSON")
    return parts


def size_of(parameters: dict[str, Any]) -> int | None:
    """What a tensor's parameters say of its bytes; raises BadTensor."""
    size = parameters.get("binary_data_size")
    if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 0):
        raise BadTensor("binary_data_size is a whole number of at least 0")
    return size


def values_of(datatype: str, data: bytes) -> list[Any]:
    """The values as JSON would have them: a number that is NaN is missing. Raises BadTensor."""
    if datatype == "BYTES":
        return list(_texts(data))
    if datatype not in _CODES:
        raise BadTensor(f"there is no datatype {datatype!a}")
    layout = Struct("<" + _CODES[datatype])
    if len(data) % layout.size:
        raise BadTensor(f"{len(data)} bytes are no whole number of {datatype}")
    values = unpack(f"<{len(data) // layout.size}{_CODES[datatype]}", data)
    return [None if value != value else value for value in values]


def bytes_of(datatype: str, values: Sequence[Any]) -> bytes:
    """The values of an output; a text has its length before it."""
    if datatype == "BYTES":
        texts = [value.encode() for value in values]
        return b"".join([_LENGTH.pack(len(text)) + text for text in texts])
    return pack(f"<{len(values)}{_CODES[datatype]}", *values)


def _texts(data: bytes) -> Iterator[str]:
    """Each text with its length before it."""
    start = 0
    while start < len(data):
        try:
            (length,) = _LENGTH.unpack_from(data, start)
        except error as short:
            raise BadTensor("a text has no length before it") from short
        start += _LENGTH.size
        text = data[start : start + length]
        if len(text) < length:
            raise BadTensor("a text is shorter than it says")
        yield text.decode()
        start += length
