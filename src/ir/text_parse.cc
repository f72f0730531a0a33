// SPDX-License-Identifier: Apache-2.0
#include <cctype>
#include <charconv>
#include <cstring>
#include <limits>
#include <map>
#include <type_traits>
#include <utility>

#include "ir/text.h"
#include "ir/verifier.h"

namespace octet {
namespace {

// A number as written. Integers are kept as such: a double would lose the last bits of a large one.
struct Number {
  double real = 0;
  std::int64_t integer = 0;
  bool is_integer = false;
};

std::optional<Number> parse_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Number number;
  const char* const end = text.data() + text.size();
  const auto as_integer = std::from_chars(text.data(), end, number.integer);
  number.is_integer = as_integer.ec == std::errc() && as_integer.ptr == end && !text.empty();
  const auto as_real = std::from_chars(text.data(), end, number.real);
  if (as_real.ec != std::errc() || as_real.ptr != end || text.empty()) return std::nullopt;
  return number;
}

// A u64 above 2^63 cannot be written.
template <typename T>
bool fits(std::int64_t value) {
  if constexpr (std::is_same_v<T, bool>) return value == 0 || value == 1;
  else return std::in_range<T>(value);
}

// Nothing if `number` is not a value of T.
template <typename T>
std::optional<T> number_as(const Number& number) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(number.real);
  } else {
    if (!number.is_integer || !fits<T>(number.integer)) return std::nullopt;
    return static_cast<T>(number.integer);
  }
}

template <typename T>
std::optional<std::vector<T>> numbers_as(const std::vector<Number>& numbers) {
  std::vector<T> values;
  values.reserve(numbers.size());
  for (const Number& number : numbers) {
    const auto value = number_as<T>(number);
    if (!value) return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

// An attribute or parameter value as written: a word, a number, a list of numbers, or a graph.
struct Literal {
  std::string word;
  std::optional<std::string> graph;  // the text in braces
  std::vector<Number> numbers;
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

  bool at_quote() {
    skip_blanks();
    return rest_.starts_with('"');
  }

  // A run of name characters; empty if there is none.
  std::string word() {
    skip_blanks();
    std::size_t n = 0;
    const auto is_word = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("./:_-+").find(c) != std::string_view::npos;
    };
    while (n < rest_.size() && is_word(rest_[n])) ++n;
    std::string result(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return result;
  }

  Result<std::string> quoted() {
    OCTET_RETURN_IF_ERROR(expect("\""));
    std::string result;
    while (!rest_.empty() && rest_[0] != '"') {
      const bool escaped = rest_[0] == '\\' && rest_.size() > 1;
      if (escaped) rest_.remove_prefix(1);
      result += escaped && rest_[0] == 'n' ? '\n' : rest_[0];
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

  Result<Number> number() {
    const std::string text = word();
    if (const auto value = parse_number(text)) return *value;
    return error("expected a number at '{}{}'", text, rest_.substr(0, 20));
  }

  Result<std::vector<Number>> number_list() {  // after '['
    std::vector<Number> values;
    if (accept("]")) return values;
    do {
      OCTET_ASSIGN_OR_RETURN(const Number value, number());
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
    if (accept("{")) {
      OCTET_ASSIGN_OR_RETURN(literal.graph, block());
      return literal;
    }
    literal.word = word();
    if (literal.word.empty()) return error("expected a value at '{}'", rest_.substr(0, 20));
    if (const auto value = parse_number(literal.word)) literal.numbers = {*value};
    return literal;
  }

  // The text up to the brace that closes the one before it, statements on lines of their own.
  Result<std::string> block() {
    std::string text;
    int depth = 1;
    for (bool in_quotes = false; !rest_.empty(); rest_.remove_prefix(1)) {
      const char c = rest_[0];
      if (in_quotes && c == '\\' && rest_.size() > 1) {
        text += c;
        rest_.remove_prefix(1);
        text += rest_[0];
        continue;
      }
      if (c == '"') in_quotes = !in_quotes;
      if (!in_quotes) depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth == 0) break;
      text += !in_quotes && depth == 1 && c == ';' ? '\n' : c;
    }
    OCTET_RETURN_IF_ERROR(expect("}"));
    return text;
  }

  // name=literal, ... up to `close`
  Result<std::map<std::string, Literal>> assignments(std::string_view close) {
    std::map<std::string, Literal> values;
    if (accept(close)) return values;
    do {
      const std::string name = word();
      OCTET_RETURN_IF_ERROR(expect("="));
      if (values.count(name) > 0) return error("'{}' is given twice", name);
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
  AttrParser(std::map<std::string, Literal> values, OpLookup find_op, int depth)
      : values_(std::move(values)), find_op_(find_op), depth_(depth) {}

  void visit(std::string_view name, std::int64_t& value) override {
    take_number(name, value);
  }
  void visit(std::string_view name, float& value) override { take_number(name, value); }
  void visit(std::string_view name, bool& value) override {
    const Literal* l = take(name);
    if (l == nullptr) return;
    value = l->word == "true";
    if (l->word != "true" && l->word != "false") fail(name);
  }
  void visit(std::string_view name, std::vector<std::int64_t>& value) override { take_list(name, value); }
  void visit(std::string_view name, std::span<std::int64_t> value) override {
    std::vector<std::int64_t> values(value.begin(), value.end());
    take_list(name, values);
    if (values.size() != value.size()) return fail(name);
    std::copy(values.begin(), values.end(), value.begin());
  }
  void visit(std::string_view name, std::vector<float>& value) override { take_list(name, value); }
  void visit(std::string_view name, std::shared_ptr<const Graph>& value) override;
  void visit_enum(std::string_view name, int& value, std::span<const std::string_view> names) override {
    const Literal* l = take(name);
    if (l == nullptr) return;
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i] == l->word) {
        value = static_cast<int>(i);
        return;
      }
    fail(name);
  }

  // What is wrong inside a graph; empty if nothing is.
  const std::string& graph_problem() const { return graph_problem_; }

  // The first attribute that was wrong or that the operator does not have; empty if all went well.
  std::string problem() const { return !problem_.empty() ? problem_ : values_.empty() ? "" : values_.begin()->first; }

 private:
  // The word or number given for `name`; null if none is, or it is a list.
  const Literal* take(std::string_view name) {
    const auto found = values_.find(std::string(name));
    if (found == values_.end()) return nullptr;
    taken_ = std::move(found->second);
    values_.erase(found);
    if (!taken_.is_list) return &taken_;
    fail(name);
    return nullptr;
  }
  template <typename T>
  void take_number(std::string_view name, T& value) {
    const Literal* literal = take(name);
    if (literal == nullptr) return;
    const auto number = literal->numbers.empty() ? std::nullopt : number_as<T>(literal->numbers[0]);
    if (!number) return fail(name);
    value = *number;
  }
  template <typename T>
  void take_list(std::string_view name, std::vector<T>& value) {
    const auto found = values_.find(std::string(name));
    if (found == values_.end()) return;
    auto numbers = found->second.is_list ? numbers_as<T>(found->second.numbers) : std::nullopt;
    values_.erase(found);
    if (!numbers) return fail(name);
    value = std::move(*numbers);
  }
  void fail(std::string_view name) {
    if (problem_.empty()) problem_ = std::string(name);
  }

  std::map<std::string, Literal> values_;
  OpLookup find_op_;
  int depth_;  // of graphs in graphs
  Literal taken_;
  std::string problem_, graph_problem_;
};

// Nothing if a number is not of the type.
template <typename T>
std::optional<std::vector<std::byte>> to_bytes(const std::vector<Number>& numbers) {
  std::vector<std::byte> bytes(numbers.size() * sizeof(T));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto value = number_as<T>(numbers[i]);
    if (!value) return std::nullopt;
    std::memcpy(bytes.data() + i * sizeof(T), &*value, sizeof(T));
  }
  return bytes;
}

std::optional<std::vector<std::byte>> to_bytes(DataType type, const std::vector<Number>& numbers) {
  switch (type) {
    case DataType::kFloat32: return to_bytes<float>(numbers);
    case DataType::kFloat64: return to_bytes<double>(numbers);
    case DataType::kInt8: return to_bytes<std::int8_t>(numbers);
    case DataType::kUint8: return to_bytes<std::uint8_t>(numbers);
    case DataType::kInt16: return to_bytes<std::int16_t>(numbers);
    case DataType::kInt32: return to_bytes<std::int32_t>(numbers);
    case DataType::kInt64: return to_bytes<std::int64_t>(numbers);
    case DataType::kBool: return to_bytes<bool>(numbers);
    case DataType::kUint16: return to_bytes<std::uint16_t>(numbers);
    case DataType::kUint32: return to_bytes<std::uint32_t>(numbers);
    case DataType::kUint64: return to_bytes<std::uint64_t>(numbers);
    case DataType::kFloat16: return std::nullopt;
  }
  return std::nullopt;
}

struct ParsedType {
  TensorType type;
  std::optional<QuantParams> quant;
};

class GraphParser {
 public:
  explicit GraphParser(OpLookup find_op, int depth = 0) : find_op_(find_op), depth_(depth) {}

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
    OCTET_ASSIGN_OR_RETURN(std::vector<Number> numbers, line.number_list());
    const auto count = num_elements(parsed.type.shape);
    // One number fills the whole tensor.
    if (count && numbers.size() == 1 && *count < 1'000'000) numbers.resize(static_cast<std::size_t>(*count), numbers[0]);
    if (!count || numbers.size() != static_cast<std::size_t>(*count))
      return line.error("constant '{}' has {} values, its shape wants {}", name, numbers.size(), count.value_or(-1));
    auto bytes = to_bytes(parsed.type.type, numbers);
    if (!bytes) return line.error("constant '{}' has a value that {} cannot hold", name, data_type_name(parsed.type.type));
    Tensor tensor = make_constant(name, parsed.type.type, parsed.type.shape, std::move(*bytes));
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
    node.name = names[0];
    auto types = infer_types(graph_, node);
    if (!types) return line.error("{}", types.error().message);
    if (types->size() < names.size()) return line.error("{} has {} outputs, not {}", op_name, types->size(), names.size());
    std::vector<ParsedType> parsed;
    for (std::size_t i = 0; i < names.size(); ++i) parsed.push_back({(*types)[i], std::nullopt});
    if (line.accept(":")) OCTET_RETURN_IF_ERROR(declared_types(line, parsed));
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
    AttrParser parser(std::move(values), find_op_, depth_);
    node.op->visit_attrs(node.attrs, parser);
    if (!parser.graph_problem().empty()) return line.error("{}: {}", node.op->name, parser.graph_problem());
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
        OCTET_ASSIGN_OR_RETURN(parsed.type.shape.emplace_back(), dimension(line));
      } while (line.accept(","));
      OCTET_RETURN_IF_ERROR(line.expect("]"));
    }
    if (line.accept("q(")) {
      OCTET_ASSIGN_OR_RETURN(const auto values, line.assignments(")"));
      parsed.quant = quant_params(values);
      if (!parsed.quant) return line.error("q(...) takes scale, zp, axis, var, mean and bits, and integers for zp, axis and bits");
    }
    return parsed;
  }

  // A number, a symbol, or `?` for kUnknownDimension.
  Result<std::int64_t> dimension(LineReader& line) {
    if (line.accept("?")) return kUnknownDimension;
    if (line.at_quote()) {
      OCTET_ASSIGN_OR_RETURN(const std::string symbol, line.quoted());
      return graph_.symbol(symbol);
    }
    const std::string word = line.word();
    if (word.empty()) return line.error("expected a dimension");
    const auto number = parse_number(word);
    if (!number) return graph_.symbol(word);
    if (!number->is_integer || number->integer < 0) return line.error("'{}' is not a dimension", word);
    return number->integer;
  }

  static std::optional<QuantParams> quant_params(const std::map<std::string, Literal>& values) {
    QuantParams quant;
    for (const auto& [name, literal] : values) {
      const auto integers = numbers_as<std::int32_t>(literal.numbers);
      const bool is_real = name == "scale" || name == "var" || name == "mean";
      if (literal.numbers.empty() || (!is_real && !integers)) return std::nullopt;
      if (name == "scale") quant.scale = *numbers_as<float>(literal.numbers);
      else if (name == "var") quant.var_correction = *numbers_as<float>(literal.numbers);
      else if (name == "mean") quant.mean_correction = *numbers_as<float>(literal.numbers);
      else if (name == "zp") quant.zero_point = *integers;
      else if (name == "axis") quant.axis = integers->front();
      else if (name == "bits") quant.bits = integers->front();
      else return std::nullopt;
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
  int depth_;
  Graph graph_;
  std::map<std::string, TensorId> ids_;
};

void AttrParser::visit(std::string_view name, std::shared_ptr<const Graph>& value) {
  constexpr int kMaxDepth = 16;
  const Literal* literal = take(name);
  if (literal == nullptr) return;
  if (!literal->graph || depth_ == kMaxDepth) return fail(name);
  if (literal->graph->find_first_not_of(' ') == std::string::npos) return;
  auto graph = GraphParser(find_op_, depth_ + 1).parse(*literal->graph);
  if (graph) value = std::make_shared<const Graph>(std::move(*graph));
  else if (graph_problem_.empty()) graph_problem_ = fmt::format("in {}: {}", name, graph.error().message);
}

}  // namespace

Result<Graph> parse_graph(std::string_view text, OpLookup find_op) { return GraphParser(find_op).parse(text); }

}  // namespace octet
