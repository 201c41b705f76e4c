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
    first = shape[1] == 3
    nodes = [helper.make_node("Identity", ["images"], ["seen"])]
    if not first:
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


@pytest.mark.parametrize("shape", [("n", 3, "side", "side"), (1, 3, 32, 32), (4, 32, 32, 3)])
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
    before = encoder.identity()
    network(path, mean="0,0,0", std="1,1,1", side="41")
    assert encoder.identity() != before


@pytest.mark.parametrize(
    ("shape", "more", "said"),
    [
        (("n", 4, "side", "side"), {}, r"must take one array of images.*takes images \['n', 4"),
        (("n", 3), {}, "must take one array of images"),
        (("n", 3, 40, 40), {"mean": "0.5"}, "mean in the metadata of net must be three numbers"),
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
    with pytest.raises(InvalidInput, match="must be a network that ONNX Runtime can run"):
        Encoder(f"onnx:{tmp_path / 'text.onnx'}").check()
    path = network(tmp_path / "net.onnx")
    with pytest.raises(InvalidInput, match="'reduced' is not for ONNX files"):
        Encoder(f"onnx:{path}", precision="reduced").check()
    with pytest.raises(InvalidInput, match="device is 'cuda' but this ONNX Runtime has none"):
        Encoder(f"onnx:{path}", device="cuda").check()
