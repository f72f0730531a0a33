#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fails if an object file built for a particular instruction set defines weak symbols. The linker keeps one copy of a weak
# symbol: it may be the one that only newer processors can run.
# Usage: check_isa_symbols.sh BUILD_DIR
set -eu
build_dir=${1:?usage: check_isa_symbols.sh BUILD_DIR}
objects=$(find "$build_dir" -name 'x86_*.cc.o' -o -name 'arm_*.cc.o')
if [ -z "$objects" ]; then
  echo "check_isa_symbols: no object file of a kernel under $build_dir; build the target octet_kernels first" >&2
  exit 2
fi
status=0
for object in $objects; do
  # V, W: weak and defined; u: unique global. v, w are references only.
  weak=$(nm --defined-only "$object" | awk '$2 ~ /^[VWu]$/ {print "  " $3}' | c++filt)
  if [ -n "$weak" ]; then
    echo "$object defines weak symbols:" >&2
    echo "$weak" >&2
    status=1
  fi
done
[ "$status" -ne 0 ] || echo "check_isa_symbols: $(echo "$objects" | wc -l) files, no weak symbols"
exit "$status"
