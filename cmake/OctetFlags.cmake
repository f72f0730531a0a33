# SPDX-License-Identifier: Apache-2.0
# All compiler flags of the project, as the interface target octet_flags.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(octet_flags INTERFACE)
# -ffp-contract=off: a product and a sum are rounded separately everywhere, so that results do not depend on the compiler.
target_compile_options(octet_flags INTERFACE -Wall -Wextra $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local> -Wno-missing-field-initializers -ffp-contract=off)

if(OCTET_SANITIZE)
  add_compile_options(-fsanitize=${OCTET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${OCTET_SANITIZE})
  add_compile_definitions(OCTET_SANITIZED)
endif()
# Of code that only drives what is tested.
set(OCTET_TEST_OPTIMIZATION -O1)
if(OCTET_SANITIZE)
  set(OCTET_TEST_OPTIMIZATION -O0)
endif()
if(OCTET_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
if(OCTET_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Flags of kernel files, by instruction set. Auto-vectorization is off: g++ 12 miscompiles plain loops for AVX512-VNNI
# (docs/kernels.md), and what these files vectorize, they vectorize by hand.
set(OCTET_KERNEL_FLAGS -fno-tree-vectorize)
# Kernels are tested as users run them: with the optimization of a release.
set(OCTET_KERNEL_OPTIMIZATION)
if(NOT OCTET_SANITIZE)
  set(OCTET_KERNEL_OPTIMIZATION $<$<CONFIG:RelWithDebInfo>:-O3>)
endif()
set(OCTET_ISA_FLAGS_x86_avx2 -mavx2 -mfma -mf16c)
# -Wno-uninitialized: the header of g++ 12 makes undefined vectors by initializing a variable with itself.
# Without -mavxvnni: its instructions are written as statements, and the compiler must not use them elsewhere unasked.
set(OCTET_ISA_FLAGS_x86_avxvnni ${OCTET_ISA_FLAGS_x86_avx2})
set(OCTET_ISA_FLAGS_x86_avx512vnni -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512vl -mavx512dq -mavx512vnni
  -Wno-uninitialized -Wno-maybe-uninitialized)
set(OCTET_ISA_FLAGS_x86_avx512vnni256 ${OCTET_ISA_FLAGS_x86_avx512vnni})
set(OCTET_ISA_FLAGS_x86_amxint8 ${OCTET_ISA_FLAGS_x86_avx512vnni} -mamx-tile -mamx-int8)
set(OCTET_ISA_FLAGS_arm_neon "")
set(OCTET_ISA_FLAGS_arm_neondot -march=armv8.2-a+dotprod)
set(OCTET_ISA_FLAGS_arm_neoni8mm -march=armv8.2-a+dotprod+i8mm)
