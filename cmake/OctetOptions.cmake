# SPDX-License-Identifier: Apache-2.0
option(OCTET_BUILD_TESTS "Build the tests" ON)
option(OCTET_BUILD_BENCHMARKS "Build the benchmarks of kernels and models" OFF)
option(OCTET_BUILD_FUZZERS "Build the libFuzzer targets (clang only)" OFF)
set(OCTET_SANITIZE "" CACHE STRING "Sanitizers for the whole build: address,undefined or thread")
option(OCTET_COVERAGE "Instrument for gcov" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
endif()

find_program(OCTET_CCACHE ccache)
if(OCTET_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${OCTET_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${OCTET_CCACHE})
endif()
