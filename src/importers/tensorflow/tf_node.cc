// SPDX-License-Identifier: Apache-2.0
#include "importers/tensorflow/tf_node.h"

#include <cmath>

namespace octet {

using tensorflow::AttrValue;

Result<TensorId> TfNode::input(std::size_t i) const {
  if (i < inputs_.size()) return inputs_[i];
  return error(ErrorCode::kInvalidModel, "has {} inputs, input {} is needed", inputs_.size(), i);
}

Result<Numbers> TfNode::integers_of(std::size_t i, std::string_view what, std::size_t max_size) const {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, input(i));
  return integers(id, what, max_size);
}

Result<std::int64_t> TfNode::integer_of(std::size_t i, std::string_view what) const {
  OCTET_ASSIGN_OR_RETURN(const TensorId id, input(i));
  return integer(id, what);
}

Result<std::int64_t> TfNode::integer_attr(std::string_view key, std::int64_t fallback) const {
  const AttrValue* value = attr(key);
  if (value == nullptr) return fallback;
  if (value->value_case() == AttrValue::kI) return value->i();
  return error(ErrorCode::kInvalidModel, "attribute '{}' is no integer", key);
}

Result<bool> TfNode::bool_attr(std::string_view key, bool fallback) const {
  const AttrValue* value = attr(key);
  if (value == nullptr) return fallback;
  if (value->value_case() == AttrValue::kB) return value->b();
  return error(ErrorCode::kInvalidModel, "attribute '{}' is no bool", key);
}

Result<float> TfNode::float_attr(std::string_view key, float fallback) const {
  const AttrValue* value = attr(key);
  if (value == nullptr) return fallback;
  if (value->value_case() == AttrValue::kF && std::isfinite(value->f())) return value->f();
  return error(ErrorCode::kInvalidModel, "attribute '{}' is no finite number", key);
}

Result<std::string_view> TfNode::string_attr(std::string_view key, std::string_view fallback) const {
  const AttrValue* value = attr(key);
  if (value == nullptr) return fallback;
  if (value->value_case() == AttrValue::kS) return std::string_view(value->s());
  return error(ErrorCode::kInvalidModel, "attribute '{}' is no string", key);
}

Result<Numbers> TfNode::list_attr(std::string_view key) const {
  const AttrValue* value = attr(key);
  if (value == nullptr) return Numbers();
  if (value->value_case() != AttrValue::kList || value->list().i_size() > 2 * static_cast<int>(kMaxRank))
    return error(ErrorCode::kInvalidModel, "attribute '{}' is no list of at most {} integers", key, 2 * kMaxRank);
  return Numbers(value->list().i().begin(), value->list().i().end());
}

Result<DataType> TfNode::type_attr(std::string_view key) const {
  const AttrValue* value = attr(key);
  if (value == nullptr || value->value_case() != AttrValue::kType)
    return error(ErrorCode::kInvalidModel, "attribute '{}' is no type", key);
  auto type = tf_computed_type(value->type());
  if (!type) return error(type.error().code, "{}", type.error().message);
  return type;
}

Result<Layout> TfNode::layout() const {
  OCTET_ASSIGN_OR_RETURN(const std::string_view format, string_attr("data_format", "NHWC"));
  if (format == "NHWC") return Layout::kNhwc;
  if (format == "NCHW") return Layout::kNchw;
  return error(ErrorCode::kUnsupported, "data_format '{}' is not supported; NHWC and NCHW are", format);
}

Result<std::array<std::int64_t, 2>> TfNode::spatial(std::string_view key, Layout layout) const {
  OCTET_ASSIGN_OR_RETURN(const Numbers values, list_attr(key));
  if (values.empty()) return std::array<std::int64_t, 2>{1, 1};
  const ImageAxes axes = image_axes(layout);
  if (values.size() != 4)
    return error(ErrorCode::kInvalidModel, "attribute '{}' has {} numbers, expected 4", key, values.size());
  if (values[0] != 1 || values[axes.c] != 1)
    return error(ErrorCode::kUnsupported, "attribute '{}' is [{}]: only height and width may differ from 1", key,
                 fmt::join(values, ", "));
  return std::array<std::int64_t, 2>{values[axes.h], values[axes.w]};
}

}  // namespace octet
