// SPDX-License-Identifier: Apache-2.0
#include "benchmark/accuracy.h"

#include <cfloat>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/file.h"

namespace octet {
namespace {

// Blank-separated words of a line.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  std::string_view next() {
    const std::size_t begin = rest_.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    rest_.remove_prefix(begin);
    const std::size_t end = std::min(rest_.find_first_of(" \t\r"), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return word;
  }

  template <typename T>
  Result<T> number(const std::string& place) {
    const std::string_view word = next();
    T value{};
    const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (word.empty() || status != std::errc() || end != word.data() + word.size())
      return make_error(ErrorCode::kInvalidData, "{}: expected a number at '{}'", place, word.substr(0, 20));
    return value;
  }

 private:
  std::string_view rest_;
};

std::string_view take_line(std::string_view& text) {
  const std::size_t length = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, length);
  text.remove_prefix(std::min(length + 1, text.size()));
  return line;
}

}  // namespace

Result<std::map<std::string, ExpectedTensor>> read_expected(const std::string& path) {
  OCTET_ASSIGN_OR_RETURN(const MappedFile file, MappedFile::open(path));
  std::map<std::string, ExpectedTensor> expected;
  std::string_view rest = file.text();
  for (int line = 1; !rest.empty(); line += 2) {
    const std::string place = fmt::format("{}:{}", path, line);
    Words header(take_line(rest));
    const std::string name(header.next());
    if (name.empty()) continue;
    ExpectedTensor tensor;
    OCTET_ASSIGN_OR_RETURN(const int rank, header.number<int>(place));
    if (rank < 0 || rank > 8) return make_error(ErrorCode::kInvalidData, "{}: rank {} is not 0 to 8", place, rank);
    std::size_t count = 1;
    for (int d = 0; d < rank; ++d) {
      OCTET_ASSIGN_OR_RETURN(const std::int64_t dim, header.number<std::int64_t>(place));
      // Each value takes two characters at least, so a larger product cannot be true.
      if (dim < 0 || (dim > 0 && count > file.bytes().size() / static_cast<std::size_t>(dim)))
        return make_error(ErrorCode::kInvalidData, "{}: dimension {} does not fit the file", place, dim);
      tensor.shape.push_back(dim);
      count *= static_cast<std::size_t>(dim);
    }
    Words values(take_line(rest));
    for (std::size_t i = 0; i < count; ++i) {
      OCTET_ASSIGN_OR_RETURN(const float value, values.number<float>(fmt::format("{}:{}", path, line + 1)));
      tensor.values.push_back(value);
    }
    expected[name] = std::move(tensor);
  }
  return expected;
}

double mean_bias_percent(std::span<const float> values, std::span<const float> expected) {
  double sum = 0;
  std::size_t differing = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!std::isfinite(values[i]) || !std::isfinite(expected[i])) return std::numeric_limits<double>::infinity();
    const double magnitude = std::fabs(static_cast<double>(expected[i]));
    const double error = std::fabs(static_cast<double>(values[i]) - expected[i]);
    if (error <= 1e-8 + 1e-5 * magnitude) continue;
    if (magnitude < FLT_EPSILON) {
      if (error <= 1e-5) continue;
      sum += error;
    } else {
      sum += error / magnitude;
    }
    ++differing;
  }
  return differing == 0 ? 0.0 : 100.0 * sum / static_cast<double>(differing);
}

}  // namespace octet
