// SPDX-License-Identifier: Apache-2.0
// A graph and the functions that it calls, as one list of operations in an order in which they can run. Calls
// disappear: an argument is what the caller gives, a result what the function returns. Only what the outputs need is
// listed.
#ifndef OCTET_IMPORTERS_TENSORFLOW_TF_PROGRAM_H_
#define OCTET_IMPORTERS_TENSORFLOW_TF_PROGRAM_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "importers/tensorflow/tensorflow.pb.h"

namespace octet {

// A value: output `output` of operation `op` of a TfProgram.
struct TfValue {
  std::size_t op = 0;
  std::int64_t output = 0;
  bool operator==(const TfValue&) const = default;
};

struct TfOperation {
  const tensorflow::NodeDef* def = nullptr;
  std::string name;  // of functions: the calling node's name in front
};

class TfProgram {
 public:
  // Keeps references to `graph`.
  explicit TfProgram(const tensorflow::GraphDef& graph);
  ~TfProgram();

  // Error: kInvalidModel for duplicate names, or very long ones.
  Result<void> check() const { return error_; }

  // The operation behind "node" or "node:output" of the main graph. Error: kInvalidModel, kUnsupported for deep
  // recursion.
  Result<TfValue> find(std::string_view reference);
  // The operations that are called as parts of the main graph's node (a function), or of the main graph with an empty
  // name.
  Result<std::vector<std::size_t>> operations_in(std::string_view call);

  const TfOperation& operation(std::size_t op) const { return operations_[op]; }
  // Data inputs, resolved; those for order alone are left out.
  Result<std::vector<TfValue>> inputs(std::size_t op);

  // What `outputs` need, each operation behind those it reads. Error: kInvalidModel for a cycle.
  Result<std::vector<std::size_t>> order(const std::vector<TfValue>& outputs);

  // The same as `tensorflow::FunctionDef`s by name; null if there is none.
  const tensorflow::FunctionDef* function(const std::string& name) const;

 private:
  struct Frame;
  struct Reference;

  Frame* make_frame(const tensorflow::FunctionDef* function, Frame* parent, const tensorflow::NodeDef* call);
  // The function that a node calls; null if it is an operation.
  const tensorflow::FunctionDef* called_function(const tensorflow::NodeDef& def) const;
  Result<Frame*> callee(Frame& frame, const tensorflow::NodeDef& call, const tensorflow::FunctionDef& function);
  Result<TfValue> resolve(Frame* frame, std::string_view reference);
  std::size_t operation_of(Frame& frame, const tensorflow::NodeDef& def);

  const tensorflow::GraphDef& graph_;
  Result<void> error_;
  std::unordered_map<std::string, const tensorflow::FunctionDef*> functions_;
  std::vector<std::unique_ptr<Frame>> frames_;  // the first is the main graph
  std::size_t num_nodes_ = 0;                   // of all frames
  std::vector<TfOperation> operations_;
  std::vector<Frame*> frame_of_;  // by operation
};

// Attribute `key`; null if the node has none.
const tensorflow::AttrValue* find_attr(const tensorflow::NodeDef& def, std::string_view key);

}  // namespace octet

#endif  // OCTET_IMPORTERS_TENSORFLOW_TF_PROGRAM_H_
