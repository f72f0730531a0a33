// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <charconv>
#include <cstring>
#include <map>

#include "ir/text.h"
#include "ir/verifier.h"

namespace octet {
namespace {

// An attribute or parameter value as written: a word, a number, or a list of numbers.
struct Literal {
  std::string word;
  std::vector<double> numbers;
  bool is_list = false;
};

// Reads tokens of one line. Every function skips blanks first.
class LineReader {
 public:
  LineReader(std::string_view line, int number) : rest_(line), number_(number) {}

  template <typename... Args>
  Error error(fmt::format_string<Args...> format, Args&&... args) const {
    return make_error(ErrorCode::kInvalidModel, "line {}: {}", number_, fmt::format(format, std::forward<Args>(args)...));
  }

  bool at_end() {
    skip_blanks();
    return rest_.empty() || rest_[0] == '#';
  }

  bool accept(std::string_view token) {
    skip_blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  Result<void> expect(std::string_view token) {
    if (accept(token)) return {};
    return error("expected '{}' at '{}'", token, rest_.substr(0, 20));
  }

  // A run of name characters; empty if there is none.
  std::string word() {
    skip_blanks();
    std::size_t n = 0;
    while (n < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[n])) || std::strchr("./:_-+", rest_[n]))) ++n;
    std::string result(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return result;
  }

  Result<std::string> quoted() {
    OCTET_RETURN_IF_ERROR(expect("\""));
    std::string result;
    while (!rest_.empty() && rest_[0] != '"') {
      if (rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      result += rest_[0];
      rest_.remove_prefix(1);
    }
    OCTET_RETURN_IF_ERROR(expect("\""));
    return result;
  }

  // %name or %"name"
  Result<std::string> tensor_name() {
    OCTET_RETURN_IF_ERROR(expect("%"));
    if (!rest_.empty() && rest_[0] == '"') return quoted();
    std::string name = word();
    if (name.empty()) return error("expected a tensor name at '{}'", rest_.substr(0, 20));
    return name;
  }

  Result<double> number() {
    const std::string text = word();
    double value = 0;
    const auto [end, status] = std::from_chars(text.data() + (text.starts_with('+') ? 1 : 0), text.data() + text.size(), value);
    if (text.empty() || status != std::errc() || end != text.data() + text.size())
      return error("expected a number at '{}{}'", text, rest_.substr(0, 20));
    return value;
  }

  Result<std::vector<double>> number_list() {  // after '['
    std::vector<double> values;
    if (accept("]")) return values;
    do {
      OCTET_ASSIGN_OR_RETURN(const double value, number());
      values.push_back(value);
    } while (accept(","));
    OCTET_RETURN_IF_ERROR(expect("]"));
    return values;
  }

  Result<Literal> literal() {
    Literal literal;
    if (accept("[")) {
      literal.is_list = true;
      OCTET_ASSIGN_OR_RETURN(literal.numbers, number_list());
      return literal;
    }
    literal.word = word();
    if (literal.word.empty()) return error("expected a value at '{}'", rest_.substr(0, 20));
    double value = 0;
    const auto [end, status] = std::from_chars(literal.word.data(), literal.word.data() + literal.word.size(), value);
    if (status == std::errc() && end == literal.word.data() + literal.word.size()) literal.numbers = {value};
    return literal;
  }

  // name=literal, ... up to `close`
  Result<std::map<std::string, Literal>> assignments(std::string_view close) {
    std::map<std::string, Literal> values;
    if (accept(close)) return values;
    do {
      const std::string name = word();
      OCTET_RETURN_IF_ERROR(expect("="));
      OCTET_ASSIGN_OR_RETURN(values[name], literal());
    } while (accept(","));
    OCTET_RETURN_IF_ERROR(expect(close));
    return values;
  }

 private:
  void skip_blanks() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_[0]))) rest_.remove_prefix(1);
  }
  std::string_view rest_;
  int number_;
};

// Sets attributes from the literals of `{...}`; remembers which were used and the first that has the wrong form.
class AttrParser : public AttrVisitor {
 public:
  explicit AttrParser(std::map<std::string, Literal> values) : values_(std::move(values)) {}

  void visit(std::string_view name, std::int64_t& value) override {
    if (const Literal* l = take(name, 1)) value = static_cast<std::int64_t>(l->numbers[0]);
  }
  void visit(std::string_view name, float& value) override {
    if (const Literal* l = take(name, 1)) value = static_cast<float>(l->numbers[0]);
  }
  void visit(std::string_view name, bool& value) override {
    if (const Literal* l = take(name, 0)) value = l->word == "true";
  }
  void visit(std::string_view name, std::vector<std::int64_t>& value) override {
    if (const Literal* l = take_list(name)) value.assign(l->numbers.begin(), l->numbers.end());
  }
  void visit(std::string_view name, std::span<std::int64_t> value) override {
    const Literal* l = take_list(name);
    if (l == nullptr) return;
    if (l->numbers.size() != value.size()) return fail(name);
    for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<std::int64_t>(l->numbers[i]);
  }
  void visit(std::string_view name, std::vector<float>& value) override {
    if (const Literal* l = take_list(name)) value.assign(l->numbers.begin(), l->numbers.end());
  }
  void visit_enum(std::string_view name, int& value, std::span<const std::string_view> names) override {
    const Literal* l = take(name, 0);
    if (l == nullptr) return;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == l->word) {
        value = static_cast<int>(i);
        return;
      }
    fail(name);
  }

  // The first attribute that was wrong or that the operator does not have; empty if all went well.
  std::string problem() const { return !problem_.empty() ? problem_ : values_.empty() ? "" : values_.begin()->first; }

 private:
  const Literal* take(std::string_view name, std::size_t num_numbers) {
    const auto found = values_.find(std::string(name));
    if (found == values_.end()) return nullptr;
    taken_.push_back(std::move(found->second));
    values_.erase(found);
    const Literal& literal = taken_.back();
    if (literal.is_list || (num_numbers > 0 && literal.numbers.size() != num_numbers)) {
      fail(name);
      return nullptr;
    }
    return &literal;
  }
  const Literal* take_list(std::string_view name) {
    const auto found = values_.find(std::string(name));
    if (found == values_.end()) return nullptr;
    taken_.push_back(std::move(found->second));
    values_.erase(found);
    if (!taken_.back().is_list) fail(name);
    return taken_.back().is_list ? &taken_.back() : nullptr;
  }
  void fail(std::string_view name) {
    if (problem_.empty()) problem_ = std::string(name);
  }

  std::map<std::string, Literal> values_;
  std::vector<Literal> taken_;
  std::string problem_;
};

template <typename T>
std::vector<std::byte> to_bytes(const std::vector<double>& numbers) {
  std::vector<std::byte> bytes(numbers.size() * sizeof(T));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const T value = static_cast<T>(numbers[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

std::vector<std::byte> to_bytes(DataType type, const std::vector<double>& numbers) {
  switch (type) {
    case DataType::kFloat32: return to_bytes<float>(numbers);
    case DataType::kFloat64: return to_bytes<double>(numbers);
    case DataType::kInt8: return to_bytes<std::int8_t>(numbers);
    case DataType::kUint8: return to_bytes<std::uint8_t>(numbers);
    case DataType::kInt16: return to_bytes<std::int16_t>(numbers);
    case DataType::kInt32: return to_bytes<std::int32_t>(numbers);
    case DataType::kInt64: return to_bytes<std::int64_t>(numbers);
    case DataType::kBool: return to_bytes<bool>(numbers);
    case DataType::kFloat16: return {};
  }
  return {};
}

struct ParsedType {
  TensorType type;
  std::optional<QuantParams> quant;
};

class GraphParser {
 public:
  explicit GraphParser(OpLookup find_op) : find_op_(find_op) {}

  Result<Graph> parse(std::string_view text) {
    for (int number = 1; !text.empty(); ++number) {
      const std::size_t length = std::min(text.find('\n'), text.size());
      LineReader line(text.substr(0, length), number);
      text.remove_prefix(std::min(length + 1, text.size()));
      if (!line.at_end()) OCTET_RETURN_IF_ERROR(statement(line));
    }
    OCTET_RETURN_IF_ERROR(verify(graph_));
    return std::move(graph_);
  }

 private:
  Result<void> statement(LineReader& line) {
    if (line.accept("graph ")) {
      OCTET_ASSIGN_OR_RETURN(graph_.name, line.quoted());
      return finish(line);
    }
    if (line.accept("output ")) return output_statement(line);
    std::vector<std::string> names;
    do {
      OCTET_ASSIGN_OR_RETURN(names.emplace_back(), line.tensor_name());
    } while (line.accept(","));
    OCTET_RETURN_IF_ERROR(line.expect("="));
    const std::string word = line.word();
    if (word == "input") return input_statement(line, names[0]);
    if (word == "const") return constant_statement(line, names[0]);
    return node_statement(line, names, word);
  }

  Result<void> finish(LineReader& line) {
    if (!line.at_end()) return line.error("unexpected text at the end of the line");
    return {};
  }

  static Layout layout(LineReader& line) {
    if (line.accept("nchw")) return Layout::kNchw;
    return line.accept("nhwc") ? Layout::kNhwc : Layout::kNone;
  }

  Result<void> output_statement(LineReader& line) {
    do {
      OCTET_ASSIGN_OR_RETURN(const TensorId id, existing(line));
      graph_.tensor(id).layout = layout(line);
      graph_.outputs.push_back(id);
    } while (line.accept(","));
    return finish(line);
  }

  Result<void> input_statement(LineReader& line, const std::string& name) {
    OCTET_ASSIGN_OR_RETURN(const ParsedType parsed, type(line));
    Tensor tensor;
    tensor.name = name;
    tensor.type = parsed.type.type;
    tensor.shape = parsed.type.shape;
    tensor.quant = parsed.quant;
    tensor.layout = layout(line);
    OCTET_ASSIGN_OR_RETURN(const TensorId id, add(line, std::move(tensor)));
    graph_.inputs.push_back(id);
    return finish(line);
  }

  Result<void> constant_statement(LineReader& line, const std::string& name) {
    OCTET_ASSIGN_OR_RETURN(const ParsedType parsed, type(line));
    OCTET_RETURN_IF_ERROR(line.expect("="));
    OCTET_RETURN_IF_ERROR(line.expect("["));
    OCTET_ASSIGN_OR_RETURN(std::vector<double> numbers, line.number_list());
    const auto count = num_elements(parsed.type.shape);
    // One number fills the whole tensor.
    if (count && numbers.size() == 1 && *count < 1'000'000) numbers.resize(static_cast<std::size_t>(*count), numbers[0]);
    if (!count || numbers.size() != static_cast<std::size_t>(*count))
      return line.error("constant '{}' has {} values, its shape wants {}", name, numbers.size(), count.value_or(-1));
    Tensor tensor = make_constant(name, parsed.type.type, parsed.type.shape, to_bytes(parsed.type.type, numbers));
    tensor.quant = parsed.quant;
    OCTET_RETURN_IF_ERROR(add(line, std::move(tensor)));
    return finish(line);
  }

  Result<void> node_statement(LineReader& line, const std::vector<std::string>& names, const std::string& op_name) {
    Node node;
    node.op = find_op_(op_name);
    if (node.op == nullptr) return line.error("there is no operator '{}'", op_name);
    node.attrs = node.op->default_attrs();
    OCTET_RETURN_IF_ERROR(line.expect("("));
    if (!line.accept(")")) {
      do {
        if (line.accept("_")) {
          node.inputs.push_back(kNoTensor);
          continue;
        }
        OCTET_ASSIGN_OR_RETURN(node.inputs.emplace_back(), existing(line));
      } while (line.accept(","));
      OCTET_RETURN_IF_ERROR(line.expect(")"));
    }
    if (line.accept("{")) OCTET_RETURN_IF_ERROR(attributes(line, node));
    auto types = node.op->infer(node, input_tensors(graph_, node));
    if (!types) return line.error("{}", types.error().message);
    if (types->size() < names.size()) return line.error("{} has {} outputs, not {}", op_name, types->size(), names.size());
    std::vector<ParsedType> parsed;
    for (std::size_t i = 0; i < names.size(); ++i) parsed.push_back({(*types)[i], std::nullopt});
    if (line.accept(":")) OCTET_RETURN_IF_ERROR(declared_types(line, parsed));
    node.name = names[0];
    if (line.accept("@")) {
      OCTET_ASSIGN_OR_RETURN(node.name, line.quoted());
    }
    for (std::size_t i = 0; i < names.size(); ++i) {
      Tensor tensor;
      tensor.name = names[i];
      tensor.type = parsed[i].type.type;
      tensor.shape = parsed[i].type.shape;
      tensor.quant = parsed[i].quant;
      OCTET_ASSIGN_OR_RETURN(const TensorId id, add(line, std::move(tensor)));
      node.outputs.push_back(id);
    }
    graph_.add_node(std::move(node));
    return finish(line);
  }

  Result<void> attributes(LineReader& line, Node& node) {
    OCTET_ASSIGN_OR_RETURN(auto values, line.assignments("}"));
    AttrParser parser(std::move(values));
    node.op->visit_attrs(node.attrs, parser);
    if (!parser.problem().empty())
      return line.error("{}: attribute '{}' does not exist or has a wrong value", node.op->name, parser.problem());
    return {};
  }

  // Types written after ':' must be those of shape inference; quantization parameters come from here alone.
  Result<void> declared_types(LineReader& line, std::vector<ParsedType>& types) {
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (i > 0) OCTET_RETURN_IF_ERROR(line.expect(","));
      OCTET_ASSIGN_OR_RETURN(ParsedType declared, type(line));
      if (declared.type != types[i].type) {
        return line.error("declared {}{}, shape inference gives {}{}", data_type_name(declared.type.type),
                          print_shape(graph_, declared.type.shape), data_type_name(types[i].type.type),
                          print_shape(graph_, types[i].type.shape));
      }
      types[i].quant = std::move(declared.quant);
    }
    return {};
  }

  Result<ParsedType> type(LineReader& line) {
    const std::string name = line.word();
    const auto data_type = data_type_from_name(name);
    if (!data_type) return line.error("'{}' is not an element type", name);
    ParsedType parsed;
    parsed.type.type = *data_type;
    OCTET_RETURN_IF_ERROR(line.expect("["));
    if (!line.accept("]")) {
      do {
        const std::string dim = line.word();
        std::int64_t value = 0;
        const auto [end, status] = std::from_chars(dim.data(), dim.data() + dim.size(), value);
        if (dim.empty()) return line.error("expected a dimension");
        const bool is_number = status == std::errc() && end == dim.data() + dim.size() && value >= 0;
        parsed.type.shape.push_back(is_number ? value : graph_.symbol(dim));
      } while (line.accept(","));
      OCTET_RETURN_IF_ERROR(line.expect("]"));
    }
    if (line.accept("q(")) {
      OCTET_ASSIGN_OR_RETURN(const auto values, line.assignments(")"));
      parsed.quant = quant_params(values);
    }
    return parsed;
  }

  static QuantParams quant_params(const std::map<std::string, Literal>& values) {
    QuantParams quant;
    for (const auto& [name, literal] : values) {
      const auto& numbers = literal.numbers;
      if (name == "scale") quant.scale.assign(numbers.begin(), numbers.end());
      if (name == "zp") quant.zero_point.assign(numbers.begin(), numbers.end());
      if (name == "axis" && !numbers.empty()) quant.axis = static_cast<int>(numbers[0]);
      if (name == "bits" && !numbers.empty()) quant.bits = static_cast<int>(numbers[0]);
    }
    return quant;
  }

  Result<TensorId> existing(LineReader& line) {
    OCTET_ASSIGN_OR_RETURN(const std::string name, line.tensor_name());
    const auto found = ids_.find(name);
    if (found == ids_.end()) return line.error("tensor %{} is used before it is made", name);
    return found->second;
  }

  Result<TensorId> add(LineReader& line, Tensor tensor) {
    const std::string name = tensor.name;
    if (ids_.count(name) > 0) return line.error("tensor %{} is made twice", name);
    return ids_[name] = graph_.add_tensor(std::move(tensor));
  }

  OpLookup find_op_;
  Graph graph_;
  std::map<std::string, TensorId> ids_;
};

}  // namespace

Result<Graph> parse_graph(std::string_view text, OpLookup find_op) { return GraphParser(find_op).parse(text); }

}  // namespace octet
