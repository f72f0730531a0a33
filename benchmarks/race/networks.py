# SPDX-License-Identifier: Apache-2.0
"""Networks with random weights for measuring time: MobileNetV1, MobileNetV2, ResNet50, Inception V3, as ONNX (opset 13).

Weights are normal with He's variance, so that activations keep their size from layer to layer. The same file every time.
"""
from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Network:
    """A graph under construction; methods add a node and return the name of its output."""

    def __init__(self, size: int) -> None:
        """size: height and width of the input image."""
        self.random = np.random.default_rng(0)
        self.size = size
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: np.ndarray) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def add(self, op: str, inputs: Sequence[str], **attributes: object) -> str:
        name = f"{op.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name

    def conv(self, x: str, c: int, k: int, window: int | tuple[int, int], stride: int = 1, groups: int = 1,
             same: bool = True, activation: str | None = "Relu", gain: float = 2.0) -> str:
        """c input and k output channels; `same`: padded by half the window, else not at all."""
        kh, kw = (window, window) if isinstance(window, int) else window
        fan_in = c // groups * kh * kw
        weights = self.random.standard_normal((k, c // groups, kh, kw)) * np.sqrt(gain / fan_in)
        bias = self.random.standard_normal(k) * 0.1
        ph, pw = (kh // 2, kw // 2) if same else (0, 0)
        y = self.add("Conv", [x, self.constant(weights), self.constant(bias)], kernel_shape=[kh, kw],
                     strides=[stride, stride], pads=[ph, pw, ph, pw], group=groups)
        if activation == "Relu6":
            return self.add("Clip", [y, self.constant(np.float32(0)), self.constant(np.float32(6))])
        return y if activation is None else self.add(activation, [y])

    def max_pool(self, x: str, pad: int = 0) -> str:
        return self.add("MaxPool", [x], kernel_shape=[3, 3], strides=[2, 2], pads=[pad] * 4)

    def average_pool(self, x: str) -> str:
        return self.add("AveragePool", [x], kernel_shape=[3, 3], strides=[1, 1], pads=[1] * 4, count_include_pad=1)

    def concat(self, *inputs: str) -> str:
        return self.add("Concat", inputs, axis=1)

    def classify(self, x: str, c: int) -> str:
        x = self.add("Flatten", [self.add("GlobalAveragePool", [x])])
        weights = self.random.standard_normal((c, 1000)) * np.sqrt(1 / c)
        return self.add("Gemm", [x, self.constant(weights), self.constant(np.zeros(1000))])

    def save(self, y: str, path: Path) -> None:
        graph = helper.make_graph(
            self.nodes, path.stem,
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, self.size, self.size])],
            [helper.make_tensor_value_info(y, TensorProto.FLOAT, [1, 1000])], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.save(onnx.shape_inference.infer_shapes(model), path)


def mobilenet_v1(path: Path) -> None:
    """MobileNetV1 1.0 (arXiv:1704.04861, table 1)."""
    n = Network(224)
    x, c = n.conv("input", 3, 32, 3, 2, activation="Relu6"), 32
    blocks = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
    for k, stride in blocks:
        x = n.conv(x, c, c, 3, stride, groups=c, activation="Relu6")
        x = n.conv(x, c, k, 1, activation="Relu6")
        c = k
    n.save(n.classify(x, c), path)


def mobilenet_v2(path: Path) -> None:
    """MobileNetV2 1.0 (arXiv:1801.04381, table 2)."""
    n = Network(224)
    x, c = n.conv("input", 3, 32, 3, 2, activation="Relu6"), 32
    for expansion, k, repeats, first_stride in [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
                                                (6, 160, 3, 2), (6, 320, 1, 1)]:
        for i in range(repeats):
            stride, shortcut, wide = (first_stride if i == 0 else 1), x, c * expansion
            y = n.conv(x, c, wide, 1, activation="Relu6") if expansion != 1 else x
            y = n.conv(y, wide, wide, 3, stride, groups=wide, activation="Relu6")
            y = n.conv(y, wide, k, 1, activation=None, gain=1.0)
            x = n.add("Add", [shortcut, y]) if stride == 1 and c == k else y
            c = k
    x = n.conv(x, c, 1280, 1, activation="Relu6")
    n.save(n.classify(x, 1280), path)


def resnet50(path: Path) -> None:
    """ResNet-50 (arXiv:1512.03385, table 1), strides in the 3x3 convolutions as most libraries have them."""
    n = Network(224)
    x, c = n.max_pool(n.conv("input", 3, 64, 7, 2), pad=1), 64
    for width, repeats, first_stride in [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]:
        for i in range(repeats):
            stride = first_stride if i == 0 else 1
            y = n.conv(n.conv(x, c, width, 1), width, width, 3, stride)
            y = n.conv(y, width, 4 * width, 1, activation=None, gain=0.5)
            shortcut = n.conv(x, c, 4 * width, 1, stride, activation=None, gain=1.0) if i == 0 else x
            x, c = n.add("Relu", [n.add("Add", [shortcut, y])]), 4 * width
    n.save(n.classify(x, c), path)


def inception_v3(path: Path) -> None:
    """Inception V3 (arXiv:1512.00567) without its auxiliary classifier."""
    n = Network(299)
    x = n.conv("input", 3, 32, 3, 2, same=False)
    x = n.max_pool(n.conv(n.conv(x, 32, 32, 3, same=False), 32, 64, 3))
    x, c = n.max_pool(n.conv(n.conv(x, 64, 80, 1), 80, 192, 3, same=False)), 192
    for pooled in (32, 64, 64):
        x5 = n.conv(n.conv(x, c, 48, 1), 48, 64, 5)
        x3 = n.conv(n.conv(n.conv(x, c, 64, 1), 64, 96, 3), 96, 96, 3)
        x, c = n.concat(n.conv(x, c, 64, 1), x5, x3, n.conv(n.average_pool(x), c, pooled, 1)), 224 + pooled
    x3 = n.conv(n.conv(n.conv(x, c, 64, 1), 64, 96, 3), 96, 96, 3, 2, same=False)
    x, c = n.concat(n.conv(x, c, 384, 3, 2, same=False), x3, n.max_pool(x)), 480 + c
    for w in (128, 160, 160, 192):
        x7 = n.conv(n.conv(n.conv(x, c, w, 1), w, w, (1, 7)), w, 192, (7, 1))
        x77 = n.conv(n.conv(n.conv(x, c, w, 1), w, w, (7, 1)), w, w, (1, 7))
        x77 = n.conv(n.conv(x77, w, w, (7, 1)), w, 192, (1, 7))
        x, c = n.concat(n.conv(x, c, 192, 1), x7, x77, n.conv(n.average_pool(x), c, 192, 1)), 768
    x7 = n.conv(n.conv(n.conv(n.conv(x, c, 192, 1), 192, 192, (1, 7)), 192, 192, (7, 1)), 192, 192, 3, 2, same=False)
    x = n.concat(n.conv(n.conv(x, c, 192, 1), 192, 320, 3, 2, same=False), x7, n.max_pool(x))
    c = 1280
    for _ in range(2):
        x3 = n.conv(x, c, 384, 1)
        x33 = n.conv(n.conv(x, c, 448, 1), 448, 384, 3)
        split = [n.conv(y, 384, 384, window) for y in (x3, x33) for window in ((1, 3), (3, 1))]
        x, c = n.concat(n.conv(x, c, 320, 1), *split, n.conv(n.average_pool(x), c, 192, 1)), 2048
    n.save(n.classify(x, c), path)


NETWORKS: dict[str, Callable[[Path], None]] = {
    "mobilenet_v1": mobilenet_v1,
    "mobilenet_v2": mobilenet_v2,
    "resnet50": resnet50,
    "inception_v3": inception_v3,
}
