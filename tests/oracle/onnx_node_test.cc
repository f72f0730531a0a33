// SPDX-License-Identifier: Apache-2.0
// Runs the node tests that the ONNX project publishes in its Python package (onnx/backend/test/data/node) as a user would:
// Model::load, Session::create, run. Inputs that the tests give at run time, shapes and axes among them, are given at run
// time here, too.
//
//   onnx_node_test [--data FOLDER] [--gaps FILE] [--write-gaps] [--only SUBSTRING] [--verbose]
//
// FOLDER defaults to the package below the environment variable OCTET_PEERS; without it the exit status is 77 (skipped).
// A line of FILE is the name of a test that is known to fail, and why; --write-gaps writes it. The exit status is 1 if another
// test fails, or if one of them does not any more.
//
// Equal as in ONNX's own runner: |dst - expected| <= 1e-7 + 1e-3 * |expected| for floats, NaN equal to NaN; other elements,
// types and shapes are the same or wrong.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "importers/onnx/onnx_tensor.h"
#include "octet/model.h"
#include "oracle/onnx_node_exclusions.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path data, gaps;
  std::string only;
  bool verbose = false;
  bool write_gaps = false;
};

// The folder of the node tests in an unpacked package, in a folder of packages, or in a virtual environment.
fs::path find_data(const fs::path& peers) {
  const fs::path inside = "backend/test/data/node";
  for (const fs::path& package : {peers, peers / "onnx"})
    if (fs::exists(package / inside)) return package / inside;
  std::error_code error;
  for (const auto& python : fs::directory_iterator(peers / "lib", error))
    if (const fs::path package = python.path() / "site-packages/onnx"; fs::exists(package / inside)) return package / inside;
  return {};
}

template <typename Proto>
bool read_proto(const fs::path& path, Proto& proto) {
  std::ifstream file(path, std::ios::binary);
  return file && proto.ParseFromIstream(&file);
}

Result<Tensor> read_tensor(const fs::path& path) {
  onnx::TensorProto proto;
  if (!read_proto(path, proto)) return make_error(ErrorCode::kIo, "{} is no tensor", path.string());
  ExternalData external({});
  return import_tensor(proto, path.filename().string(), external);
}

template <typename T>
Result<void> compare_floats(std::span<const T> expected, std::span<const T> given) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double e = static_cast<double>(expected[i]), g = static_cast<double>(given[i]);
    if (e == g || (std::isnan(e) && std::isnan(g)) || std::abs(e - g) <= 1e-7 + 1e-3 * std::abs(e)) continue;
    return make_error(ErrorCode::kInvalidData, "element {} is {}, expected {}", i, g, e);
  }
  return {};
}

Result<void> compare(const Tensor& expected, const TensorInfo& info, std::span<const std::byte> bytes) {
  const std::string expected_type = element_type_name(static_cast<ElementType>(expected.type));
  if (element_type_name(info.type) != expected_type || info.shape != expected.shape) {
    return make_error(ErrorCode::kInvalidData, "output '{}' is {}[{}], expected {}[{}]", info.name, element_type_name(info.type),
                      fmt::join(info.shape, ","), expected_type, fmt::join(expected.shape, ","));
  }
  Result<void> equal;
  if (bytes.size() != expected.data.size_bytes()) {
    equal = make_error(ErrorCode::kInvalidData, "{} bytes, expected {}", bytes.size(), expected.data.size_bytes());
  } else if (expected.type == DataType::kFloat32) {
    const std::span given(reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float));
    equal = compare_floats<float>(expected.values<float>(), given);
  } else if (!std::ranges::equal(bytes, expected.data.bytes())) {
    const auto [given, wanted] = std::ranges::mismatch(bytes, expected.data.bytes());
    const auto at = static_cast<std::size_t>(given - bytes.begin()) / data_type_size(expected.type);
    equal = make_error(ErrorCode::kInvalidData, "element {} differs", at);
  }
  if (equal) return {};
  return make_error(ErrorCode::kInvalidData, "output '{}': {}", info.name, equal.error().message);
}

// The values of one test_data_set folder, in the order of the graph's inputs or outputs.
Result<std::vector<Tensor>> read_tensors(const fs::path& folder, std::string_view kind) {
  std::vector<Tensor> tensors;
  for (int i = 0;; ++i) {
    const fs::path path = folder / fmt::format("{}_{}.pb", kind, i);
    if (!fs::exists(path)) return tensors;
    OCTET_ASSIGN_OR_RETURN(Tensor tensor, read_tensor(path));
    tensors.push_back(std::move(tensor));
  }
}

bool has_fixed_shape(const onnx::ValueInfoProto& input) {
  const auto& type = input.type().tensor_type();
  const auto& dims = type.shape().dim();
  return type.has_shape() && std::all_of(dims.begin(), dims.end(), [](const auto& d) { return d.has_dim_value(); });
}

Result<void> run_data_set(const fs::path& model_path, const onnx::GraphProto& graph, const fs::path& folder) {
  OCTET_ASSIGN_OR_RETURN(const auto inputs, read_tensors(folder, "input"));
  OCTET_ASSIGN_OR_RETURN(const auto outputs, read_tensors(folder, "output"));
  LoadOptions options;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (const auto& input = graph.input(static_cast<int>(i)); !has_fixed_shape(input)) options.input_shapes.emplace_back(input.name(), inputs[i].shape);
  OCTET_ASSIGN_OR_RETURN(const Model model, Model::load(model_path.string(), options));
  OCTET_ASSIGN_OR_RETURN(Session session, Session::create(model));
  if (session.num_inputs() != inputs.size() || session.num_outputs() != outputs.size())
    return make_error(ErrorCode::kInvalidData, "the session has {} inputs and {} outputs", session.num_inputs(), session.num_outputs());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto bytes = session.input_bytes(i);
    if (bytes.size() != inputs[i].data.size_bytes())
      return make_error(ErrorCode::kInvalidData, "input {} has {} bytes, expected {}", i, bytes.size(), inputs[i].data.size_bytes());
    std::ranges::copy(inputs[i].data.bytes(), bytes.begin());
  }
  OCTET_RETURN_IF_ERROR(session.run());
  for (std::size_t i = 0; i < outputs.size(); ++i)
    OCTET_RETURN_IF_ERROR(compare(outputs[i], session.output_info(i), session.output_bytes(i)));
  return {};
}

Result<void> run_test(const fs::path& folder, const onnx::GraphProto& graph) {
  for (int i = 0; fs::exists(folder / fmt::format("test_data_set_{}", i)); ++i)
    OCTET_RETURN_IF_ERROR(run_data_set(folder / "model.onnx", graph, folder / fmt::format("test_data_set_{}", i)));
  return {};
}

std::set<std::string> read_gaps(const fs::path& path) {
  std::set<std::string> names;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("test_")) names.insert(line.substr(0, line.find(' ')));
  return names;
}

class Report {
 public:
  explicit Report(const Options& options) : options_(options), gaps_(read_gaps(options.gaps)) {}

  void exclude(const std::string& name, const std::string& reason) {
    ++excluded_[reason];
    if (options_.verbose) fmt::print("excluded {} ({})\n", name, reason);
  }
  void add(const std::string& name, const Result<void>& result) {
    ++num_counted_;
    if (result) ++num_passed_;
    else failures_.emplace_back(name, one_line(result.error().message));
    if (!result) fmt::print("FAILED {}: {}\n", name, failures_.back().second);
    else if (options_.verbose) fmt::print("passed {}\n", name);
    if (result && gaps_.count(name)) closed_.push_back(name);
    if (!result && !gaps_.count(name)) ++num_unexpected_;
  }

  int finish() const {
    if (options_.write_gaps) write_gaps();
    for (const auto& [reason, count] : excluded_) fmt::print("excluded: {:4} {}\n", count, reason);
    const double percent = num_counted_ == 0 ? 0.0 : 100.0 * num_passed_ / num_counted_;
    fmt::print("{} of {} node tests pass ({:.2f} %); {} fail, {} of them unexpectedly\n", num_passed_, num_counted_, percent,
               failures_.size(), num_unexpected_);
    for (const std::string& name : closed_)
      fmt::print("{} passes now: take it out of {}\n", name, options_.gaps.filename().string());
    return num_unexpected_ > 0 || !closed_.empty() || num_counted_ == 0 ? 1 : 0;
  }

 private:
  static std::string one_line(std::string text) {
    std::ranges::replace(text, '\n', ' ');
    return text;
  }

  void write_gaps() const {
    std::ofstream file(options_.gaps);
    file << "# Node tests of ONNX 1.18 that fail, and why. Written by: onnx_node_test --gaps THIS_FILE --write-gaps\n";
    for (const auto& [name, reason] : failures_) file << name << "  " << reason << '\n';
  }

  const Options& options_;
  std::set<std::string> gaps_;
  std::map<std::string, int> excluded_;
  std::vector<std::pair<std::string, std::string>> failures_;
  std::vector<std::string> closed_;
  int num_counted_ = 0, num_passed_ = 0, num_unexpected_ = 0;
};

int run_all(const Options& options) {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(options.data))
    if (fs::exists(entry.path() / "model.onnx")) folders.push_back(entry.path());
  std::ranges::sort(folders);
  Report report(options);
  for (const fs::path& folder : folders) {
    const std::string name = folder.filename().string();
    if (!options.only.empty() && name.find(options.only) == std::string::npos) continue;
    onnx::ModelProto model;
    if (!read_proto(folder / "model.onnx", model)) {
      report.add(name, make_error(ErrorCode::kIo, "model.onnx does not parse"));
      continue;
    }
    if (const std::string reason = onnx_node_exclusion(name, model.graph()); !reason.empty()) report.exclude(name, reason);
    else report.add(name, run_test(folder, model.graph()));
  }
  return report.finish();
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  octet::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
    if (flag == "--data") options.data = value();
    else if (flag == "--gaps") options.gaps = value();
    else if (flag == "--only") options.only = value();
    else if (flag == "--verbose") options.verbose = true;
    else if (flag == "--write-gaps") options.write_gaps = true;
    else return fmt::print(stderr, "unknown flag {}\n", flag), 2;
  }
  const char* const peers = std::getenv("OCTET_PEERS");
  if (options.data.empty() && peers != nullptr) options.data = octet::find_data(peers);
  if (options.data.empty()) {
    fmt::print("skipped: set OCTET_PEERS to a folder that holds the Python package onnx 1.18\n");
    return 77;
  }
  return octet::run_all(options);
}
