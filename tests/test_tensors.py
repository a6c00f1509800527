"""Files of tensors: what they hold is read as numbers, and what they only claim is refused."""

import io
import json
import zipfile

import numpy as np
import pytest

from convpipe import tensors


def packed(entries, content=b"", length=None):
    """Return a .safetensors file of a header, which may be text as it is."""
    header = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return (len(header) if length is None else length).to_bytes(8, "little") + header + content


def entry(dtype="F32", shape=(2,), span=(0, 8), **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(span), **more}


FILTERS = np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2) / 8
SHIFT = np.array([0.5, -2], np.float16)


def of_numpy(path):
    np.savez(path, **{"conv1.weight": FILTERS, "conv1.bias": SHIFT})


def of_numpy_smaller(path):
    np.savez_compressed(path, **{"conv1.weight": FILTERS, "conv1.bias": SHIFT})


def of_safetensors(path):
    header = {
        "__metadata__": {"format": "pt"},
        "conv1.weight": entry("F32", FILTERS.shape, (0, 96)),
        "conv1.bias": entry("F16", (2,), (96, 100)),
    }
    path.write_bytes(packed(header, FILTERS.tobytes() + SHIFT.tobytes()))


def of_onnx(path):
    onnx = pytest.importorskip("onnx")
    held = [
        onnx.numpy_helper.from_array(FILTERS, "conv1.weight"),
        onnx.numpy_helper.from_array(SHIFT, "conv1.bias"),
    ]
    graph = onnx.helper.make_graph([], "g", [], [], initializer=held)
    onnx.save(onnx.helper.make_model(graph), path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("w.npz", of_numpy),
        ("w.NPZ", lambda path: path.write_bytes(_written(of_numpy_smaller, path))),
        ("w.safetensors", of_safetensors),
        ("w.onnx", of_onnx),
    ],
)
def test_tensors_by_name(name, write, tmp_path):
    path = tmp_path / name
    write(path)
    for key, want in {"conv1.weight": FILTERS, "conv1.bias": SHIFT}.items():
        got = tensors.read(f"{path}#{key}")
        np.testing.assert_array_equal(got, want)
        assert got.dtype == want.dtype
    with pytest.raises(
        ValueError, match=r"no tensor 'conv1.weigh'; did you mean 'conv1.weight'\?; there are"
    ):
        tensors.read(f"{path}#conv1.weigh")
    with pytest.raises(ValueError, match=r"2 tensors; say which by 'w\.") as caught:
        tensors.read(path)
    assert "conv1.weight (2, 3, 2, 2)" in str(caught.value)
    assert "conv1.bias (2,)" in str(caught.value)


def _written(write, path):
    """Return the content of a file that NumPy would add an extension to."""
    other = path.with_name("other.npz")
    write(other)
    return other.read_bytes()


def test_what_the_package_of_the_format_writes(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    given = {"a": FILTERS, "b": SHIFT, "c": np.arange(5, dtype=np.int64)}
    numpy.save_file(given, tmp_path / "w.safetensors", metadata={"format": "np"})
    for name, want in given.items():
        np.testing.assert_array_equal(tensors.read(f"{tmp_path}/w.safetensors#{name}"), want)


def test_a_file_of_one_needs_no_name(tmp_path):
    np.save(tmp_path / "a.npy", SHIFT)
    np.savez(tmp_path / "b.npz", SHIFT)
    (tmp_path / "c#1.safetensors").write_bytes(packed({"x": entry("F16", (2,), (0, 4))}, SHIFT.tobytes()))
    for name in ("a.npy", "b.npz", "b.npz#arr_0", "c#1.safetensors", "c#1.safetensors#x"):
        np.testing.assert_array_equal(tensors.read(tmp_path / name), SHIFT)
    with pytest.raises(ValueError, match="holds one array, which has no name"):
        tensors.read(tmp_path / "a.npy#x")


def test_bfloat16_is_the_upper_half_of_a_float32(tmp_path):
    """1.0 is 0x3f80, -2.5 is 0xc020, 2**-126 is 0x0080."""
    content = np.array([0x3F80, 0xC020, 0x0080], "<u2").tobytes()
    (tmp_path / "a.safetensors").write_bytes(packed({"x": entry("BF16", (3,), (0, 6))}, content))
    assert tensors.read(tmp_path / "a.safetensors").tolist() == [1.0, -2.5, 2.0**-126]


HOSTILE = {
    "empty": (b"", "longer than the file"),
    "short": (b"\1\0\0", "longer than the file"),
    "a length beyond the file": (packed({}, length=1 << 62), "longer than the file"),
    "a huge header": (packed(b" " * ((8 << 20) + 1)), "claims 8388609 bytes; at most 8388608"),
    "no text": (packed(b"\xff\xfe"), "no JSON of tensors"),
    "no JSON": (packed(b"{"), "no JSON of tensors"),
    "deep": (packed(b'{"a":' * 200_000), "no JSON of tensors"),
    "a number of a million digits": (packed(b'{"a": ' + b"9" * 1_000_000 + b"}"), "no JSON of tensors"),
    "NaN": (packed(b'{"a": NaN}'), "NaN is no JSON"),
    "twice": (packed(b'{"a": 1, "a": 1}'), "a name is there twice"),
    "a list": (packed(b"[]"), "no JSON object"),
    "no entry": (packed({"a": 3}), "does not say dtype, shape and data_offsets of 'a'"),
    "a shape of text": (packed({"a": {**entry(), "shape": "22"}}, bytes(8)), "does not say dtype"),
    "a shape of bools": (packed({"a": entry(shape=[True, 2])}, bytes(8)), "does not say dtype"),
    "a shape below 0": (packed({"a": entry(shape=[-1, -2])}, bytes(8)), "does not say dtype"),
    "three offsets": (packed({"a": entry(span=[0, 4, 8])}, bytes(8)), "does not say dtype"),
    "beyond the end": (packed({"a": entry()}, bytes(7)), "'a' are not in the file"),
    "backwards": (packed({"a": entry(span=[8, 0])}, bytes(8)), "'a' are not in the file"),
    "another shape": (packed({"a": entry(shape=[3])}, bytes(8)), r"\(3,\) takes 12 bytes; it has 8"),
    "an overflowing shape": (packed({"a": entry(shape=[1 << 40, 1 << 40])}, bytes(8)), "at most 16777216"),
    "overlapping": (packed({"a": entry(), "b": entry(span=[4, 12])}, bytes(12)), "overlap"),
    "an unknown type": (packed({"a": entry("F8_E5M2", [8])}, bytes(8)), "its numbers are F8_E5M2; read are"),
    "nothing": (packed({"__metadata__": {}}), "holds no tensors"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_header_is_refused(case, tmp_path):
    content, words = HOSTILE[case]
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=words) as caught:
        tensors.read(path)
    assert len(str(caught.value)) < 400 + len(str(path))


def archive(**members):
    """Return an archive of members by their names, a dot for each underscore."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in members.items():
            made.writestr(name.replace("_", "."), content)
    return file.getvalue()


def array(value, **options):
    file = io.BytesIO()
    np.save(file, value, **options)
    return file.getvalue()


REFUSED = {
    "text.npz": (b"PK, says the text", "a broken archive"),
    "objects.npz": (archive(a_npy=array(np.array([{}]), allow_pickle=True)), "never unpickled"),
    "torch.npz": (archive(data_pkl=b"cposix\nsystem\n"), "torch.save, which is never unpickled"),
    "none.npz": (archive(a_txt=b"hello"), "holds no tensors"),
    "short.npz": (archive(a_npy=array(np.zeros(9))[:-1]), "it is truncated"),
    "cut.npz": (archive(a_npy=array(np.zeros(9)))[:-30], "a broken archive"),
    "model.pt": (b"\x80\2", "unpickled, which runs what it holds; write its tensors by safetensors"),
    "model.h5": (b"\x89HDF", "needed is the path of a .npy, .npz, .safetensors or .onnx file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    content, words = REFUSED[name]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=words):
        tensors.read(tmp_path / name)


def test_an_array_that_inflates_to_more_than_a_layer_is_refused_by_its_header(tmp_path):
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (1 << 30,)}
    np.lib.format.write_array_header_1_0(file, header)
    (tmp_path / "a.npz").write_bytes(archive(a_npy=file.getvalue()))
    with pytest.raises(ValueError, match="holds 1073741824 numbers; at most 16777216"):
        tensors.read(tmp_path / "a.npz")


def test_models_that_are_none(tmp_path):
    onnx = pytest.importorskip("onnx")
    path = tmp_path / "a.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(ValueError, match="no ONNX model"):
        tensors.read(path)
    held = onnx.numpy_helper.from_array(np.zeros(4, np.float32), "w")
    held.dims[0] = 1 << 40
    _save(onnx, path, held)
    with pytest.raises(ValueError, match="at most 16777216"):
        tensors.read(path)
    held.dims[0] = 5
    _save(onnx, path, held)
    with pytest.raises(ValueError, match="not as its shape says"):
        tensors.read(path)
    held.data_location = onnx.TensorProto.EXTERNAL
    held.external_data.add(key="location", value="/etc/passwd")
    held.ClearField("raw_data")
    _save(onnx, path, held)
    with pytest.raises(ValueError, match="'w' lie in another file, which is not read"):
        tensors.read(path)


def _save(onnx, path, held):
    path.write_bytes(
        onnx.helper.make_model(
            onnx.helper.make_graph([], "g", [], [], initializer=[held])
        ).SerializeToString()
    )


def test_a_model_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    (tmp_path / "a.onnx").write_bytes(b"")
    with pytest.raises(ValueError, match=r"pip install convpipe\[onnx\]"):
        tensors.read(tmp_path / "a.onnx")
