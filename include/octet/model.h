// SPDX-License-Identifier: Apache-2.0
// Models read from files, and running them.
//
//   auto model = octet::Model::load("mobilenetv2.ms");
//   if (!model) { std::cerr << model.error().message << '\n'; return 1; }
//   auto session = octet::Session::create(*model, {.num_threads = 2});
//   std::span<float> input = session->input<float>(0);      // fill it
//   if (auto done = session->run(); !done) { ... }
//   std::span<const float> output = session->output<float>(0);
#ifndef OCTET_MODEL_H_
#define OCTET_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "octet/result.h"

namespace octet {

enum class ElementType : std::uint8_t {
  kFloat32, kFloat16, kFloat64, kInt8, kUint8, kInt16, kInt32, kInt64, kBool, kUint16, kUint32, kUint64
};

std::string element_type_name(ElementType type);  // "float32", "int8", ...

// A graph input or output as a caller sees it.
struct TensorInfo {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<std::int64_t> shape;  // -1: dynamic; of an input, to be fixed with LoadOptions::input_shapes
  std::string layout;               // "NCHW", "NHWC", or empty where it does not matter
  float scale = 0;                  // of a quantized integer tensor: real = scale * (q - zero_point); else 0
  std::int32_t zero_point = 0;
};

// The file's format; kAuto goes by the name's suffix: .onnx, .prototxt, .ms, .tflite, .pb (or the
// folder of a SavedModel), .mindir.
enum class ModelFormat : std::uint8_t { kAuto, kOnnx, kCaffe, kMs, kTflite, kTensorFlow, kMindir };

struct LoadOptions {
  ModelFormat format = ModelFormat::kAuto;
  std::string weight_file;  // Caffe: the .caffemodel
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> input_shapes;  // fixes dynamic dimensions for good, by input name
};

// A model in memory. Cheap to copy (copies share the weights); immutable, so that threads may share it.
class Model {
 public:
  // Error: kNotFound or kIo for the file, kInvalidModel for its content, kUnsupported naming all operators Octet lacks.
  static Result<Model> load(const std::string& path, const LoadOptions& options = {});

  std::vector<TensorInfo> inputs() const;
  std::vector<TensorInfo> outputs() const;

  // The graph as text, as `octet inspect` prints it: one line per tensor and node.
  std::string text() const;

  struct Impl;  // Octet's own
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  const Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<const Impl> impl_;
};

// What one node took in a profiled run.
struct NodeTime {
  std::string node, op, kernel;
  double ms = 0;
  std::uint64_t macs = 0;  // multiply-accumulates of convolutions, fully connected layers and products of matrices
  bool is_int8 = false;    // reads int8 values
};

// The kernel that a node got, and why that one.
struct KernelChoice {
  std::string node, op;
  std::string input, output;  // of the first ones: "int8 [1, 112, 112, 32]"
  std::string kernel, why;
};

// Shapes of graph inputs by name. One that is not named must be fixed, or follow from the others by the names of its dimensions.
using InputShapes = std::vector<std::pair<std::string, std::vector<std::int64_t>>>;

struct SessionOptions {
  int num_threads = 1;
  InputShapes input_shapes;  // of a model with dynamic dimensions: those to begin with
};

// One execution context: memory and threads for running a model. Use one per thread that runs it; moves, does not copy.
class Session {
 public:
  // Chooses kernels for this processor and packs weights.
  // Error: kInvalidArgument if an input shape is dynamic or num_threads < 1, kUnsupported if an operator cannot run.
  static Result<Session> create(const Model& model, const SessionOptions& options = {});

  // Other sizes of the model's dynamic dimensions, as SessionOptions::input_shapes: kernels are chosen and memory is laid out
  // anew, and inputs lose their values. Nothing happens if all inputs have these shapes already. After an error the session is as
  // it was. Error: as create().
  Result<void> resize(const InputShapes& input_shapes);

  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  std::size_t num_inputs() const;
  std::size_t num_outputs() const;
  TensorInfo input_info(std::size_t i) const;
  TensorInfo output_info(std::size_t i) const;

  // The elements, dense, in the shape and layout of input_info() and output_info(). Inputs keep their values from run to
  // run; outputs are valid until the next one. The type is the caller's to match.
  std::span<std::byte> input_bytes(std::size_t i);
  std::span<const std::byte> output_bytes(std::size_t i) const;
  template <typename T>
  std::span<T> input(std::size_t i) {
    const std::span<std::byte> bytes = input_bytes(i);
    return {reinterpret_cast<T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
  template <typename T>
  std::span<const T> output(std::size_t i) const {
    const std::span<const std::byte> bytes = output_bytes(i);
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }

  // Computes the outputs. Allocates nothing, and cannot fail, unless the model has shapes that depend on values: then
  // output_info() tells the present shapes of outputs after each run. Error: kInvalidModel or kUnsupported naming the node
  // that cannot take its values.
  Result<void> run();

  // The same with a clock read after each node; in the order of execution.
  Result<std::vector<NodeTime>> run_profiled();

  // In the order of execution.
  std::vector<KernelChoice> kernels() const;

  struct Impl;  // Octet's own
  explicit Session(std::unique_ptr<Impl> impl);
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace octet

#endif  // OCTET_MODEL_H_
