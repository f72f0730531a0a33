# SPDX-License-Identifier: Apache-2.0
# Everything comes from Debian's packages (scripts/install_dependencies); nothing is downloaded.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(fmt REQUIRED)
find_package(Protobuf REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(JPEG REQUIRED)
# libopencv-imgproc-dev has no CMake package (that is in libopencv-dev, with 58 packages more).
find_path(OCTET_OPENCV_INCLUDE opencv2/imgproc.hpp PATH_SUFFIXES opencv4 REQUIRED)
find_library(OCTET_OPENCV_CORE opencv_core REQUIRED)
find_library(OCTET_OPENCV_IMGPROC opencv_imgproc REQUIRED)
pkg_check_modules(spng REQUIRED IMPORTED_TARGET spng)
find_path(OCTET_FLATBUFFERS_INCLUDE flatbuffers/flatbuffers.h REQUIRED)
find_program(OCTET_FLATC flatc REQUIRED)
find_path(OCTET_CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
if(OCTET_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_path(OCTET_SIMDE_INCLUDE simde/x86/avx512.h)  # libsimde-dev: tests of AVX-512 kernels on any machine
  include(GoogleTest)
endif()
if(OCTET_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
