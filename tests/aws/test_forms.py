"""Zip or image: one rule for what the compiler knows and for what was built, and what follows from it in the graph."""

from pathlib import Path

import pytest

from mlspec.compiler.graph import Graph
from mlspec.specs.units import Size
from mlspec.targets.aws.forms import IMAGE_LIMIT, MODEL_ROOM, ZIP_LIMIT, form_for, form_of, image_room
from tests.aws.specs import MINIMAL, flights, spec
from tests.aws.wire import passed

MEBIBYTE, GIBIBYTE = 2**20, 2**30


@pytest.mark.parametrize(
    ("unpacked", "asked", "name"),
    [
        (104 * MEBIBYTE, "auto", "zip"),
        (104 * MEBIBYTE, "zip", "zip"),
        (ZIP_LIMIT - MODEL_ROOM, "auto", "zip"),
        (ZIP_LIMIT - MODEL_ROOM + 1, "auto", "image"),
        (ZIP_LIMIT - MODEL_ROOM + 1, "zip", "refused"),
        (1 * MEBIBYTE, "image", "image"),
        (IMAGE_LIMIT + 1, "image", "refused"),
        (IMAGE_LIMIT + 1, "auto", "refused"),
    ],
)
def test_size_decides_and_says_why(unpacked: int, asked: str, name: str) -> None:
    form = form_for(asked, unpacked=unpacked, memory=GIBIBYTE)
    assert form.name == name
    assert "MiB" in form.why


def test_the_room_for_a_model_follows_the_form_and_the_memory() -> None:
    assert form_for("zip", unpacked=0, memory=10 * GIBIBYTE).room == MODEL_ROOM
    assert image_room(128 * MEBIBYTE) == MODEL_ROOM, "an image takes whatever a zip takes"
    assert image_room(4 * GIBIBYTE) == (4 * GIBIBYTE - 256 * MEBIBYTE) // 3
    assert image_room(10 * GIBIBYTE) < 2 * GIBIBYTE, "an ONNX file is one protobuf message"


def test_today_the_example_is_a_zip() -> None:
    form = form_of(flights().spec.serving)
    assert (form.name, form.room) == ("zip", MODEL_ROOM)


def test_a_zip_has_no_repository_and_an_image_no_zip_of_its_own(graph: Graph, image_graph: Graph) -> None:
    zipped, imaged = ({resource.name for resource in made.resources} for made in (graph, image_graph))
    assert zipped - imaged == {"inference-code", "inference-compiled-code"}
    assert imaged - zipped == {"images", "images-policy"}
    function = image_graph.resource("inference")
    assert function.properties["packageType"] == "Image"
    assert not {"runtime", "handler", "s3Bucket", "s3Key"} & function.properties.keys()
    assert "an image, because the spec asks for one" in function.why


@pytest.mark.parametrize("memory", ["512 MiB", "2 GiB", "10 GiB"])
def test_disk_and_the_gate_s_memory_are_enough_for_the_largest_model(tmp_path: Path, memory: str) -> None:
    made = passed(spec(tmp_path, f"{MINIMAL}serving: {{package: image, memory: {memory}}}\n"))
    room = image_room(Size.parse(memory).bytes)
    for name in ("gate", "inference"):
        disk = made.resource(name).properties.get("ephemeralStorage", {"size": 512})
        assert isinstance(disk, dict)
        assert room <= disk["size"] * MEBIBYTE <= 10_240 * MEBIBYTE
    given = made.resource("gate").properties["memorySize"]
    assert isinstance(given, int)
    assert 2 * room < given * MEBIBYTE <= 10_240 * MEBIBYTE
