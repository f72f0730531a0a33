# SPDX-License-Identifier: Apache-2.0

# octet_library(NAME SOURCES a.cc ... [DEPENDS octet_base ...] [PRIVATE_DEPENDS fmt::fmt ...] [OWN_FLAGS])
# Makes the static library octet_NAME. Include paths start at src/ and include/. OWN_FLAGS: its files have flags of their own and
# share names, so that none are compiled together.
function(octet_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "OWN_FLAGS" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS")
  add_library(octet_${name} STATIC ${arg_SOURCES})
  target_include_directories(octet_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/src> $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(octet_${name} PUBLIC ${arg_DEPENDS} PRIVATE $<BUILD_INTERFACE:octet_flags> ${arg_PRIVATE_DEPENDS})
  if(arg_OWN_FLAGS)
    set_target_properties(octet_${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  set_property(GLOBAL APPEND PROPERTY OCTET_LIBRARIES octet_${name})
endfunction()

# octet_test(NAME SOURCES a_test.cc ... DEPENDS octet_base ... [LABELS slow] [COMPUTES] [SERIAL])
# Makes the test program NAME; each of its tests is a CTest test. Test code is compiled with little optimization, which halves
# the time to build it, unless it computes much itself. SERIAL: runs alone, as it measures time.
function(octet_test name)
  if(NOT OCTET_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "COMPUTES;SERIAL" "" "SOURCES;DEPENDS;LABELS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE octet_flags ${arg_DEPENDS} fmt::fmt GTest::gmock GTest::gtest_main)
  if(NOT arg_COMPUTES)
    octet_test_headers()
    target_precompile_headers(${name} REUSE_FROM octet_test_headers)
  endif()
  target_compile_definitions(${name} PRIVATE OCTET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(NOT arg_COMPUTES)
    target_compile_options(${name} PRIVATE ${OCTET_TEST_OPTIMIZATION})
  endif()
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 300 RUN_SERIAL ${arg_SERIAL} LABELS "${arg_LABELS}")
endfunction()

# Makes octet_test_headers, once: the headers that all tests include, compiled with the flags of test code. Reading GoogleTest's
# takes half of the time that a test file needs.
function(octet_test_headers)
  if(TARGET octet_test_headers)
    return()
  endif()
  file(WRITE ${PROJECT_BINARY_DIR}/octet_test_headers.cc.in "int main() {}\n")
  configure_file(${PROJECT_BINARY_DIR}/octet_test_headers.cc.in ${PROJECT_BINARY_DIR}/octet_test_headers.cc COPYONLY)
  add_executable(octet_test_headers ${PROJECT_BINARY_DIR}/octet_test_headers.cc)
  target_link_libraries(octet_test_headers PRIVATE octet_flags fmt::fmt GTest::gmock)
  target_compile_definitions(octet_test_headers PRIVATE OCTET_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_compile_options(octet_test_headers PRIVATE ${OCTET_TEST_OPTIMIZATION})
  target_precompile_headers(octet_test_headers PRIVATE <gmock/gmock.h> <gtest/gtest.h> <fmt/format.h> <functional> <map> <random> <string> <vector>)
endfunction()

# octet_kernel_family(FAMILY [TESTS] [BENCH]) adds src/kernels/FAMILY to octet_kernels: table.cc, scalar.cc and the ISA files
# that exist for this architecture, each with the flags of its instruction set; test.cc and bench.cc beside them. With
# OCTET_KERNELS_ONLY octet_kernel_tests() makes one test program of all families, which is faster to build and to start.
function(octet_kernel_family family)
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/${family})
  target_sources(octet_kernels PRIVATE ${dir}/table.cc ${dir}/scalar.cc)
  set_source_files_properties(${dir}/scalar.cc PROPERTIES COMPILE_OPTIONS "${OCTET_KERNEL_FLAGS}")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    set(isas x86_avx2 x86_avxvnni x86_avx512vnni256 x86_avx512vnni x86_amxint8)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
    set(isas arm_neon arm_neondot arm_neoni8mm)
  endif()
  foreach(isa IN LISTS isas)
    if(EXISTS ${dir}/${isa}.cc)
      target_sources(octet_kernels PRIVATE ${dir}/${isa}.cc)
      set_source_files_properties(${dir}/${isa}.cc PROPERTIES
        COMPILE_OPTIONS "${OCTET_KERNEL_FLAGS};${OCTET_KERNEL_OPTIMIZATION};${OCTET_ISA_FLAGS_${isa}}")
    endif()
  endforeach()
  if(OCTET_KERNELS_ONLY)
    set_property(GLOBAL APPEND PROPERTY OCTET_KERNEL_TESTS ${dir}/test.cc)
  elseif(EXISTS ${dir}/test.cc)
    # Kernels for newer processors once more, on a portable model of their instructions.
    if(OCTET_SIMDE_INCLUDE AND "x86_avx2" IN_LIST isas)
      file(GLOB models CONFIGURE_DEPENDS ${dir}/*_model.cc)
      set_source_files_properties(${models} PROPERTIES
        COMPILE_OPTIONS "${OCTET_KERNEL_FLAGS};-fwrapv;-w;-Wno-psabi" COMPILE_DEFINITIONS OCTET_SIMD_MODEL)
    endif()
    octet_test(${family}_test SOURCES ${dir}/test.cc ${models} DEPENDS octet_kernels COMPUTES)
    if(models AND TARGET ${family}_test)
      target_compile_definitions(${family}_test PRIVATE OCTET_HAS_SIMD_MODEL)
    endif()
  endif()
  if(OCTET_BUILD_BENCHMARKS AND EXISTS ${dir}/bench.cc)
    add_executable(${family}_bench ${dir}/bench.cc)
    target_link_libraries(${family}_bench PRIVATE octet_flags octet_kernels benchmark::benchmark_main)
  endif()
endfunction()

function(octet_kernel_tests)
  get_property(tests GLOBAL PROPERTY OCTET_KERNEL_TESTS)
  if(tests)
    octet_test(kernels_test SOURCES ${tests} DEPENDS octet_kernels)
  endif()
endfunction()
