# SPDX-License-Identifier: Apache-2.0
"""Trains the example classifier on Fashion-MNIST and writes it as ONNX, with its calibration and test images.

Needs Python packages tensorflow-cpu and onnx, and the data of Debian's package dataset-fashion-mnist:

    python3 train.py --data /usr/share/datasets/fashion-mnist --out . --epochs 12

The network has the operators of mobile image classifiers at a size that trains on two processor cores within an
hour: convolution, depthwise convolution, batch normalization, ReLU and ReLU6, residual addition, concatenation, maximum
and global average pooling, fully connected layers.
"""

from __future__ import annotations

import argparse
import gzip
import struct
import zlib
from pathlib import Path

import numpy as np

# Pixel statistics of the 60,000 training images, on 0..255.
MEAN = 72.94
STD = 90.02
CLASSES = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
NUM_CALIBRATION = 128
NUM_TEST = 500


def load_idx(path: Path) -> np.ndarray:
    """Reads a gzipped IDX file of bytes: [n] labels or [n, 28, 28] images."""
    with gzip.open(path) as file:
        _, _, kind, rank = struct.unpack("4B", file.read(4))
        if kind != 8:
            raise ValueError(f"{path}: expected unsigned bytes, found IDX type {kind}")
        dims = struct.unpack(f">{rank}I", file.read(4 * rank))
        return np.frombuffer(file.read(), np.uint8).reshape(dims)


def normalize(images: np.ndarray) -> np.ndarray:
    """[n, 28, 28] bytes to [n, 28, 28, 1] float32, (x - MEAN) / STD."""
    return ((images.astype(np.float32) - MEAN) / STD)[..., None]


class NetworkSpec:
    """The layers in order, as (kind, name, ...) tuples: one description for the trained and the exported network."""

    layers = [
        ("conv", "stem", "input", dict(filters=24, kernel=3, activation="relu6")),
        ("depthwise", "block1_depthwise", "stem", dict(kernel=3, activation="relu6")),
        ("conv", "block1_pointwise", "block1_depthwise", dict(filters=48, kernel=1, activation="relu6")),
        ("max_pool", "pool1", "block1_pointwise", {}),
        ("depthwise", "block2_depthwise", "pool1", dict(kernel=3, activation="relu6")),
        ("conv", "block2_pointwise", "block2_depthwise", dict(filters=48, kernel=1, activation=None)),
        ("add", "block2_add", ("pool1", "block2_pointwise"), dict(activation="relu")),
        ("depthwise", "block3_depthwise", "block2_add", dict(kernel=3, activation="relu6")),
        ("conv", "block3_pointwise", "block3_depthwise", dict(filters=64, kernel=1, activation="relu")),
        ("max_pool", "pool2", "block3_pointwise", {}),
        ("conv", "branch_a", "pool2", dict(filters=48, kernel=1, activation="relu")),
        ("conv", "branch_b", "pool2", dict(filters=48, kernel=3, activation="relu")),
        ("concat", "concat", ("branch_a", "branch_b"), {}),
        ("depthwise", "block4_depthwise", "concat", dict(kernel=3, activation="relu6")),
        ("conv", "block4_pointwise", "block4_depthwise", dict(filters=96, kernel=1, activation=None)),
        ("add", "block4_add", ("concat", "block4_pointwise"), dict(activation="relu")),
        ("conv", "head", "block4_add", dict(filters=192, kernel=1, activation="relu")),
        ("global_average_pool", "global_pool", "head", {}),
        ("dense", "hidden", "global_pool", dict(units=96, activation="relu")),
        ("dense", "logits", "hidden", dict(units=10, activation=None)),
    ]


def build_keras() -> "tf.keras.Model":
    """The network for training: batch normalization behind every convolution."""
    import tensorflow as tf

    keras = tf.keras
    activations = {"relu": keras.layers.ReLU, "relu6": lambda: keras.layers.ReLU(max_value=6.0)}
    values = {"input": keras.Input((28, 28, 1), name="input")}
    for kind, name, sources, options in NetworkSpec.layers:
        x = values[sources] if isinstance(sources, str) else [values[s] for s in sources]
        if kind == "conv":
            x = keras.layers.Conv2D(options["filters"], options["kernel"], padding="same", use_bias=False, name=name)(x)
            x = keras.layers.BatchNormalization(name=name + "_bn", momentum=0.9)(x)
        elif kind == "depthwise":
            x = keras.layers.DepthwiseConv2D(options["kernel"], padding="same", use_bias=False, name=name)(x)
            x = keras.layers.BatchNormalization(name=name + "_bn", momentum=0.9)(x)
        elif kind == "max_pool":
            x = keras.layers.MaxPooling2D(2, name=name)(x)
        elif kind == "add":
            x = keras.layers.Add(name=name)(x)
        elif kind == "concat":
            x = keras.layers.Concatenate(name=name)(x)
        elif kind == "global_average_pool":
            x = keras.layers.GlobalAveragePooling2D(name=name)(x)
            x = keras.layers.Dropout(0.15)(x)
        elif kind == "dense":
            x = keras.layers.Dense(options["units"], name=name)(x)
        if options.get("activation"):
            x = activations[options["activation"]]()(x)
        values[name] = x
    return keras.Model(values["input"], values["logits"])


def train(model: "tf.keras.Model", images: np.ndarray, labels: np.ndarray, epochs: int, batch: int) -> None:
    """Adam with a cosine learning rate; shifts by up to two pixels and mirrors left to right; smoothed labels."""
    import tensorflow as tf

    pixels = tf.constant(np.pad(normalize(images), ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=-MEAN / STD))
    targets = tf.constant(labels.astype(np.int32))

    def sample(index: "tf.Tensor") -> tuple["tf.Tensor", "tf.Tensor"]:
        image = tf.image.random_crop(pixels[index], (28, 28, 1))
        return tf.image.random_flip_left_right(image), tf.one_hot(targets[index], 10)

    data = tf.data.Dataset.range(len(images)).shuffle(len(images), reshuffle_each_iteration=True)
    data = data.map(sample, num_parallel_calls=2).batch(batch, drop_remainder=True).prefetch(2)
    steps = len(images) // batch * epochs
    rate = tf.keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=4e-3, warmup_steps=steps // 20)
    model.compile(
        tf.keras.optimizers.AdamW(rate, weight_decay=2e-3, use_ema=True, ema_momentum=0.995),
        tf.keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05),
        metrics=["accuracy"],
    )
    model.fit(data, epochs=epochs, verbose=2)
    model.optimizer.finalize_variable_values(model.trainable_variables)


def export_onnx(model: "tf.keras.Model", path: Path) -> None:
    """Writes the network as ONNX opset 13, NCHW, batch normalization kept; input 1x1x28x28, output `logits` 1x10."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes, constants = [], []

    def constant(name: str, value: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float32), name))
        return name

    def add(op: str, inputs: list[str], output: str, **attributes: object) -> str:
        nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def activate(x: str, name: str, activation: str | None) -> str:
        if activation == "relu":
            return add("Relu", [x], name)
        return add("Clip", [x, "clip_min", "clip_max"], name)

    constant("clip_min", np.float32(0))
    constant("clip_max", np.float32(6))
    for kind, name, sources, options in NetworkSpec.layers:
        inputs = [sources] if isinstance(sources, str) else list(sources)
        activation = options.get("activation")
        raw = name if not activation else name + "_linear"
        if kind in ("conv", "depthwise"):
            weights = model.get_layer(name).get_weights()[0]  # [kh, kw, C, K] or [kh, kw, C, 1]
            weights = weights.transpose(3, 2, 0, 1) if kind == "conv" else weights.transpose(2, 3, 0, 1)
            size = options["kernel"]
            group = weights.shape[0] if kind == "depthwise" else 1
            add("Conv", [inputs[0], constant(name + "_weights", weights)], name + "_conv", kernel_shape=[size, size],
                pads=[size // 2] * 4, strides=[1, 1], dilations=[1, 1], group=group)
            norm = model.get_layer(name + "_bn")
            parameters = [constant(f"{name}_{part}", value) for part, value in
                          zip(("gamma", "beta", "mean", "variance"), norm.get_weights())]
            add("BatchNormalization", [name + "_conv", *parameters], raw, epsilon=float(norm.epsilon))
        elif kind == "max_pool":
            add("MaxPool", inputs, raw, kernel_shape=[2, 2], strides=[2, 2])
        elif kind == "add":
            add("Add", inputs, raw)
        elif kind == "concat":
            add("Concat", inputs, raw, axis=1)
        elif kind == "global_average_pool":
            add("GlobalAveragePool", inputs, raw + "_image")
            add("Flatten", [raw + "_image"], raw, axis=1)
        elif kind == "dense":
            weights, bias = model.get_layer(name).get_weights()
            add("Gemm", [inputs[0], constant(name + "_weights", weights.T), constant(name + "_bias", bias)], raw, transB=1)
        if activation:
            activate(raw, name, activation)
    graph = helper.make_graph(
        nodes, "fashion_mnist",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 1, 28, 28])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 10])], constants)
    onnx_model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="octet example")
    onnx_model.ir_version = 7
    onnx.checker.check_model(onnx_model)
    path.write_bytes(onnx_model.SerializeToString())


def write_png(path: Path, image: np.ndarray) -> None:
    """An 8-bit grey PNG of [h, w] bytes."""
    height, width = image.shape
    rows = b"".join(b"\0" + image[y].tobytes() for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b""))


def balanced_choice(labels: np.ndarray, count: int) -> np.ndarray:
    """The first images of each class in the order of the data, `count` in all, classes in turn."""
    by_class = [np.flatnonzero(labels == c) for c in range(10)]
    return np.array([by_class[i % 10][i // 10] for i in range(count)])


def write_images(out: Path, train_set: tuple[np.ndarray, np.ndarray], test_set: tuple[np.ndarray, np.ndarray]) -> None:
    """128 training images for calibration, 500 test images, and their labels."""
    rows = ["file,class_index"]
    for folder, (images, labels), count in (("calib", train_set, NUM_CALIBRATION), ("test", test_set, NUM_TEST)):
        (out / folder).mkdir(parents=True, exist_ok=True)
        for i, index in enumerate(balanced_choice(labels, count)):
            write_png(out / folder / f"{i:04d}.png", images[index])
            rows.append(f"{folder}/{i:04d}.png,{labels[index]}")
    (out / "labels.csv").write_text("\n".join(rows) + "\n")
    (out / "classes.txt").write_text("\n".join(CLASSES) + "\n")


def main() -> None:
    """Trains, reports the accuracy on all 10,000 test images, and writes the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    parser.add_argument("--out", type=Path, default=Path("."))
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--images-only", action="store_true", help="write the images and leave the model alone")
    options = parser.parse_args()

    sets = [(load_idx(options.data / f"{part}-images-idx3-ubyte.gz"), load_idx(options.data / f"{part}-labels-idx1-ubyte.gz"))
            for part in ("train", "t10k")]
    write_images(options.out, *sets)
    if options.images_only:
        return
    import tensorflow as tf

    tf.keras.utils.set_random_seed(options.seed)
    model = build_keras()
    train(model, *sets[0], options.epochs, options.batch)
    predicted = model.predict(normalize(sets[1][0]), batch_size=500, verbose=0).argmax(1)
    print(f"test accuracy {np.mean(predicted == sets[1][1]):.4f}, {model.count_params()} parameters")
    export_onnx(model, options.out / "model.onnx")


if __name__ == "__main__":
    main()
