// SPDX-License-Identifier: Apache-2.0
#include "importers/tensorflow/tf_program.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace octet {
namespace {

using tensorflow::FunctionDef;
using tensorflow::NodeDef;

constexpr int kMaxDepth = 64;                // of calls within calls
constexpr std::size_t kMaxFrames = 1 << 14;  // calls in all: functions that call each other twice unfold without end
constexpr std::size_t kMaxOperations = 1 << 20;
constexpr int kMaxSteps = 1 << 12;              // through arguments and results to one operation
constexpr std::size_t kMaxNameBytes = 1 << 12;  // of a node, and of the calls in front of it

// Names of outputs of operations that have several kinds of them; of all others every output counts from its only name.
struct OutputNames {
  std::string_view op;
  std::vector<std::string_view> names;
};
const std::vector<OutputNames>& output_names() {
  static const std::vector<OutputNames> kNames = {
      {"FusedBatchNorm", {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"}},
      {"FusedBatchNormV2", {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"}},
      {"FusedBatchNormV3",
       {"y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"}},
      {"TopKV2", {"values", "indices"}},
      {"MaxPoolWithArgmax", {"output", "argmax"}},
      {"Unique", {"y", "idx"}},
  };
  return kNames;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

}  // namespace

// A graph or one call of a function.
struct TfProgram::Frame {
  const FunctionDef* function = nullptr;  // null: the main graph
  Frame* parent = nullptr;
  const NodeDef* call = nullptr;
  int depth = 0;
  std::string prefix;
  std::unordered_map<std::string_view, const NodeDef*> nodes;
  std::unordered_map<std::string_view, int> arguments;
  std::unordered_map<const NodeDef*, Frame*> callees;
  std::unordered_map<const NodeDef*, std::size_t> operations;
};

// "node", "node:2" or "node:name:2".
struct TfProgram::Reference {
  std::string_view node, output_name;
  std::int64_t output = 0;
};

namespace {

template <typename R>
Result<R> parse_reference(std::string_view text) {
  R reference;
  const std::size_t first = text.find(':');
  reference.node = text.substr(0, first);
  if (first == std::string_view::npos) return reference;
  const std::size_t last = text.rfind(':');
  if (last != first) reference.output_name = text.substr(first + 1, last - first - 1);
  const auto output = number(text.substr(last + 1));
  if (!output)
    return make_error(ErrorCode::kInvalidModel, "'{}' is no value: expected node, node:number or node:name:number",
                      text);
  reference.output = *output;
  return reference;
}

}  // namespace

const tensorflow::AttrValue* find_attr(const NodeDef& def, std::string_view key) {
  for (const auto& attr : def.attr())
    if (attr.key() == key) return &attr.value();
  return nullptr;
}

TfProgram::TfProgram(const tensorflow::GraphDef& graph) : graph_(graph) {
  for (const FunctionDef& function : graph.library().function())
    functions_.emplace(function.signature().name(), &function);
  make_frame(nullptr, nullptr, nullptr);
}

TfProgram::~TfProgram() = default;

const FunctionDef* TfProgram::function(const std::string& name) const {
  const auto found = functions_.find(name);
  return found == functions_.end() ? nullptr : found->second;
}

TfProgram::Frame* TfProgram::make_frame(const FunctionDef* function, Frame* parent, const NodeDef* call) {
  auto frame = std::make_unique<Frame>();
  frame->function = function;
  frame->parent = parent;
  frame->call = call;
  if (parent != nullptr) {
    frame->depth = parent->depth + 1;
    frame->prefix = parent->prefix + call->name() + "/";
  }
  for (const NodeDef& node : function == nullptr ? graph_.node() : function->node_def()) {
    if (node.name().size() > kMaxNameBytes)
      error_ = make_error(ErrorCode::kInvalidModel, "a node's name has {} bytes, expected at most {}",
                          node.name().size(), kMaxNameBytes);
    else if (!frame->nodes.emplace(node.name(), &node).second)
      error_ = make_error(ErrorCode::kInvalidModel, "two nodes are named '{}{}'", frame->prefix, node.name());
  }
  num_nodes_ += frame->nodes.size();
  if (function != nullptr)
    for (int i = 0; i < function->signature().input_arg_size(); ++i)
      frame->arguments.emplace(function->signature().input_arg(i).name(), i);
  frames_.push_back(std::move(frame));
  return frames_.back().get();
}

const FunctionDef* TfProgram::called_function(const NodeDef& def) const {
  if (def.op() == "PartitionedCall" || def.op() == "StatefulPartitionedCall") {
    const auto* f = find_attr(def, "f");
    return f == nullptr ? nullptr : function(f->func().name());
  }
  return function(def.op());
}

Result<TfProgram::Frame*> TfProgram::callee(Frame& frame, const NodeDef& call, const FunctionDef& function) {
  if (const auto found = frame.callees.find(&call); found != frame.callees.end()) return found->second;
  const bool is_too_much = frame.depth >= kMaxDepth || frames_.size() >= kMaxFrames ||
                           frame.prefix.size() > kMaxNameBytes || num_nodes_ > kMaxOperations;
  if (is_too_much) {
    return make_error(
        ErrorCode::kUnsupported,
        "node '{}{}': functions call each other more than {} deep, or {} times, or unfold to more than {} nodes",
        frame.prefix, call.name(), kMaxDepth, kMaxFrames, kMaxOperations);
  }
  Frame* const made = make_frame(&function, &frame, &call);
  OCTET_RETURN_IF_ERROR(check());
  return frame.callees[&call] = made;
}

std::size_t TfProgram::operation_of(Frame& frame, const NodeDef& def) {
  const auto [found, is_new] = frame.operations.emplace(&def, operations_.size());
  if (is_new) {
    operations_.push_back({&def, frame.prefix + def.name()});
    frame_of_.push_back(&frame);
  }
  return found->second;
}

namespace {

// Data inputs stand before those for order alone.
const std::string* data_input(const NodeDef& def, int i) {
  if (i >= def.input_size() || def.input(i).empty() || def.input(i)[0] == '^') return nullptr;
  return &def.input(i);
}

}  // namespace

Result<TfValue> TfProgram::resolve(Frame* frame, std::string_view text) {
  for (int step = 0; step < kMaxSteps; ++step) {
    OCTET_ASSIGN_OR_RETURN(Reference reference, parse_reference<Reference>(text));
    if (const auto argument = frame->arguments.find(reference.node); argument != frame->arguments.end()) {
      const std::string* given = data_input(*frame->call, argument->second);
      if (given == nullptr)
        return make_error(ErrorCode::kInvalidModel, "node '{}' gives its function no argument '{}'", frame->prefix,
                          reference.node);
      text = *given;
      frame = frame->parent;
      continue;
    }
    const auto found = frame->nodes.find(reference.node);
    if (found == frame->nodes.end())
      return make_error(ErrorCode::kInvalidModel, "there is no node '{}{}'", frame->prefix, reference.node);
    const NodeDef& def = *found->second;
    const FunctionDef* called = called_function(def);
    if (called == nullptr) {
      for (const OutputNames& names : output_names()) {
        if (names.op != def.op() || reference.output_name.empty()) continue;
        const auto name = std::find(names.names.begin(), names.names.end(), reference.output_name);
        if (name == names.names.end())
          return make_error(ErrorCode::kInvalidModel, "node '{}{}' ({}) has no output '{}'", frame->prefix, def.name(),
                            def.op(), reference.output_name);
        reference.output += name - names.names.begin();
      }
      return TfValue{operation_of(*frame, def), reference.output};
    }
    if (reference.output >= called->signature().output_arg_size())
      return make_error(ErrorCode::kInvalidModel, "function '{}' has no output {}", called->signature().name(),
                        reference.output);
    const std::string& output_name = called->signature().output_arg(static_cast<int>(reference.output)).name();
    const auto ret =
        std::find_if(called->ret().begin(), called->ret().end(), [&](const auto& r) { return r.key() == output_name; });
    if (ret == called->ret().end())
      return make_error(ErrorCode::kInvalidModel, "function '{}' does not return '{}'", called->signature().name(),
                        output_name);
    OCTET_ASSIGN_OR_RETURN(frame, callee(*frame, def, *called));
    text = ret->value();
  }
  return make_error(ErrorCode::kInvalidModel, "the value '{}' is passed on in a circle", text);
}

Result<TfValue> TfProgram::find(std::string_view reference) { return resolve(frames_[0].get(), reference); }

Result<std::vector<std::size_t>> TfProgram::operations_in(std::string_view call) {
  Frame* frame = frames_[0].get();
  if (!call.empty()) {
    const auto found = frame->nodes.find(call);
    if (found == frame->nodes.end()) return make_error(ErrorCode::kInvalidModel, "there is no node '{}'", call);
    const FunctionDef* called = called_function(*found->second);
    if (called == nullptr) return std::vector<std::size_t>();
    OCTET_ASSIGN_OR_RETURN(frame, callee(*frame, *found->second, *called));
  }
  std::vector<std::size_t> operations;
  for (const NodeDef& def : frame->function == nullptr ? graph_.node() : frame->function->node_def())
    if (called_function(def) == nullptr) operations.push_back(operation_of(*frame, def));
  return operations;
}

Result<std::vector<TfValue>> TfProgram::inputs(std::size_t op) {
  const NodeDef& def = *operations_[op].def;
  std::vector<TfValue> values;
  for (int i = 0; data_input(def, i) != nullptr; ++i) {
    auto value = resolve(frame_of_[op], *data_input(def, i));
    if (!value) return at(fmt::format("node '{}' ({})", operations_[op].name, def.op()), std::move(value).error());
    values.push_back(*value);
  }
  return values;
}

// Depth first, without recursion: a file may hold a chain of any length.
Result<std::vector<std::size_t>> TfProgram::order(const std::vector<TfValue>& outputs) {
  enum class State : std::uint8_t { kNew, kOpen, kDone };
  std::vector<State> states;
  std::vector<std::size_t> order;
  struct Visit {
    std::size_t op;
    std::vector<TfValue> inputs;
    std::size_t next = 0;
  };
  std::vector<Visit> stack;
  const auto open = [&](std::size_t op) -> Result<void> {
    OCTET_ASSIGN_OR_RETURN(auto values, inputs(op));
    states.resize(operations_.size(), State::kNew);
    states[op] = State::kOpen;
    stack.push_back({op, std::move(values)});
    return {};
  };
  for (const TfValue& output : outputs) {
    states.resize(operations_.size(), State::kNew);
    if (states[output.op] != State::kNew) continue;
    OCTET_RETURN_IF_ERROR(open(output.op));
    while (!stack.empty()) {
      if (stack.back().next == stack.back().inputs.size()) {
        states[stack.back().op] = State::kDone;
        order.push_back(stack.back().op);
        stack.pop_back();
        continue;
      }
      const std::size_t next = stack.back().inputs[stack.back().next++].op;
      states.resize(operations_.size(), State::kNew);
      if (states[next] == State::kOpen)
        return make_error(ErrorCode::kInvalidModel, "node '{}' is part of a cycle", operations_[next].name);
      if (states[next] == State::kNew) OCTET_RETURN_IF_ERROR(open(next));
    }
  }
  return order;
}

}  // namespace octet
