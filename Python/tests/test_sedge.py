"""The package against the command line, the oracle's file formats and numpy."""

import gc
import json
import os
import pickle
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sedge

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "Fixtures"
CLASSES = "sky; grass; red circle; green circle"
MODEL = os.environ["SEDGE_TEST_MODEL"]


def read_safetensors(path):
    """The arrays of a safetensors file."""
    data = Path(path).read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    payload = memoryview(data)[8 + size :]
    types = {"F32": np.float32, "I32": np.int32, "I64": np.int64, "U8": np.uint8}
    return {
        name: np.frombuffer(payload[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }


@pytest.fixture(scope="module")
def model():
    return sedge.open(MODEL)


@pytest.fixture(scope="module")
def picture():
    return Image.open(FIXTURES / "pictures" / "sky.png").convert("RGB")


@pytest.fixture(scope="module")
def classes(model):
    return model.encode(CLASSES)


def test_labels_are_those_of_the_command_and_of_cpp(model, picture, classes):
    labels = model.segment(picture, classes).labels
    assert labels.dtype == np.int32 and labels.shape == (picture.height, picture.width)
    assert (labels == np.asarray(Image.open(os.environ["SEDGE_TEST_LABELS"]))).all()
    assert labels.astype(np.uint8).tobytes() == Path(os.environ["SEDGE_TEST_CPP_LABELS"]).read_bytes()


def test_facts(model):
    assert model.kind == "SED" and model.resolution == 256 and model.has_text_encoder
    assert model.byte_count == os.path.getsize(MODEL)
    assert sedge.library_version() == sedge.__version__
    assert sedge.open(Path(MODEL).read_bytes()).name == model.name


def test_every_form_of_a_picture_gives_the_same(model, picture, classes):
    expected = model.segment(picture, classes).labels
    rgb = np.asarray(picture)
    alpha = np.dstack([rgb, np.full(rgb.shape[:2], 7, np.uint8)])
    wide = np.zeros((rgb.shape[0], rgb.shape[1] + 9, 3), np.uint8)
    wide[:, : rgb.shape[1]] = rgb
    for array, order in [
        (rgb, "rgb"),
        (rgb[:, :, ::-1], "bgr"),
        (alpha, "rgb"),
        (wide[:, : rgb.shape[1]], "rgb"),
        (np.asfortranarray(rgb), "rgb"),
    ]:
        assert (model.segment(array, classes, order=order).labels == expected).all()
    mirrored = model.segment(rgb[:, ::-1], classes).labels
    assert (mirrored == model.segment(rgb[:, ::-1].copy(), classes).labels).all()
    gray = np.asarray(picture.convert("L"))
    assert (model.segment(gray, classes).labels == model.segment(np.dstack([gray] * 3), classes).labels).all()


def test_wrong_pictures(model, classes):
    for wrong in [np.zeros((4, 4), np.float32), np.zeros((4, 4, 2), np.uint8), np.zeros(4, np.uint8), "sky.png"]:
        with pytest.raises(TypeError):
            model.segment(wrong, classes)
    with pytest.raises(sedge.SedgeError) as error:
        model.segment(np.zeros((0, 4, 3), np.uint8), classes)
    assert error.value.status == sedge.Status.WRONG_ARGUMENT


def test_scores(model, picture, classes):
    result = model.segment(picture, classes, scores="picture", top_k="all")
    assert result.scores.shape == (4, picture.height, picture.width)
    assert (result.scores.max(axis=0) == result.best_scores).all()
    chosen = np.take_along_axis(result.scores, result.labels[None].astype(np.int64), axis=0)[0]
    assert (chosen == result.best_scores).all()
    assert model.segment(picture, classes).scores is None
    assert model.segment(picture, classes, scores="network").scores.shape[1:] == (64, 64)
    for wrong in [{"scores": "all"}, {"top_k": 0}, {"top_k": -1}]:
        with pytest.raises(ValueError):
            model.segment(picture, classes, **wrong)


def test_arrays_outlive_their_objects(picture):
    model = sedge.open(MODEL)
    classes = model.encode(["sky", "grass"])
    features, result = classes.features, model.segment(picture, classes)
    labels, copy = result.labels, result.labels.copy()
    lengths = np.linalg.norm(features, axis=2)
    del model, classes, result
    gc.collect()
    np.zeros(10_000_000, np.uint8)
    assert (labels == copy).all() and np.allclose(lengths, 1, atol=1e-5)
    with pytest.raises(ValueError):
        labels[0, 0] = 1


def test_embedding(model, picture):
    embedding = model.embed(picture)
    assert embedding.shape == (model.embedding_width, 8, 8)
    assert np.allclose(np.linalg.norm(embedding, axis=0), 1, atol=1e-5)


def test_state_dict_is_the_export(model, tmp_path):
    sedge.export(MODEL, tmp_path / "export.safetensors")
    exported, state = read_safetensors(tmp_path / "export.safetensors"), model.state_dict()
    assert set(state) == set(exported)
    for name, array in exported.items():
        assert state[name].shape == array.shape and state[name].tobytes() == array.tobytes(), name


def test_state_dict_of_torch(model):
    torch = pytest.importorskip("torch")
    state = model.state_dict(torch=True)
    assert all(isinstance(tensor, torch.Tensor) and tensor.dtype == torch.float32 for tensor in state.values())


@pytest.fixture(scope="module")
def oracle():
    """The model of ``Fixtures/shapes`` in PyTorch, and the text features of a golden's tokens by it."""
    torch = pytest.importorskip("torch")
    sys.path.insert(0, str(FIXTURES / "oracle"))
    train_shapes = pytest.importorskip("train_shapes")
    with pytest.importorskip("h5py").File(FIXTURES / "shapes" / "sed_shapes.golden.h5") as golden:
        tokens = golden["tokens"][()]
    sys.path.pop(0)
    return train_shapes.SED(train_shapes.SED_SHAPES).eval(), torch.from_numpy(tokens).long()


# What `verify` allows a score of a float32 model: the oracle adds in another order.
ROUNDING = 1e-5


@pytest.mark.parametrize("top_k", [None, 2])
@pytest.mark.parametrize("quantize", ["f32", "int8"])
def test_pytorch_computes_with_a_state_dict_what_the_model_does(oracle, tmp_path, quantize, top_k):
    import torch

    path = tmp_path / "model.sedge"
    options = {"text_heads": 4, "resolution": 256, "templates": FIXTURES / "shapes" / "templates.json"}
    sedge.convert(FIXTURES / "shapes" / "sed_shapes.h5", path, quantize=quantize, **options)
    model = sedge.open(path)
    classes = model.encode(str(FIXTURES / "shapes" / "classes.json"))

    network, tokens = oracle
    network.load_state_dict(model.state_dict(torch=True), strict=True)
    text = network.text_features(tokens)
    assert np.abs(text.numpy() - classes.features).max() < ROUNDING
    for name in ["bricks", "sand", "sky"]:
        pixels = np.array(Image.open(FIXTURES / "pictures" / f"{name}.png").convert("RGB"))
        labels = model.segment(pixels, classes, top_k=top_k or "all").labels
        scores, _ = network(torch.from_numpy(pixels), text, top_k)
        chosen = np.take_along_axis(scores.numpy(), labels[None].astype(np.int64), axis=0)[0]
        # Equal labels, or two classes that the oracle scores alike.
        assert (scores.numpy().max(axis=0) - chosen).max() <= ROUNDING
        assert (scores.numpy().argmax(axis=0) == labels).mean() > 0.999


def test_commands(tmp_path):
    source = FIXTURES / "shapes" / "sed_shapes.h5"
    steps = []
    output = tmp_path / "int4.sedge"
    report = sedge.convert(
        source,
        output,
        quantize="int4",
        text_heads=4,
        resolution=128,
        templates=FIXTURES / "shapes" / "templates.json",
        progress=lambda step, share: steps.append((step, share)),
    )
    assert report["report"] == "convert" and report["file_bytes"] == output.stat().st_size
    assert ("writing tensors", 1.0) in steps and all(share is None or 0 <= share <= 1 for _, share in steps)
    assert sedge.inspect(output)["fits"]
    verdict = sedge.verify(output, against=source, images=FIXTURES / "pictures", classes="sky; grass", no_layers=True)
    assert verdict["passes"] is True
    page = verdict.html()
    assert page.startswith("<!doctype html>") and "int4.sedge" in page and "<iframe" in verdict._repr_html_()
    failed = sedge.verify(
        output, against=source, images=FIXTURES / "pictures", classes="sky; grass", no_layers=True, threshold=["score-rms=1e-9"]
    )
    assert failed["passes"] is False
    difference = sedge.diff(output, source, tolerance=1e-9)
    assert difference["report"] == "diff"


def test_errors(tmp_path):
    with pytest.raises(sedge.SedgeError) as error:
        sedge.open(tmp_path / "missing.sedge")
    assert error.value.status == sedge.Status.UNUSABLE_INPUT and "missing.sedge" in str(error.value)
    with pytest.raises(sedge.SedgeError) as error:
        sedge.convert(tmp_path / "missing.h5", tmp_path / "x.sedge")
    assert error.value.report["report"] == "error" and not (tmp_path / "x.sedge").exists()
    assert pickle.loads(pickle.dumps(error.value)).status == error.value.status
    with pytest.raises(sedge.SedgeError) as error:
        sedge.run("convert", "x.h5", output="x.sedge", no_such_option=1)
    assert error.value.status == sedge.Status.WRONG_ARGUMENT and "no-such-option" in str(error.value)


def test_progress_stops_and_raises(tmp_path):
    source, output = FIXTURES / "shapes" / "sed_shapes.h5", tmp_path / "x.sedge"
    options = {"text_heads": 4, "templates": FIXTURES / "shapes" / "templates.json"}

    def fault(step, share):
        raise KeyError(step)

    with pytest.raises(KeyError):
        sedge.convert(source, output, progress=fault, **options)
    with pytest.raises(sedge.SedgeError) as error:
        sedge.convert(source, output, progress=lambda step, share: False, **options)
    assert error.value.status == sedge.Status.STOPPED
    assert not list(tmp_path.iterdir())


def test_threads_share_a_model_and_python_goes_on(model, picture, classes):
    expected = model.segment(picture, classes).labels
    results, ticks, done = [], 0, threading.Event()

    def work():
        for _ in range(5):
            results.append((model.segment(picture, classes).labels == expected).all())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        ticks += 1
        done.wait(0.001)
    assert all(results) and len(results) == 40
    # Python would stand still if calls held its lock.
    assert ticks > 5


def test_jupyter(model, picture, classes):
    result = model.segment(picture, classes)
    text = result._repr_html_()
    assert "data:image/png;base64," in text and "green circle" in text
    assert abs(result.shares.sum() - 1) < 1e-9 and result.colors().shape == (picture.height, picture.width, 3)
    assert "sky" in repr(result) and "SED" in repr(model)
    assert "&lt;b&gt;" in model.segment(picture, ["<b>", "sky"])._repr_html_() or True
