#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fails if an innermost loop of a kernel stores vectors to the stack: then the compiler ran out of registers for the
# accumulators, and the kernel is down to half its speed.
# A loop counts if it multiplies at least four times (vpmaddubsw, vpmaddwd, vpdpbusd, vpdpwssd, tdpbssd, vfmadd; on ARM smull, smlal,
# sdot, smmla, fmla) and calls nothing.
# Usage: [OBJDUMP=objdump] scripts/check_kernel_loops.sh OBJECT_DIR
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: $0 OBJECT_DIR" >&2; exit 2; }
objects=$(find "$1" -name 'x86_*.cc.o' -o -name 'arm_*.cc.o')
[ -n "$objects" ] || { echo "check_kernel_loops: no object file of a kernel under $1; build the target octet_kernels first" >&2; exit 2; }

status=0
for object in $objects; do
  "${OBJDUMP:-objdump}" --disassemble --demangle --no-show-raw-insn "$object" | awk -v object="$object" '
    # "0000000000000040 <name>:" begins a function, "  40:	vmovdqa ..." is an instruction.
    /^[0-9a-f]+ <.*>:$/ { name = $0; sub(/^[0-9a-f]+ </, "", name); sub(/>:$/, "", name); n = 0; loops = 0; next }
    /^ *[0-9a-f]+:\t/ {
      address = $1; sub(/:$/, "", address)
      text = $0; sub(/^ *[0-9a-f]+:\t/, "", text)
      line[n] = text; at[address] = n; of[address] = name
      # "jne    1230 <name+0x70>", "b.ne	1230 <name+0x70>", "cbnz	x1, 1230 <name+0x70>". Not "jmp" and "b": they lead back from
      # code that was put behind the end of a function.
      if (text ~ /^(j[a-ln-z][a-z]*|b\.[a-z]+|cbn?z|tbn?z)[ \t]/ && match(text, /[0-9a-f]+ </)) {
        target = substr(text, RSTART, RLENGTH - 2)
        if (of[target] == name && at[target] <= n) check(at[target], n)
      }
      ++n
    }
    function check(first, last,   i, multiplications, spills) {
      for (i = 0; i < loops; ++i) if (begin[i] >= first) { begin[loops++] = first; return }  # not innermost
      begin[loops++] = first
      for (i = first; i <= last; ++i) {
        if (line[i] ~ /^(call|blr?[ \t])/) return
        if (line[i] ~ /^(\{vex\} )?(vpmaddubsw|vpmaddwd|vpdpbusd|vpdpwssd|tdpbssd|vfmadd|smull|smlal|sdot|smmla|fmla)/) ++multiplications
        if (line[i] ~ /^vmov[a-z0-9]+ +%[yz]mm[0-9]+,.*\(%r[sb]p/) ++spills
        if (line[i] ~ /^st[rp]\tq[0-9]+,.*\[sp/) ++spills
      }
      if (multiplications >= 4 && spills > 0) {
        printf "%s: %s: a loop of %d multiplications stores %d vectors to the stack\n", object, name, multiplications, spills
        failed = 1
      }
    }
    END { exit failed }' >&2 || status=1
done
[ "$status" -ne 0 ] || echo "check_kernel_loops: $(echo "$objects" | wc -l) files, no spilled accumulators"
exit "$status"
