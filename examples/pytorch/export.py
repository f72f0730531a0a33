# SPDX-License-Identifier: Apache-2.0
"""Writes a PyTorch module as an ONNX file that Octet converts, and checks the file.

    python3 export.py MODEL.py[:FUNCTION] OUT.onnx [--dynamic INPUT:AXIS=NAME[:LEAST:MOST] ...] [--opset 18]

FUNCTION (default `build`) of MODEL.py takes nothing and returns the module and its example inputs, a dict of tensors by the
names that the ONNX inputs get. Every axis that is not named by --dynamic keeps its example's size. What --dynamic calls by one
name has one size.

Needs the Python packages torch (2.6 or newer), onnx and onnxscript. With onnxruntime installed, too, the file must give what the
module gives; without, that is said, and nothing is checked.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from pathlib import Path

import torch

RELATIVE_ERROR = 1e-4  # of float32 kernels that sum in another order, against the largest output


def load_function(where: str):
    """MODEL.py:FUNCTION as a function."""
    path, _, name = where.partition(":")
    spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or not Path(path).is_file():
        sys.exit(f"{path}: no such Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name or "build")


def dynamic_axes(texts: list[str], inputs: dict[str, torch.Tensor]) -> dict[str, dict[int, torch.export.Dim]]:
    """INPUT:AXIS=NAME[:LEAST:MOST] as torch.export wants them."""
    dims: dict[str, torch.export.Dim] = {}
    axes: dict[str, dict[int, torch.export.Dim]] = {name: {} for name in inputs}
    for text in texts:
        found = re.fullmatch(r"(.+):(\d+)=([A-Za-z_]\w*)(?::(\d+):(\d+))?", text)
        if not found or found[1] not in inputs or int(found[2]) >= inputs[found[1]].dim():
            sys.exit(f"--dynamic {text}: expected INPUT:AXIS=NAME[:LEAST:MOST] with an input and an axis of {list(inputs)}")
        limits = {"min": int(found[4]), "max": int(found[5])} if found[4] else {}
        axes[found[1]][int(found[2])] = dims.setdefault(found[3], torch.export.Dim(found[3], **limits))
    return axes


def check(path: Path, module: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> None:
    """Compares the file with the module on the example inputs."""
    try:
        import onnxruntime
    except ImportError:
        print("onnxruntime is not installed: the file has not been compared with the module")
        return
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(None, {name: tensor.numpy() for name, tensor in inputs.items()})
    with torch.no_grad():
        wanted = module(*inputs.values())
    wanted = [wanted] if isinstance(wanted, torch.Tensor) else list(wanted)
    for info, a, b in zip(session.get_outputs(), found, wanted, strict=True):
        difference = abs(a - b.numpy()).max() / max(abs(b.numpy()).max(), 1e-30)
        print(f"{info.name}: differs by {difference:.1e} of the largest value from the module")
        if not difference <= RELATIVE_ERROR:
            sys.exit(f"{path}: expected at most {RELATIVE_ERROR}")


def main() -> None:
    """Exports, checks, and prints the next command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL.py[:FUNCTION]")
    parser.add_argument("output", type=Path, metavar="OUT.onnx")
    parser.add_argument("--dynamic", action="append", default=[], metavar="INPUT:AXIS=NAME[:LEAST:MOST]")
    parser.add_argument("--opset", type=int, default=18, choices=range(18, 24))
    args = parser.parse_args()

    module, inputs = load_function(args.model)()
    module.eval()
    axes = dynamic_axes(args.dynamic, inputs)
    torch.onnx.export(
        module,
        tuple(inputs.values()),
        args.output,
        input_names=list(inputs),
        opset_version=args.opset,
        dynamo=True,
        dynamic_shapes=tuple(axes[name] for name in inputs) if args.dynamic else None,
    )
    check(args.output, module, inputs)
    print(f"octet convert {args.output} -o {args.output.with_suffix('.ms')}")


if __name__ == "__main__":
    main()
