// SPDX-License-Identifier: Apache-2.0
// Any text is a configuration or an error, never a crash or a hang.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/ini.h"
#include "config/quant_config.h"

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  setenv("GLOG_v", "3", /*overwrite=*/0);  // warnings about odd keys would only slow the run
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)octet::parse_ini(text, "fuzz.cfg");
  (void)octet::parse_quant_config(text, "fuzz.cfg");
  (void)octet::parse_old_quant_config(text, "fuzz.cfg", /*bit_num=*/8);
  (void)octet::parse_data_preprocess_param(text, "fuzz.cfg");
  return 0;
}
