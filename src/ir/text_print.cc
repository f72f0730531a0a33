// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <cmath>

#include "ir/text.h"

namespace octet {
namespace {

bool is_plain_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '/' || c == ':' || c == '_' || c == '-';
  });
}

std::string quoted_name(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '\n') result += '\\';
    result += c == '\n' ? 'n' : c;
  }
  return result + '"';
}

std::string tensor_name(const Graph& graph, TensorId id) {
  if (id == kNoTensor) return "_";
  const std::string& name = graph.tensor(id).name;
  return "%" + (is_plain_name(name) ? name : quoted_name(name));
}

// The shortest text that reads back as the same float.
std::string print_float(float value) { return fmt::format("{}", value); }

template <typename T>
std::string print_list(std::span<const T> values) {
  if constexpr (std::is_same_v<T, float>) {
    std::vector<std::string> texts;
    for (const float value : values) texts.push_back(print_float(value));
    return fmt::format("[{}]", fmt::join(texts, ","));
  } else {
    return fmt::format("[{}]", fmt::join(values, ","));
  }
}

class AttrPrinter : public AttrVisitor {
 public:
  struct Entry {
    std::string name, value;
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries;

  void visit(std::string_view name, std::int64_t& value) override { add(name, fmt::format("{}", value)); }
  void visit(std::string_view name, float& value) override { add(name, print_float(value)); }
  void visit(std::string_view name, bool& value) override { add(name, value ? "true" : "false"); }
  void visit(std::string_view name, std::vector<std::int64_t>& value) override {
    add(name, print_list(std::span<const std::int64_t>(value)));
  }
  void visit(std::string_view name, std::span<std::int64_t> value) override {
    add(name, print_list(std::span<const std::int64_t>(value)));
  }
  void visit(std::string_view name, std::vector<float>& value) override {
    add(name, print_list(std::span<const float>(value)));
  }
  // In braces, its lines separated by semicolons.
  void visit(std::string_view name, std::shared_ptr<const Graph>& value) override {
    std::string text = value == nullptr ? "" : print_graph(*value);
    std::string line;
    for (const char c : text) line += c == '\n' ? std::string("; ") : std::string(1, c);
    add(name, fmt::format("{{ {}}}", line));
  }
  void visit_enum(std::string_view name, int& value, std::span<const std::string_view> names) override {
    add(name, std::string(names[static_cast<std::size_t>(value)]));
  }

 private:
  void add(std::string_view name, std::string value) { entries.push_back({std::string(name), std::move(value)}); }
};

std::vector<AttrPrinter::Entry> attr_entries(const Op& op, std::any attrs) {
  AttrPrinter printer;
  op.visit_attrs(attrs, printer);
  return printer.entries;
}

// The first few of many, as constants.
template <typename T>
std::string print_params(const std::vector<T>& values, const PrintOptions& options) {
  constexpr std::size_t kShown = 4;
  if (values.size() <= options.max_constant_elements) return print_list(std::span<const T>(values));
  std::string text = print_list(std::span<const T>(values).first(std::min(kShown, values.size())));
  text.insert(text.size() - 1, ",...");
  return text;
}

std::string print_quant(const std::optional<QuantParams>& quant, const PrintOptions& options) {
  if (!quant) return "";
  std::string text;
  if (quant->scale.size() != 1 || quant->zero_point.size() != 1 || quant->axis != -1) {
    text = fmt::format(" q(scale={}, zp={}, axis={}", print_params(quant->scale, options), print_params(quant->zero_point, options),
                       quant->axis);
  } else {
    text = fmt::format(" q(scale={}, zp={}", print_float(quant->scale[0]), quant->zero_point[0]);
  }
  if (quant->corrected()) {
    text += fmt::format(", var={}, mean={}", print_params(quant->var_correction, options), print_params(quant->mean_correction, options));
  }
  if (quant->bits != 8) text += fmt::format(", bits={}", quant->bits);
  return text + ")";
}

std::string print_type(const Graph& graph, const Tensor& tensor, const PrintOptions& options) {
  return fmt::format("{}{}{}", data_type_name(tensor.type), print_shape(graph, tensor.shape), print_quant(tensor.quant, options));
}

template <typename T>
std::string print_elements(const Tensor& tensor) {
  std::vector<std::string> texts;
  for (const T value : tensor.values<T>()) {
    if constexpr (std::is_same_v<T, float>) texts.push_back(print_float(value));
    else if constexpr (std::is_same_v<T, bool>) texts.push_back(value ? "1" : "0");
    else texts.push_back(fmt::format("{}", value));
  }
  return fmt::format("[{}]", fmt::join(texts, ", "));
}

std::string print_constant(const Tensor& tensor, const PrintOptions& options) {
  const auto count = num_elements(tensor.shape);
  if (!count || static_cast<std::size_t>(*count) > options.max_constant_elements) return "...";
  switch (tensor.type) {
    case DataType::kFloat32: return print_elements<float>(tensor);
    case DataType::kFloat64: return print_elements<double>(tensor);
    case DataType::kInt8: return print_elements<std::int8_t>(tensor);
    case DataType::kUint8: return print_elements<std::uint8_t>(tensor);
    case DataType::kInt16: return print_elements<std::int16_t>(tensor);
    case DataType::kInt32: return print_elements<std::int32_t>(tensor);
    case DataType::kInt64: return print_elements<std::int64_t>(tensor);
    case DataType::kBool: return print_elements<bool>(tensor);
    case DataType::kUint16: return print_elements<std::uint16_t>(tensor);
    case DataType::kUint32: return print_elements<std::uint32_t>(tensor);
    case DataType::kUint64: return print_elements<std::uint64_t>(tensor);
    case DataType::kFloat16: return "...";
  }
  return "...";
}

// Quoted unless it is a name that cannot be read as a number.
std::string symbol_name(const std::string& name) {
  return is_plain_name(name) && std::isalpha(static_cast<unsigned char>(name[0])) && name != "inf" && name != "nan" &&
                 name != "infinity"
             ? name
             : quoted_name(name);
}

std::string_view layout_suffix(Layout layout) {
  return layout == Layout::kNchw ? " nchw" : layout == Layout::kNhwc ? " nhwc" : "";
}

}  // namespace

std::string print_shape(const Graph& graph, const Shape& shape) {
  std::vector<std::string> dims;
  for (const std::int64_t d : shape) {
    const auto symbol = static_cast<std::size_t>(-1 - d);
    if (!is_symbolic(d)) dims.push_back(fmt::format("{}", d));
    else dims.push_back(symbol < graph.symbols.size() ? symbol_name(graph.symbols[symbol]) : "?");
  }
  return fmt::format("[{}]", fmt::join(dims, ","));
}

std::string print_attrs(const Node& node) {
  const auto entries = attr_entries(*node.op, node.attrs);
  const auto defaults = attr_entries(*node.op, node.op->default_attrs());
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (i >= defaults.size() || !(entries[i] == defaults[i])) texts.push_back(entries[i].name + "=" + entries[i].value);
  return texts.empty() ? "" : fmt::format("{{{}}}", fmt::join(texts, ", "));
}

std::string print_node(const Graph& graph, const Node& node) {
  std::vector<std::string> inputs, outputs, types;
  for (const TensorId id : node.inputs) inputs.push_back(tensor_name(graph, id));
  for (const TensorId id : node.outputs) {
    outputs.push_back(tensor_name(graph, id));
    types.push_back(print_type(graph, graph.tensor(id), {}));
  }
  const std::string attrs = print_attrs(node);
  const bool same_name = !node.outputs.empty() && node.name == graph.tensor(node.outputs[0]).name;
  return fmt::format("{} = {}({}){}{} : {}{}", fmt::join(outputs, ", "), node.op->name, fmt::join(inputs, ", "),
                     attrs.empty() ? "" : " ", attrs, fmt::join(types, ", "),
                     same_name ? "" : " @" + quoted_name(node.name));
}

std::string print_graph(const Graph& graph, const PrintOptions& options) {
  std::string text = fmt::format("graph {}\n", quoted_name(graph.name));
  for (const TensorId id : graph.inputs) {
    const Tensor& tensor = graph.tensor(id);
    text += fmt::format("{} = input {}{}\n", tensor_name(graph, id), print_type(graph, tensor, options), layout_suffix(tensor.layout));
  }
  for (std::size_t i = 0; i < graph.tensors.size(); ++i) {
    const Tensor& tensor = graph.tensors[i];
    if (!tensor.is_constant) continue;
    text += fmt::format("{} = const {} = {}\n", tensor_name(graph, static_cast<TensorId>(i)), print_type(graph, tensor, options),
                        print_constant(tensor, options));
  }
  for (const Node& node : graph.nodes) text += print_node(graph, node) + "\n";
  std::vector<std::string> outputs;
  for (const TensorId id : graph.outputs)
    outputs.push_back(tensor_name(graph, id) + std::string(layout_suffix(graph.tensor(id).layout)));
  return text + fmt::format("output {}\n", fmt::join(outputs, ", "));
}

}  // namespace octet
