# SPDX-License-Identifier: Apache-2.0
# Installs the programs, the public headers, the libraries and the package file for find_package(octet).
include(CMakePackageConfigHelpers)
set(OCTET_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/octet)

# What users link: octet::octet, the API with everything under it.
add_library(octet_package INTERFACE)
set_target_properties(octet_package PROPERTIES EXPORT_NAME octet)
target_link_libraries(octet_package INTERFACE octet_api)
target_compile_features(octet_package INTERFACE cxx_std_20)
add_library(octet::octet ALIAS octet_package)

get_property(libraries GLOBAL PROPERTY OCTET_LIBRARIES)
install(TARGETS octet_package ${libraries} EXPORT octetTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/octet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT octetTargets NAMESPACE octet:: DESTINATION ${OCTET_PACKAGE_DIR})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/OctetConfig.cmake.in ${PROJECT_BINARY_DIR}/octetConfig.cmake
  INSTALL_DESTINATION ${OCTET_PACKAGE_DIR} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may change the API.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/octetConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/octetConfig.cmake ${PROJECT_BINARY_DIR}/octetConfigVersion.cmake DESTINATION ${OCTET_PACKAGE_DIR})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
