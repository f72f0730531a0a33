# SPDX-License-Identifier: Apache-2.0
"""Runs a model file with somebody else's runtime on images that are prepared already.

usage: run_peer.py RUNTIME MODEL IMAGES COUNT OUTPUT

RUNTIME is onnxruntime, openvino, litert (with XNNPACK, its default) or litert_reference (its plain kernels). IMAGES holds COUNT images of float32 [H, W, C], one behind the other; a model whose
input is NCHW gets them transposed. OUTPUT gets the first output of each as float32. Exit status 77: the runtime is not installed.

On x86-64 processors without VNNI instructions the int8 kernels of ONNX Runtime and OpenVINO add pairs of products in 16 bits, which
saturates. What is compared here is the file, not such a processor, so both are told to compute exactly.
"""

import sys

import numpy as np


def onnxruntime_model(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    options.add_session_config_entry("session.x64quantprecision", "1")
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    return source.shape, lambda image: session.run(None, {source.name: image})[0]


def openvino_model(path):
    import openvino

    model = openvino.Core().compile_model(path, "CPU", {"INFERENCE_NUM_THREADS": 2, "LP_TRANSFORMS_MODE": "NO"})
    return list(model.inputs[0].shape), lambda image: model([image])[0]


def litert_model(path, resolver="AUTO"):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(model_path=path, num_threads=2, experimental_op_resolver_type=OpResolverType[resolver])
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def run(image):
        interpreter.set_tensor(source["index"], image)
        interpreter.invoke()
        return interpreter.get_tensor(result["index"])

    return list(source["shape"]), run


def litert_reference_model(path):
    return litert_model(path, "BUILTIN_REF")


RUNTIMES = {
    "onnxruntime": onnxruntime_model,
    "openvino": openvino_model,
    "litert": litert_model,
    "litert_reference": litert_reference_model,
}


def main(runtime, path, images, count, output):
    try:
        shape, run = RUNTIMES[runtime](path)
    except ImportError as missing:
        print(missing)
        return 77
    is_nchw = shape[1] == 3
    height, width = (shape[2], shape[3]) if is_nchw else (shape[1], shape[2])
    values = np.memmap(images, dtype=np.float32, mode="r", shape=(int(count), 1, height, width, 3))
    with open(output, "wb") as file:
        for image in values:
            given = np.ascontiguousarray(image.transpose(0, 3, 1, 2)) if is_nchw else np.array(image)
            file.write(np.ascontiguousarray(run(given), dtype=np.float32).tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
