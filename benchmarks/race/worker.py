# SPDX-License-Identifier: Apache-2.0
"""One runtime with one model in one process: loads it, then answers `run N` lines on stdin with one line of JSON.

usage: worker.py RUNTIME MODEL THREADS [--precision f32]

The first line printed is {"load_ms"}, then for each `run N` {"times_ms": [N numbers], "peak_rss_mb"}. Pinned to THREADS CPUs.
"""
from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence


def peak_rss_mb() -> float:
    """Peak resident memory since the program began; getrusage's figure is inherited from whoever started it."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def fixed(shape: Sequence[object], size: int = 224) -> list[int]:
    """The shape with 1 for a dynamic batch, 3 for dynamic channels and `size` for other dynamic dimensions."""
    sizes = [d if isinstance(d, int) and d > 0 else 0 for d in shape]
    return [d or (1 if i == 0 else size) for i, d in enumerate(sizes)]


def open_onnxruntime(path: str, threads: int, precision: str) -> Callable[[], object]:
    import numpy as np
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads, options.log_severity_level = threads, 1, 3
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(int32)": np.int32}
    feed = {i.name: np.ones(fixed(i.shape), types[i.type]) for i in session.get_inputs()}
    return lambda: session.run(None, feed)


def open_openvino(path: str, threads: int, precision: str) -> Callable[[], object]:
    import numpy as np
    import openvino as ov

    core = ov.Core()
    model = core.read_model(path)
    if model.is_dynamic():
        model.reshape({i: fixed([d.get_length() if d.is_static else 0 for d in i.get_partial_shape()]) for i in model.inputs})
    config = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY"}
    if precision:
        config["INFERENCE_PRECISION_HINT"] = precision
    request = core.compile_model(model, "CPU", config).create_infer_request()
    for i in request.model_inputs:
        request.set_tensor(i, ov.Tensor(np.ones(list(i.shape), i.element_type.to_dtype())))
    return request.infer


def open_litert(path: str, threads: int, precision: str) -> Callable[[], object]:
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=path, num_threads=threads)
    interpreter.allocate_tensors()
    for i in interpreter.get_input_details():
        interpreter.set_tensor(i["index"], np.ones(i["shape"], i["dtype"]))
    return interpreter.invoke


def open_ncnn(path: str, threads: int, precision: str) -> Callable[[], object]:
    import ncnn
    import numpy as np

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.load_param(path)
    net.load_model(path.removesuffix(".param") + ".bin")
    size = 299 if "inception" in os.path.basename(path) else 224
    image = ncnn.Mat(np.ones((3, size, size), np.float32))
    source, result = net.input_names()[0], net.output_names()[0]

    def run() -> object:
        extractor = net.create_extractor()
        extractor.input(source, image)
        return extractor.extract(result)

    return run


RUNTIMES = {"onnxruntime": open_onnxruntime, "openvino": open_openvino, "litert": open_litert, "ncnn": open_ncnn}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("runtime", choices=RUNTIMES)
    parser.add_argument("model")
    parser.add_argument("threads", type=int)
    parser.add_argument("--precision", default="")
    args = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    os.environ["OMP_NUM_THREADS"] = str(args.threads)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-args.threads:])
    begin = time.perf_counter()
    run = RUNTIMES[args.runtime](args.model, args.threads, args.precision)
    run()
    print(json.dumps({"load_ms": (time.perf_counter() - begin) * 1e3}), file=answers, flush=True)
    for line in sys.stdin:
        times = []
        for _ in range(int(line.split()[1])):
            begin = time.perf_counter()
            run()
            times.append((time.perf_counter() - begin) * 1e3)
        print(json.dumps({"times_ms": times, "peak_rss_mb": peak_rss_mb()}), file=answers, flush=True)


if __name__ == "__main__":
    main()
