"""A Keras file from anybody runs nothing: each canary would write a file, and does so when it is let."""

import json
import os
import pickle
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from recognizer.errors import ModelError

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow's own
    keras = pytest.importorskip("keras")
    from train.model.load_model import load_keras
    from train.model.save_model import save_keras

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def canary(tmp_path: Path) -> Iterator[Path]:
    """The file that must not be written, in the working folder of the test."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield Path("canary")
    os.chdir(before)


class Pickled:
    """Writes the canary when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return open, ("canary", "w")


def network(*more: Any) -> Any:
    return keras.Sequential([keras.Input((28, 28, 1)), *more, keras.layers.Flatten(), keras.layers.Dense(10)])


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_plain_network_is_loaded(name: str) -> None:
    model = network(keras.layers.Conv2D(2, 3, activation="relu", kernel_regularizer="l2"))
    model.compile(loss="mse", optimizer="adam")
    save_keras(model, Path(name))
    pictures = np.random.default_rng(0).random((3, 28, 28, 1), np.float32)
    np.testing.assert_allclose(load_keras(Path(name))(pictures), model(pictures), atol=1e-6)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_full_disk_is_an_error_and_no_more(name: str) -> None:
    Path(name).symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left on device"):
        save_keras(network(), Path(name))


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
@pytest.mark.parametrize("nested", [False, True])
def test_the_code_of_a_lambda_is_not_run(name: str, nested: bool, canary: Path) -> None:
    layer = keras.layers.Lambda(lambda x: (open("canary", "w").close(), x)[1])
    network(keras.layers.TimeDistributed(layer) if nested else layer).save(name)
    keras.models.load_model(name, compile=False, safe_mode=False)
    assert canary.exists()
    canary.unlink()
    with pytest.raises(ModelError, match="found Lambda, __lambda__, which may run code"):
        load_keras(Path(name))
    assert not canary.exists()


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_a_pickle_is_no_model(name: str, canary: Path) -> None:
    Path(name).write_bytes(pickle.dumps(Pickled()))
    pickle.loads(Path(name).read_bytes()).close()
    assert canary.exists()
    canary.unlink()
    with pytest.raises(ModelError, match="expected a model in Keras's"):
        load_keras(Path(name))
    assert not canary.exists()


@pytest.mark.parametrize(("part", "found"), [
    ({"module": "builtins", "class_name": "function", "config": "exec", "registered_name": "function"}, "builtins"),
    ({"module": "os", "class_name": "Dense", "config": {}}, "os"),
    ({"module": "keras.layers", "class_name": "TFSMLayer", "config": {"filepath": "x"}}, "TFSMLayer"),
    ({"class_name": ["Dense"], "config": {}}, "Dense"),
])
def test_a_name_that_is_no_plain_layer_is_refused(part: dict[str, Any], found: str) -> None:
    network(keras.layers.ReLU()).save("plain.keras")
    with zipfile.ZipFile("plain.keras") as plain, zipfile.ZipFile("odd.keras", "w") as odd:
        for member in plain.namelist():
            content = plain.read(member)
            if member == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1]["config"]["activation"] = part
                content = json.dumps(config).encode()
            odd.writestr(member, content)
    with pytest.raises(ModelError, match=f"expected plain Keras layers, found .*{found}"):
        load_keras(Path("odd.keras"))


def test_weights_in_another_form_are_refused() -> None:
    network().save("model.keras")
    with zipfile.ZipFile("model.keras", "a") as model:
        model.writestr("model.weights.npz", pickle.dumps(Pickled()))
    with pytest.raises(ModelError, match=r"model\.keras"):
        load_keras(Path("model.keras"))


def test_a_damaged_file_is_named() -> None:
    network().save("model.keras")
    network().save("model.h5")
    for name in ("model.keras", "model.h5"):
        content = Path(name).read_bytes()
        for cut in (b"", content[:100], content[: len(content) // 2]):
            Path(name).write_bytes(cut)
            with pytest.raises(ModelError, match=name):
                load_keras(Path(name))
    with h5py.File("empty.h5", "w"), pytest.raises(ModelError, match="empty"):
        load_keras(Path("empty.h5"))
    Path("folder.keras").mkdir()
    for name in ("missing.keras", "missing.h5", "folder.keras"):
        with pytest.raises(ModelError, match=name):
            load_keras(Path(name))
