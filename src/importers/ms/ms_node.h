// SPDX-License-Identifier: Apache-2.0
// A node of the file as its handler sees it.
#ifndef OCTET_IMPORTERS_MS_MS_NODE_H_
#define OCTET_IMPORTERS_MS_MS_NODE_H_

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "msl2/msl2_generated.h"

namespace octet {

using MsList = flatbuffers::Vector<std::int64_t>;  // absent: null

class MsNode {
 public:
  // Keeps a reference to `node`, which has a primitive with a value.
  MsNode(const msl2::CNode& node, std::string name) : node_(node), name_(std::move(name)) {}

  const std::string& name() const { return name_; }
  std::string inner_name(std::string_view suffix) const { return fmt::format("{}/{}", name_, suffix); }
  std::string_view type() const { return msl2::EnumNamePrimitiveType(node_.primitive()->value_type()); }

  msl2::QuantType quant_type() const { return node_.quantType(); }

  // The operator's attributes. T must be the type that the handler stands for in the table.
  template <typename T>
  const T& table() const {
    return *node_.primitive()->value_as<T>();
  }

  // Places of inputs and outputs among the file's tensors.
  std::size_t num_inputs() const { return node_.inputIndex() == nullptr ? 0 : node_.inputIndex()->size(); }
  std::size_t num_outputs() const { return node_.outputIndex() == nullptr ? 0 : node_.outputIndex()->size(); }
  std::uint32_t input(std::size_t i) const { return node_.inputIndex()->Get(static_cast<flatbuffers::uoffset_t>(i)); }
  std::uint32_t output(std::size_t i) const { return node_.outputIndex()->Get(static_cast<flatbuffers::uoffset_t>(i)); }

  // The list as it is; absent: empty. Error above `max_size` entries. `what` names it in the message.
  Result<std::vector<std::int64_t>> list(const MsList* list, std::string_view what, std::size_t max_size) const;
  // A list of two numbers; absent or empty: `fallback`.
  Result<std::array<std::int64_t, 2>> pair(const MsList* pair, std::string_view what,
                                           std::array<std::int64_t, 2> fallback) const;

  // Error unless the schema names the enumerator.
  template <typename E>
  Result<void> check_enumerator(E value, std::string_view what) const {
    if (value >= E::MIN && value <= E::MAX) return {};
    return error(ErrorCode::kInvalidModel, "{} is {}, expected {} to {}", what, static_cast<int>(value),
                 static_cast<int>(E::MIN), static_cast<int>(E::MAX));
  }

  template <typename... Args>
  Error error(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) const {
    return make_error(code, "node '{}' ({}): {}", name_, type(), fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  const msl2::CNode& node_;
  std::string name_;
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_MS_MS_NODE_H_
