import json

import numpy as np
import pytest

from fewclicks.errors import InvalidInput, NotFound

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from fewclicks.features import Encoder, recipe_of  # noqa: E402
from fewclicks.features.sessions import Session  # noqa: E402

FLOAT = onnx.TensorProto.FLOAT


def network(path, shape=("n", 3, "side", "side"), out="maps", kind=FLOAT, **metadata):
    """Write a network that gives each channel's maps, or means, or the pixels as tokens."""
    helper = onnx.helper
    nodes = [helper.make_node("Identity", ["images"], ["seen"])]
    if shape[-1] == 3 and out != "maps":
        nodes = [helper.make_node("Transpose", ["images"], ["seen"], perm=[0, 3, 1, 2])]
    if out == "maps":
        nodes.append(helper.make_node("Relu", ["seen"], ["rows"]))
    elif out == "rows":
        nodes.append(helper.make_node("GlobalAveragePool", ["seen"], ["mean"]))
        nodes.append(helper.make_node("Flatten", ["mean"], ["rows"]))
    elif out == "tokens":
        to = onnx.numpy_helper.from_array(np.array([0, 3, -1], np.int64), "to")
        nodes.append(helper.make_node("Reshape", ["seen", "to"], ["flat"]))
        nodes.append(helper.make_node("Transpose", ["flat"], ["rows"], perm=[0, 2, 1]))
    else:
        nodes.append(helper.make_node("ReduceMean", ["seen"], ["rows"], keepdims=0))
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("images", kind, list(shape))],
        [helper.make_tensor_value_info("rows", kind, None)],
        [to] if out == "tokens" else [],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(made, metadata)
    onnx.save(made, path)
    return path


def described(path):
    session = Session(path, "net")
    return session.scaling(), session(np.zeros((1, 40, 40, 3), np.float32))


@pytest.fixture
def images():
    return np.random.default_rng(0).random((5, 32, 32, 3)).astype(np.float32)


@pytest.mark.parametrize(
    "shape",
    [("n", 3, "side", "side"), ("n", "channels", "h", "w"), (1, 3, 32, 32), (4, 32, 32, 3)],
)
@pytest.mark.parametrize("out", ["maps", "rows", "tokens"])
def test_rows_maps_and_tokens_become_rows(tmp_path, images, shape, out):
    session = Session(network(tmp_path / "net.onnx", shape, out), "net")
    assert np.allclose(session(images), images.mean((1, 2)), atol=1e-6)


def test_half_precision_is_taken(tmp_path, images):
    path = network(tmp_path / "net.onnx", out="rows", kind=onnx.TensorProto.FLOAT16)
    rows = Session(path, "net")(images)
    assert rows.dtype == np.float32
    assert np.allclose(rows, images.mean((1, 2)), atol=1e-2)


def test_the_file_says_what_it_wants(tmp_path):
    path = network(
        tmp_path / "net.onnx", side="64", mean="[0.1, 0.2, 0.3]", std="1,2,3", license="MIT"
    )
    session = Session(path, "net")
    assert session.side(None) == 64
    assert session.side(48) == 48
    assert session.scaling() == ((0.1, 0.2, 0.3), (1, 2, 3))
    told = Encoder(f"onnx:{path}").about()
    assert (told["side"], told["width"], told["licence"]) == (64, 3, "MIT")
    assert Session(network(tmp_path / "plain.onnx"), "net").side(None) == 224


def test_an_encoder_takes_the_file(tmp_path):
    path = network(tmp_path / "net.onnx", mean="0,0,0", std="1,1,1", side="40")
    photos = np.random.default_rng(0).integers(0, 256, (3, 40, 40, 3)).astype(np.uint8)
    encoder = recipe_of(f"onnx:{path}").make(options={"shapes": 0})
    means = photos.mean((1, 2)) / 255
    assert np.allclose(encoder.transform(photos) ** 2, means / means.sum(1, keepdims=True))
    before, rows = encoder.identity(), encoder.transform(photos)
    network(path, mean="0.5,0,0", std="1,1,1", side="40")
    assert encoder.identity() != before
    assert not np.allclose(encoder.transform(photos), rows)
    (tmp_path / "moved").mkdir()
    told = encoder.identity()
    moved = path.rename(tmp_path / "moved" / "net.onnx")
    assert Encoder(f"onnx:{moved}", shapes=0).identity() == told


def test_weights_in_a_file_beside_count_too(tmp_path):
    helper, path = onnx.helper, tmp_path / "net.onnx"
    photo = np.full((1, 32, 32, 3), 200, np.uint8)

    def written(factor):
        weights = onnx.numpy_helper.from_array(np.full((3, 3, 1, 1), factor, np.float32), "w")
        graph = helper.make_graph(
            [helper.make_node("Conv", ["images", "w"], ["rows"])],
            "test",
            [helper.make_tensor_value_info("images", FLOAT, ["n", 3, "side", "side"])],
            [helper.make_tensor_value_info("rows", FLOAT, None)],
            [weights],
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(made, path, save_as_external_data=True, location="net.data", size_threshold=0)
        encoder = Encoder(f"onnx:{path}", side=32, shapes=0)
        return encoder.identity()["weights"], encoder.transform(photo)

    (first, rows), (second, others) = written(1.0), written(-1.0)
    assert first != second
    assert np.allclose(rows, -others)
    (tmp_path / "net.data").unlink()
    with pytest.raises(NotFound, match=r"net\.data.*Copy it beside"):
        Encoder(f"onnx:{path}").check()


@pytest.mark.parametrize(
    ("shape", "more", "said"),
    [
        (("n", 4, "side", "side"), {}, r"must take one array of images.*takes images \['n', 4"),
        (("n", 3), {}, "must take one array of images"),
        (("n", 3, 40, 40), {"mean": "0.5"}, "mean in the metadata of net must be three numbers"),
        (("n", 3, 40, 40), {"mean": "null,0,0"}, "mean in the metadata of net must be three"),
        (("n", 3, 40, 40), {"std": "a,b,c"}, "std in the metadata of net must be three numbers"),
        (("n", 3, 40, 40), {"kind": onnx.TensorProto.DOUBLE}, r"takes tensor\(double\)"),
        (("n", 3, 40, 40), {"out": "one"}, "must give rows, maps or tokens but gives shape"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path, shape, more, said):
    path = network(tmp_path / "net.onnx", shape, **more)
    with pytest.raises(InvalidInput, match=said):
        described(path)


def test_a_side_that_is_fixed_cannot_be_chosen(tmp_path):
    session = Session(network(tmp_path / "net.onnx", (1, 3, 40, 40)), "net")
    with pytest.raises(InvalidInput, match="takes images of side 40 only, but side is 64"):
        session.side(64)


def test_files_that_are_no_networks_are_told(tmp_path):
    with pytest.raises(NotFound, match="There is no file"):
        Encoder(f"onnx:{tmp_path / 'none.onnx'}").check()
    (tmp_path / "text.onnx").write_text("no network")
    with pytest.raises(InvalidInput, match="must be an ONNX file but is not"):
        Encoder(f"onnx:{tmp_path / 'text.onnx'}").check()
    with pytest.raises(InvalidInput, match="must be a network that ONNX Runtime can run"):
        Session(tmp_path / "text.onnx", "net")
    path = network(tmp_path / "net.onnx")
    with pytest.raises(InvalidInput, match="'reduced' is not for ONNX files"):
        Encoder(f"onnx:{path}", precision="reduced").about()
    with pytest.raises(InvalidInput, match="device is 'cuda' but this ONNX Runtime has none"):
        Encoder(f"onnx:{path}", device="cuda").about()
    with pytest.raises(InvalidInput, match=r"side in the metadata .* must be a whole number"):
        Encoder(f"onnx:{network(tmp_path / 'side.onnx', side='big')}").about()
    oblong = network(tmp_path / "oblong.onnx", (1, 3, 40, 32))
    with pytest.raises(InvalidInput, match="must describe images of side 40 but fails"):
        Encoder(f"onnx:{oblong}").about()


def test_what_the_file_says_wrongly_can_be_said(tmp_path):
    path = network(tmp_path / "net.onnx", mean="half")
    encoder = Encoder(f"onnx:{path}", mean=np.array([0.5, 0.5, 0.5]), std=(1, 1, 1))
    assert encoder.about()["mean"] == [0.5, 0.5, 0.5]
    assert json.dumps(encoder.identity())
