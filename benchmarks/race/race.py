# SPDX-License-Identifier: Apache-2.0
"""Runs Octet and other runtimes alternately on the same networks and prints a Markdown table (README.md says how)."""
from __future__ import annotations

import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
TURN_MS = 250.0
OCTET_CONFIG = """[common_quant_param]
quant_type=FULL_QUANT
bit_num=8
[data_preprocess_param]
calibrate_path={paths}
calibrate_size={count}
input_type=BIN
[full_quant_param]
activation_quant_method=MAX_MIN
bias_correction=false
per_channel=true
"""


@dataclass
class Entry:
    """A runtime with one form of a network; times in ms."""

    runtime: str
    name: str
    file: Path
    kind: str  # int8, dynamic or float32
    options: list[str] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    minima: list[float] = field(default_factory=list)
    load_ms: float = 0.0
    peak_rss_mb: float = 0.0
    process: subprocess.Popen[str] | None = None
    runs: int = 3

    @property
    def median(self) -> float:
        return statistics.median(self.medians)

    @property
    def least(self) -> float:
        return min(self.minima)

    def ratio_to(self, other: Entry) -> float:
        """The median over the rounds: what slows a whole round down, as other programs on the machine do, cancels out."""
        return statistics.median(mine / its for mine, its in zip(self.medians, other.medians, strict=True))


def calibration_inputs(model: Path, count: int = 4) -> dict[str, list]:
    """`count` random inputs of an ONNX model, by input name."""
    import numpy as np
    import onnx

    graph = onnx.load(model, load_external_data=False).graph
    constants = {i.name for i in graph.initializer}
    random = np.random.default_rng(0)
    inputs = {}
    for i in graph.input:
        if i.name in constants:
            continue
        shape = [d.dim_value or (1 if n == 0 else 224) for n, d in enumerate(i.type.tensor_type.shape.dim)]
        if i.type.tensor_type.elem_type == onnx.TensorProto.FLOAT:
            inputs[i.name] = [random.standard_normal(shape).astype(np.float32) for _ in range(count)]
        else:  # numbers of words, masks, types: what any of them may be
            inputs[i.name] = [random.integers(0, 2, shape, dtype=onnx.helper.tensor_dtype_to_np_dtype(i.type.tensor_type.elem_type))
                              for _ in range(count)]
    return inputs


def make_onnxruntime(model: Path, target: Path, signed: bool) -> None:
    """ONNX Runtime's static quantization: QDQ, int8 weights per channel, uint8 or (signed) int8 activations."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            inputs = calibration_inputs(model)
            self.samples = iter([dict(zip(inputs, values)) for values in zip(*inputs.values())])

        def get_next(self) -> dict | None:
            return next(self.samples, None)

    quantize_static(model, target, Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
                    activation_type=QuantType.QInt8 if signed else QuantType.QUInt8, weight_type=QuantType.QInt8)


def make_onnxruntime_dynamic(model: Path, target: Path) -> None:
    """ONNX Runtime's dynamic quantization: int8 weights per channel."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(model, target, per_channel=True, weight_type=QuantType.QInt8)


def make_openvino(model: Path, target: Path) -> None:
    """NNCF's post-training quantization with its defaults; models of words are told to be transformers."""
    import nncf
    import openvino as ov

    inputs = calibration_inputs(model)
    samples = [dict(zip(inputs, values)) for values in zip(*inputs.values())]
    words = any(value[0].dtype.kind == "i" for value in inputs.values())
    kind = nncf.ModelType.TRANSFORMER if words else None
    ov.save_model(nncf.quantize(ov.Core().read_model(model), nncf.Dataset(samples), model_type=kind), target)


def make_octet(octet: Path, model: Path, target: Path, work: Path) -> None:
    """Full quantization as `octet convert` does it."""
    inputs = calibration_inputs(model)
    paths = []
    for place, (name, values) in enumerate(inputs.items()):
        folder = work / f"{model.stem}_samples_{place}"
        folder.mkdir(exist_ok=True)
        paths.append(f"{name}:{folder}")
        for i, value in enumerate(values):
            layout = value.transpose(0, 2, 3, 1) if value.ndim == 4 and value.shape[1] == 3 else value
            layout.tofile(folder / f"{i}.bin")
    convert_octet(octet, model, target, OCTET_CONFIG.format(paths=",".join(paths), count=4))


def convert_octet(octet: Path, model: Path, target: Path, text: str) -> None:
    config = target.with_suffix(".cfg")
    config.write_text(text)
    subprocess.run([octet / "octet", "convert", model, "-o", target, "--config", config], check=True, stdout=subprocess.DEVNULL)


def entries_of(name: str, model: Path, args: argparse.Namespace) -> list[Entry]:
    """All forms of a network; those that a tool could not make are named on stderr and left out."""
    work: Path = args.work
    forms = [
        Entry("octet", "Octet", work / f"{name}.octet.ms", "int8"),
        Entry("openvino", "OpenVINO", work / f"{name}.openvino.xml", "int8"),
        Entry("onnxruntime", "ONNX Runtime, uint8", work / f"{name}.ort_u8.onnx", "int8"),
        Entry("onnxruntime", "ONNX Runtime, int8", work / f"{name}.ort_s8.onnx", "int8"),
        Entry("octet", "Octet", work / f"{name}.dynamic.octet.ms", "dynamic"),
        Entry("onnxruntime", "ONNX Runtime", work / f"{name}.ort_dynamic.onnx", "dynamic"),
        Entry("octet", "Octet", model, "float32"),
        Entry("openvino", "OpenVINO", model, "float32", ["--precision", "f32"]),
        Entry("onnxruntime", "ONNX Runtime", model, "float32"),
    ]
    makers = {
        ("Octet", "int8"): lambda e: make_octet(args.octet, model, e.file, work),
        ("Octet", "dynamic"): lambda e: convert_octet(args.octet, model, e.file, "[common_quant_param]\nquant_type=DYNAMIC_QUANT\n"),
        ("OpenVINO", "int8"): lambda e: make_openvino(model, e.file),
        ("ONNX Runtime, uint8", "int8"): lambda e: make_onnxruntime(model, e.file, signed=False),
        ("ONNX Runtime, int8", "int8"): lambda e: make_onnxruntime(model, e.file, signed=True),
        ("ONNX Runtime", "dynamic"): lambda e: make_onnxruntime_dynamic(model, e.file),
    }
    for path, kind in ((args.tflite.get(name), "int8"), (args.tflite.get(f"{name}_float"), "float32")):
        if path:
            forms.append(Entry("litert", "LiteRT", Path(path), kind))
    param = work / f"{name}.ncnn.param"
    if param.exists():
        forms.append(Entry("ncnn", "ncnn", param, "float32"))
    made = []
    for entry in forms:
        if entry.kind not in args.kinds or (entry.runtime not in args.runtimes):
            continue
        try:
            if not entry.file.exists():
                makers[entry.name, entry.kind](entry)
            made.append(entry)
        except Exception as error:  # noqa: BLE001: a tool that fails on a network is a fact to report, not the end
            print(f"{name}: {entry.name} {entry.kind}: {str(error).splitlines()[0]}", file=sys.stderr)
    return made


def start(entry: Entry, threads: int) -> None:
    """Starts the process that serves the entry's model. Octet's programs start anew for each turn."""
    if entry.runtime == "octet":
        return
    entry.process = subprocess.Popen([sys.executable, HERE / "worker.py", entry.runtime, entry.file, str(threads), *entry.options],
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert entry.process.stdout
    line = entry.process.stdout.readline()
    if not line:
        raise RuntimeError(f"{entry.name} {entry.kind} cannot load {entry.file.name}")
    entry.load_ms = json.loads(line)["load_ms"]


def turn(entry: Entry, threads: int, octet: Path) -> None:
    """Runs the entry `runs` times and adds the median and the minimum."""
    if entry.runtime == "octet":
        cpus = ",".join(str(cpu) for cpu in sorted(os.sched_getaffinity(0))[-threads:])
        command = ["taskset", "-c", cpus, octet / "octet", "benchmark", entry.file, "--threads", str(threads),
                   "--loops", str(entry.runs), "--warmup", "3", "--json"]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        entry.medians.append(result["median_ms"])
        entry.minima.append(result["min_ms"])
        entry.load_ms, entry.peak_rss_mb = result["load_ms"], result["peak_rss_mb"]
        return
    assert entry.process and entry.process.stdin and entry.process.stdout
    entry.process.stdin.write(f"run {entry.runs}\n")
    entry.process.stdin.flush()
    answer = json.loads(entry.process.stdout.readline())
    entry.medians.append(statistics.median(answer["times_ms"]))
    entry.minima.append(min(answer["times_ms"]))
    entry.peak_rss_mb = answer["peak_rss_mb"]


def race(entries: list[Entry], threads: int, rounds: int, octet: Path) -> list[Entry]:
    """Measures all entries in turns; returns those that ran."""
    running = []
    for entry in entries:
        try:
            start(entry, threads)
            turn(entry, threads, octet)
            entry.runs = max(3, int(TURN_MS / entry.least))
            entry.medians, entry.minima = [], []
            running.append(entry)
        except (RuntimeError, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
    for _ in range(rounds):
        for entry in running:
            turn(entry, threads, octet)
    for entry in running:
        if entry.process:
            entry.process.kill()
            entry.process.wait()
            entry.process = None
    return running


def table(name: str, kind: str, results: dict[int, list[Entry]]) -> list[str]:
    """A row per runtime: median, minimum and the median ratio to Octet's time, per number of threads."""
    lines = [f"\n#### {name}, {kind}\n", "| runtime |" + "".join(f" {t} thread{'s' * (t > 1)}: median | min | / Octet |" for t in results)
             + " load ms | peak MB |", "|---|" + "---|" * (3 * len(results) + 2)]
    names = {e.name: e for entries in results.values() for e in entries if e.kind == kind}
    for runtime, last in names.items():
        cells = ""
        for entries in results.values():
            ours = next((e for e in entries if e.kind == kind and e.name == "Octet"), None)
            entry = next((e for e in entries if e.kind == kind and e.name == runtime), None)
            cells += " - | - | - |" if entry is None else (
                f" {entry.median:.2f} | {entry.least:.2f} | {entry.ratio_to(ours):.2f} |" if ours else f" {entry.median:.2f} | {entry.least:.2f} | - |")
        lines.append(f"| {runtime} |{cells} {last.load_ms:.0f} | {last.peak_rss_mb:.0f} |")
    return lines


def machine() -> str:
    """Model and instruction sets of the CPU, as Linux names them."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in info.splitlines() if line.startswith("model name")), "unknown CPU")
    flags = [f for f in ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8") if f" {f}" in info]
    return f"{model}, {os.cpu_count()} CPUs, {' '.join(flags)}"


def pairs(values: list[str]) -> dict[str, str]:
    return dict(value.split("=", 1) for value in values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--octet", type=Path, required=True, help="folder of the program octet")
    parser.add_argument("--work", type=Path, required=True, help="folder for networks and what tools made of them")
    parser.add_argument("--networks", default="mobilenet_v1,mobilenet_v2,resnet50,inception_v3", help="of networks.py")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FILE.onnx")
    parser.add_argument("--tflite", action="append", default=[], metavar="NAME=FILE", help="int8; NAME_float=FILE: float32")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--kinds", default="int8,float32", help="int8, dynamic (dynamic quantization), float32")
    parser.add_argument("--runtimes", default="octet,openvino,onnxruntime,litert,ncnn")
    parser.add_argument("--markdown", type=Path, help="also write the tables here")
    args = parser.parse_args()
    args.tflite, args.kinds, args.runtimes = pairs(args.tflite), args.kinds.split(","), args.runtimes.split(",")
    args.work.mkdir(parents=True, exist_ok=True)

    from networks import NETWORKS

    models = {}
    for name in filter(None, args.networks.split(",")):
        models[name] = args.work / f"{name}.onnx"
        if not models[name].exists():
            NETWORKS[name](models[name])
    models |= {name: Path(file) for name, file in pairs(args.model).items()}

    lines = [f"Machine: {machine()}. {datetime.date.today()}. Milliseconds, batch 1, {args.rounds} alternated rounds."]
    print(lines[0], flush=True)
    for name, model in models.items():
        results = {}
        for threads in map(int, args.threads.split(",")):
            results[threads] = race(entries_of(name, model, args), threads, args.rounds, args.octet)
        for kind in args.kinds:
            rows = table(name, kind, results)
            print("\n".join(rows), flush=True)
            lines += rows
    if args.markdown:
        args.markdown.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
