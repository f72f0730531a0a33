# SPDX-License-Identifier: Apache-2.0
# What src/base and src/kernels need, without a library of the machine they are built for: a cross compiler of Debian finds
# headers, and GoogleTest is compiled from its sources.
find_path(OCTET_FMT_INCLUDE fmt/format.h REQUIRED)
add_library(octet_fmt INTERFACE)
target_compile_definitions(octet_fmt INTERFACE FMT_HEADER_ONLY)
add_library(fmt::fmt ALIAS octet_fmt)

if(OCTET_BUILD_TESTS)
  find_path(OCTET_GOOGLETEST_SOURCES googletest/CMakeLists.txt PATHS /usr/src/googletest NO_CMAKE_FIND_ROOT_PATH REQUIRED)
  set(INSTALL_GTEST OFF)
  add_subdirectory(${OCTET_GOOGLETEST_SOURCES} ${PROJECT_BINARY_DIR}/googletest EXCLUDE_FROM_ALL)
  if(NOT CMAKE_CROSSCOMPILING)
    find_path(OCTET_SIMDE_INCLUDE simde/x86/avx512.h)  # libsimde-dev: tests of AVX-512 kernels on any machine
  endif()
  include(GoogleTest)
endif()
