// SPDX-License-Identifier: Apache-2.0
// The command line of MindSpore Lite's benchmark.
#ifndef OCTET_TOOLS_BENCHMARK_FLAGS_H_
#define OCTET_TOOLS_BENCHMARK_FLAGS_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "octet/result.h"

namespace octet {

struct BenchmarkFlags {
  bool help = false;
  std::string model_file;
  std::string model_type = "MindIR_Lite";
  std::vector<std::string> in_data_files;  // empty: random
  std::string config_file;
  std::string device = "CPU";
  std::string cpu_bind_mode = "1";
  int loop_count = 10;
  int num_threads = 2;
  int warm_up_loop_count = 3;
  bool enable_fp16 = false;
  bool enable_parallel = false;
  bool time_profiling = false;
  std::string benchmark_data_file;
  std::string benchmark_data_type = "FLOAT";
  double accuracy_threshold = 0.5;          // percent
  double cosine_distance_threshold = -1.1;  // below -1: not computed
  std::vector<std::vector<std::int64_t>> input_shapes;                             // old form, by position
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> named_input_shapes;  // new form
};

// Reads `--name=value` arguments. Error: kInvalidArgument for an unknown flag, one given twice or without value, or a value
// out of range; kUnsupported for devices and options that Octet does not have.
Result<BenchmarkFlags> parse_benchmark_flags(std::span<const std::string> args);
std::string benchmark_usage();

}  // namespace octet

#endif  // OCTET_TOOLS_BENCHMARK_FLAGS_H_
