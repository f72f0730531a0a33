# SPDX-License-Identifier: Apache-2.0
# Installs the programs, the public headers, the libraries and the package file for find_package(octet).
