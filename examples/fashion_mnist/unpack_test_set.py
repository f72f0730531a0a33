# SPDX-License-Identifier: Apache-2.0
"""Writes the 10,000 test images of Fashion-MNIST as PNG files, with their labels. Needs nothing but Python.

    python3 unpack_test_set.py OUT_FOLDER [--data /usr/share/datasets/fashion-mnist]

None of them was used for training or calibration. OUT_FOLDER gets images/NNNNN.png and labels.csv.
"""

from __future__ import annotations

import argparse
import gzip
import struct
import sys
import zlib
from pathlib import Path


def read_idx(path: Path) -> tuple[list[int], bytes]:
    """Dimensions and bytes of a gzipped IDX file."""
    with gzip.open(path) as file:
        rank = struct.unpack("4B", file.read(4))[3]
        return list(struct.unpack(f">{rank}I", file.read(4 * rank))), file.read()


def png(pixels: bytes, width: int, height: int) -> bytes:
    """An 8-bit grey PNG file."""
    rows = b"".join(b"\0" + pixels[y * width:(y + 1) * width] for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")


def main() -> int:
    """Unpacks; exit status 1 where the data set is not installed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=Path("/usr/share/datasets/fashion-mnist"))
    options = parser.parse_args()
    images_file = options.data / "t10k-images-idx3-ubyte.gz"
    if not images_file.exists():
        print(f"{images_file}: not there; apt-get install dataset-fashion-mnist", file=sys.stderr)
        return 1
    (count, height, width), pixels = read_idx(images_file)
    _, labels = read_idx(options.data / "t10k-labels-idx1-ubyte.gz")
    folder = options.out / "images"
    folder.mkdir(parents=True, exist_ok=True)
    rows = ["file,class_index"]
    for i in range(count):
        image = pixels[i * width * height:(i + 1) * width * height]
        (folder / f"{i:05d}.png").write_bytes(png(image, width, height))
        rows.append(f"{i:05d}.png,{labels[i]}")
    (options.out / "labels.csv").write_text("\n".join(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
