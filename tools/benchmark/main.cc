// SPDX-License-Identifier: Apache-2.0
// benchmark: the command line and the output of MindSpore Lite's benchmark.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>

#include "analysis/metrics.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "benchmark/accuracy.h"
#include "benchmark/flags.h"
#include "octet/benchmark.h"

namespace octet {
namespace {

void print_flags(const BenchmarkFlags& f) {
  static const std::map<std::string, std::string> kBindNames = {{"0", "NO_BIND"}, {"1", "HIGHER_CPU"}, {"2", "MID_CPU"}};
  fmt::print("ModelPath = {}\nModelType = {}\nInDataPath = {}\nGroupInfoFile = \nConfigFilePath = {}\nInDataType = bin\n", f.model_file,
             f.model_type, fmt::join(f.in_data_files, ","), f.config_file);
  fmt::print("LoopCount = {}\nDeviceType = {}\nAccuracyThreshold = {}\nCosineDistanceThreshold = {}\nWarmUpLoopCount = {}\n", f.loop_count,
             f.device, f.accuracy_threshold, f.cosine_distance_threshold, f.warm_up_loop_count);
  fmt::print("NumThreads = {}\nInterOpParallelNum = 1\nFp16Priority = {:d}\nEnableParallel = {:d}\ncalibDataPath = {}\n", f.num_threads,
             static_cast<int>(f.enable_fp16), static_cast<int>(f.enable_parallel), f.benchmark_data_file);
  fmt::print("EnableGLTexture = 0\ncpuBindMode = {}\nCalibDataType = {}\n", kBindNames.at(f.cpu_bind_mode), f.benchmark_data_type);
}

Result<Session> load(const BenchmarkFlags& flags) {
  LoadOptions options;
  options.format = ModelFormat::kMs;
  options.input_shapes = flags.named_input_shapes;
  OCTET_ASSIGN_OR_RETURN(Model model, Model::load(flags.model_file, options));
  if (!flags.input_shapes.empty()) {
    const auto inputs = model.inputs();
    if (inputs.size() != flags.input_shapes.size())
      return make_error(ErrorCode::kInvalidArgument, "--inputShapes has {} shapes, the model has {} inputs", flags.input_shapes.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) options.input_shapes.emplace_back(inputs[i].name, flags.input_shapes[i]);
    OCTET_ASSIGN_OR_RETURN(model, Model::load(flags.model_file, options));
  }
  return Session::create(model, {flags.num_threads});
}

Result<void> fill_inputs(const BenchmarkFlags& flags, Session& session) {
  if (flags.in_data_files.empty()) {
    for (std::size_t i = 0; i < session.num_inputs(); ++i)
      fill_random(session.input_info(i), session.input_bytes(i), static_cast<std::uint32_t>(i + 1));
    return {};
  }
  if (flags.in_data_files.size() != session.num_inputs())
    return make_error(ErrorCode::kInvalidArgument, "--inDataFile has {} files, the model has {} inputs", flags.in_data_files.size(), session.num_inputs());
  for (std::size_t i = 0; i < session.num_inputs(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(flags.in_data_files[i]));
    const auto bytes = session.input_bytes(i);
    if (file.bytes().size() != bytes.size())
      return make_error(ErrorCode::kInvalidData, "{}: has {} bytes, input '{}' takes {}", flags.in_data_files[i], file.bytes().size(),
                        session.input_info(i).name, bytes.size());
    std::memcpy(bytes.data(), file.bytes().data(), bytes.size());
  }
  return {};
}

struct Timed {
  double total = 0;
  int calls = 0;
};

void print_profile_table(const char* title, const std::vector<std::pair<std::string, Timed>>& rows, double total, int loops) {
  fmt::print("-------------------------------------------------------------------------\n");
  fmt::print("{:<48}{:<14}{:<12}{:<14}{}\n", title, "avg(ms)", "percent", "calledTimes", "opTotalTime");
  for (const auto& [name, timed] : rows)
    fmt::print("{:<48}{:<14.6f}{:<12.6f}{:<14}{:.6f}\n", name, timed.total / loops, timed.total / total, timed.calls, timed.total);
}

void print_profile(const std::vector<std::vector<NodeTime>>& runs) {
  std::vector<std::pair<std::string, Timed>> nodes, types;
  std::map<std::string, std::size_t> node_row, type_row;
  double total = 0;
  for (const auto& run : runs) {
    for (const NodeTime& time : run) {
      const auto add = [&](auto& rows, auto& index, const std::string& key) {
        const auto [found, is_new] = index.try_emplace(key, rows.size());
        if (is_new) rows.emplace_back(key, Timed{});
        rows[found->second].second.total += time.ms;
        ++rows[found->second].second.calls;
      };
      add(nodes, node_row, time.node);
      add(types, type_row, time.op);
      total += time.ms;
    }
  }
  std::stable_sort(types.begin(), types.end(), [](const auto& a, const auto& b) { return a.second.total > b.second.total; });
  print_profile_table("opName", nodes, total, static_cast<int>(runs.size()));
  print_profile_table("opType", types, total, static_cast<int>(runs.size()));
}

Result<void> measure(const BenchmarkFlags& flags, Session& session) {
  fmt::print("Running warm up loops...\n");
  for (int i = 0; i < flags.warm_up_loop_count; ++i) OCTET_RETURN_IF_ERROR(session.run());
  fmt::print("Running benchmark loops...\n");
  std::vector<double> times;
  std::vector<std::vector<NodeTime>> profiles;
  for (int i = 0; i < flags.loop_count; ++i) {
    const auto start = std::chrono::steady_clock::now();
    if (flags.time_profiling) {
      OCTET_ASSIGN_OR_RETURN(profiles.emplace_back(), session.run_profiled());
    } else {
      OCTET_RETURN_IF_ERROR(session.run());
    }
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  double sum = 0;
  for (const double time : times) sum += time;
  if (flags.time_profiling) print_profile(profiles);
  fmt::print("Model = {}, NumThreads = {}, MinRunTime = {:f} ms, MaxRuntime = {:f} ms, AvgRunTime = {:f} ms\n",
             std::filesystem::path(flags.model_file).filename().string(), flags.num_threads, *std::min_element(times.begin(), times.end()),
             *std::max_element(times.begin(), times.end()), sum / static_cast<double>(times.size()));
  return {};
}

// An output's elements as floats, whatever their type.
std::vector<float> as_floats(const Session& session, std::size_t i) {
  std::vector<float> values;
  const auto append = [&](auto span) { values.assign(span.begin(), span.end()); };
  switch (session.output_info(i).type) {
    case ElementType::kFloat32: append(session.output<float>(i)); break;
    case ElementType::kInt8: append(session.output<std::int8_t>(i)); break;
    case ElementType::kUint8: append(session.output<std::uint8_t>(i)); break;
    case ElementType::kInt32: append(session.output<std::int32_t>(i)); break;
    case ElementType::kInt64: append(session.output<std::int64_t>(i)); break;
    default: break;
  }
  return values;
}

void print_first(const std::string& title, std::span<const float> values) {
  fmt::print("{}", title);
  for (std::size_t i = 0; i < std::min<std::size_t>(values.size(), 50); ++i) fmt::print("{} ", values[i]);
  fmt::print("\n");
}

Result<void> compare(const BenchmarkFlags& flags, Session& session) {
  OCTET_ASSIGN_OR_RETURN(const auto expected, read_expected(flags.benchmark_data_file));
  fmt::print("MarkAccuracy\n");
  for (std::size_t i = 0; i < session.num_inputs(); ++i)
    if (session.input_info(i).type == ElementType::kFloat32) print_first(fmt::format("InData {}: ", i), session.input<float>(i).first(std::min<std::size_t>(20, session.input<float>(i).size())));
  OCTET_RETURN_IF_ERROR(session.run());
  fmt::print("================ Comparing Output data ================\n");
  double bias_sum = 0, distance_sum = 0;
  for (std::size_t i = 0; i < session.num_outputs(); ++i) {
    const std::string name = session.output_info(i).name;
    const auto found = expected.find(name);
    if (found == expected.end()) return make_error(ErrorCode::kNotFound, "{}: has no tensor named '{}'", flags.benchmark_data_file, name);
    const std::vector<float> values = as_floats(session, i);
    if (values.size() != found->second.values.size())
      return make_error(ErrorCode::kInvalidData, "{}: '{}' has {} values, the model's output {}", flags.benchmark_data_file, name,
                        found->second.values.size(), values.size());
    print_first(fmt::format("Data of node {} : ", name), values);
    const double bias = mean_bias_percent(values, found->second.values);
    fmt::print("Mean bias of node/tensor {} : {}%\n", name, bias < 1e-5 ? 0.0 : bias);
    bias_sum += bias;
    distance_sum += 1.0 - cosine_similarity(values, found->second.values);
  }
  const auto count = static_cast<double>(session.num_outputs());
  const double bias = bias_sum / count, cosine = 1.0 - distance_sum / count;
  fmt::print("Mean bias of all nodes/tensors: {}%\n", bias < 1e-5 ? 0.0 : bias);
  if (flags.cosine_distance_threshold >= -1) fmt::print("Cosine distance of all nodes/tensors: {}\n", cosine);
  fmt::print("=======================================================\n\n");
  if (!(bias <= flags.accuracy_threshold))
    return make_error(ErrorCode::kInvalidData, "Mean bias of all nodes/tensors is too big: {}%, the threshold is {}%", bias, flags.accuracy_threshold);
  if (flags.cosine_distance_threshold >= -1 && !(cosine >= flags.cosine_distance_threshold))
    return make_error(ErrorCode::kInvalidData, "cosine distance of all nodes/tensors is too small: {}, the threshold is {}", cosine,
                      flags.cosine_distance_threshold);
  return {};
}

Result<void> run(const BenchmarkFlags& flags) {
  print_flags(flags);
  if (flags.enable_fp16) OCTET_LOG(kWarning, "--enableFp16=true: this processor has no half precision kernels here; float32 is used");
  fmt::print("start unified benchmark run\n");
  const auto start = std::chrono::steady_clock::now();
  OCTET_ASSIGN_OR_RETURN(Session session, load(flags));
  OCTET_RETURN_IF_ERROR(fill_inputs(flags, session));
  fmt::print("PrepareTime = {} ms\n", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  if (!flags.benchmark_data_file.empty()) return compare(flags, session);
  return measure(flags, session);
}

int run(std::span<const std::string> args) {
  constexpr int kFailure = 255;
  const auto flags = parse_benchmark_flags(args);
  if (!flags) {
    fmt::print(stderr, "{}\n{}", flags.error().message, benchmark_usage());
    return kFailure;
  }
  if (flags->help) {
    fmt::print("{}", benchmark_usage());
    return 0;
  }
  const std::string model = std::filesystem::path(flags->model_file).filename().string();
  if (const auto done = run(*flags); !done) {
    std::fflush(stdout);
    fmt::print(stderr, "{}\nRun Benchmark {} Failed : -1\n", done.error().message, model);
    return kFailure;
  }
  fmt::print("Run Benchmark {} Success.\n", model);
  return 0;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return octet::run(args);
}
