#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs a build into a scratch folder, builds examples/cpp against it with find_package(octet), and runs that on a model.
# Usage: install_test.sh CMAKE BUILD_DIR SOURCE_DIR CXX_COMPILER MODEL
set -eu
cmake=$1 build_dir=$2 source_dir=$3 compiler=$4 model=$5
scratch=$build_dir/install_test
rm -rf "$scratch"
"$cmake" --install "$build_dir" --prefix "$scratch/prefix" > "$scratch.log"
for program in octet converter_lite benchmark; do
  "$scratch/prefix/bin/$program" --help > /dev/null || { echo "install_test: installed $program --help failed" >&2; exit 1; }
done
# The installed tree must not lean on this source tree or build tree.
if grep -rlF -e "$build_dir/" -e "$source_dir/src" "$scratch/prefix/lib" --include='*.cmake'; then
  echo "install_test: the package files above name the build or source tree" >&2
  exit 1
fi
"$cmake" -S "$source_dir/examples/cpp" -B "$scratch/app" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" \
  -DCMAKE_PREFIX_PATH="$scratch/prefix"
"$cmake" --build "$scratch/app"
answer=$("$scratch/app/classify" "$model")
echo "$answer"
case "$answer" in
  "class "[0-9]" of 10") ;;
  *) echo "install_test: expected 'class N of 10'" >&2; exit 1 ;;
esac
rm -rf "$scratch"
