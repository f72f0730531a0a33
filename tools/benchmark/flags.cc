// SPDX-License-Identifier: Apache-2.0
#include "benchmark/flags.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include "base/edit_distance.h"
#include "base/error.h"
#include "support/command_support.h"

namespace octet {
namespace {

using Set = std::function<Result<void>(BenchmarkFlags& flags, const std::string& value)>;

struct FlagEntry {
  const char* name;
  const char* default_text;
  const char* help;
  Set set;
};

template <typename... Args>
Error illegal(fmt::format_string<Args...> format, Args&&... args) {
  return make_error(ErrorCode::kInvalidArgument, format, std::forward<Args>(args)...);
}

Set text(std::string BenchmarkFlags::*field) {
  return [field](BenchmarkFlags& flags, const std::string& value) -> Result<void> {
    flags.*field = value;
    return {};
  };
}

Set one_of(std::string BenchmarkFlags::*field, std::vector<std::string> allowed) {
  return [field, allowed](BenchmarkFlags& flags, const std::string& value) -> Result<void> {
    if (std::find(allowed.begin(), allowed.end(), value) == allowed.end())
      return make_error(ErrorCode::kUnsupported, "'{}' is not supported; expected {}", value, fmt::join(allowed, ", "));
    flags.*field = value;
    return {};
  };
}

Set integer(int BenchmarkFlags::*field, int least, int most) {
  return [field, least, most](BenchmarkFlags& flags, const std::string& value) -> Result<void> {
    int number = 0;
    const auto [end, status] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (status != std::errc() || end != value.data() + value.size() || number < least || number > most)
      return illegal("'{}' is not a whole number from {} to {}", value, least, most);
    flags.*field = number;
    return {};
  };
}

Set real(double BenchmarkFlags::*field) {
  return [field](BenchmarkFlags& flags, const std::string& value) -> Result<void> {
    const auto [end, status] = std::from_chars(value.data(), value.data() + value.size(), flags.*field);
    if (status != std::errc() || end != value.data() + value.size()) return illegal("'{}' is not a number", value);
    return {};
  };
}

Set boolean(bool BenchmarkFlags::*field) {
  return [field](BenchmarkFlags& flags, const std::string& value) -> Result<void> {
    if (value != "true" && value != "false") return illegal("'{}' is not true or false", value);
    flags.*field = value == "true";
    return {};
  };
}

// A switch that may only be off, because Octet has nothing to switch on.
Set only_false(const char* what) {
  return [what](BenchmarkFlags&, const std::string& value) -> Result<void> {
    if (value == "false") return {};
    return make_error(ErrorCode::kUnsupported, "Octet has no {}; leave the flag out or say false", what);
  };
}

std::vector<std::string> split(const std::string& text, const char* separators) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find_first_of(separators, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

Result<void> set_in_data_files(BenchmarkFlags& flags, const std::string& value) {
  flags.in_data_files = split(value, ", ");
  return {};
}

// "name:1,32,32,3;name2:1,64" or, the old way, "1,32,32,3:1,64".
Result<void> set_input_shapes(BenchmarkFlags& flags, const std::string& value) {
  if (std::any_of(value.begin(), value.end(), [](unsigned char c) { return std::isalpha(c) != 0; })) {
    OCTET_ASSIGN_OR_RETURN(flags.named_input_shapes, parse_input_shapes(value));
    return {};
  }
  for (const std::string& shape : split(value, ":;")) {
    OCTET_ASSIGN_OR_RETURN(const auto named, parse_input_shapes("x:" + shape));
    flags.input_shapes.push_back(named.at(0).second);
  }
  return {};
}

const std::vector<FlagEntry>& entries() {
  static const std::vector<FlagEntry> kEntries = {
      {"modelFile", "", "Model file (.ms)", text(&BenchmarkFlags::model_file)},
      {"modelType", "MindIR_Lite", "Type of the model file", one_of(&BenchmarkFlags::model_type, {"MindIR_Lite"})},
      {"inDataFile", "", "Raw input tensors, comma separated; random if absent", set_in_data_files},
      {"configFile", "", "Configuration file; accepted, nothing in it applies to a CPU", text(&BenchmarkFlags::config_file)},
      {"device", "CPU", "Device to run on", one_of(&BenchmarkFlags::device, {"CPU"})},
      {"cpuBindMode", "1", "0: no binding, 1: higher CPUs, 2: middle CPUs; printed, threads are not bound",
       one_of(&BenchmarkFlags::cpu_bind_mode, {"0", "1", "2"})},
      {"loopCount", "10", "Measured runs", integer(&BenchmarkFlags::loop_count, 1, 1'000'000)},
      {"numThreads", "2", "Threads", integer(&BenchmarkFlags::num_threads, 1, 256)},
      {"warmUpLoopCount", "3", "Runs before the measured ones", integer(&BenchmarkFlags::warm_up_loop_count, 0, 1'000'000)},
      {"enableFp16", "false", "Half precision where the processor has it", boolean(&BenchmarkFlags::enable_fp16)},
      {"enableParallel", "false", "Run sub-graphs in parallel", only_false("parallel sub-graphs")},
      {"timeProfiling", "false", "Time per operator and per type", boolean(&BenchmarkFlags::time_profiling)},
      {"perfProfiling", "false", "Hardware counters", only_false("hardware counters")},
      {"benchmarkDataFile", "", "Expected outputs as text: name, rank, dims; then values", text(&BenchmarkFlags::benchmark_data_file)},
      {"benchmarkDataType", "FLOAT", "Their type", one_of(&BenchmarkFlags::benchmark_data_type, {"FLOAT", "INT32", "INT8", "UINT8"})},
      {"accuracyThreshold", "0.5", "Largest mean relative error in percent", real(&BenchmarkFlags::accuracy_threshold)},
      {"cosineDistanceThreshold", "-1.1", "Least cosine similarity; below -1: not computed", real(&BenchmarkFlags::cosine_distance_threshold)},
      {"inputShapes", "", "Shapes of the inputs: 1,32,32,3:1,64 or name:1,32,32,3;name2:1,64", set_input_shapes},
      {"inputShape", "", "The same", set_input_shapes},
      {"enableGLTexture", "false", "OpenGL textures", only_false("OpenGL textures")},
      {"enableParallelPredict", "false", "Parallel prediction", only_false("parallel prediction")},
  };
  return kEntries;
}

const FlagEntry* find_entry(const std::string& name) {
  for (const FlagEntry& entry : entries())
    if (name == entry.name) return &entry;
  return nullptr;
}

}  // namespace

Result<BenchmarkFlags> parse_benchmark_flags(std::span<const std::string> args) {
  BenchmarkFlags flags;
  std::set<std::string> seen;
  for (const std::string& arg : args) {
    if (arg == "--help") {
      flags.help = true;
      return flags;
    }
    const std::size_t equals = arg.find('=');
    if (!arg.starts_with("--") || equals == std::string::npos || equals + 1 == arg.size())
      return illegal("'{}': expected --name=value", arg);
    const std::string name = arg.substr(2, equals - 2);
    const FlagEntry* entry = find_entry(name);
    if (entry == nullptr) {
      std::vector<std::string> names;
      for (const FlagEntry& known : entries()) names.emplace_back(known.name);
      return illegal("there is no flag --{}; the nearest is --{}", name, nearest_words(name, names, 1).at(0));
    }
    if (!seen.insert(name).second) return illegal("--{} is given twice", name);
    if (auto set = entry->set(flags, arg.substr(equals + 1)); !set) return at("--" + name, std::move(set).error());
  }
  if (flags.model_file.empty()) return illegal("--modelFile is missing");
  return flags;
}

std::string benchmark_usage() {
  std::string usage = "usage: benchmark --modelFile=MODEL.ms [--name=value ...]\n";
  for (const FlagEntry& entry : entries())
    usage += fmt::format("  --{:<24} {}{}\n", std::string(entry.name) + "=", entry.help,
                         entry.default_text[0] == '\0' ? "" : fmt::format(" (default {})", entry.default_text));
  return usage;
}

}  // namespace octet
