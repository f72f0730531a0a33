# SPDX-License-Identifier: Apache-2.0
option(OCTET_BUILD_TESTS "Build the tests" ON)
option(OCTET_BUILD_BENCHMARKS "Build the benchmarks of kernels and models" OFF)
option(OCTET_BUILD_FUZZERS "Build the libFuzzer targets (clang only)" OFF)
set(OCTET_SANITIZE "" CACHE STRING "Sanitizers for the whole build: address,undefined or thread")
option(OCTET_KERNELS_ONLY "Build src/base and src/kernels with their tests, and nothing else" OFF)
option(OCTET_COVERAGE "Instrument for gcov" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
endif()

# Objects do not depend on where the source lies, so that every checkout on a machine shares one cache.
find_program(OCTET_CCACHE ccache)
if(OCTET_CCACHE)
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${OCTET_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()
add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
