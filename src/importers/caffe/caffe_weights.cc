// SPDX-License-Identifier: Apache-2.0
#include "importers/caffe/caffe_weights.h"

#include <algorithm>
#include <climits>
#include <cmath>

namespace octet {
namespace {

Shape blob_shape(const caffe::BlobProto& blob) {
  if (blob.has_shape()) return {blob.shape().dim().begin(), blob.shape().dim().end()};
  if (blob.has_num() || blob.has_channels() || blob.has_height() || blob.has_width())
    return {blob.num(), blob.channels(), blob.height(), blob.width()};
  return {};
}

Shape without_leading_ones(const Shape& shape) {
  return {std::find_if(shape.begin(), shape.end(), [](std::int64_t d) { return d != 1; }), shape.end()};
}

Result<std::vector<float>> read_blob(const caffe::BlobProto& blob, const BlobSpec& spec) {
  const Shape shape = blob_shape(blob);
  const auto count = num_elements(spec.shape);
  if (!count || without_leading_ones(shape) != without_leading_ones(spec.shape)) {
    return make_error(ErrorCode::kInvalidModel, "{} have shape [{}], the network needs [{}]", spec.what,
                      fmt::join(shape, ", "), fmt::join(spec.shape, ", "));
  }
  std::vector<float> values(blob.data().begin(), blob.data().end());
  if (values.empty()) {
    values.reserve(static_cast<std::size_t>(blob.double_data_size()));
    for (const double value : blob.double_data()) values.push_back(static_cast<float>(value));
  }
  if (static_cast<std::int64_t>(values.size()) != *count) {
    return make_error(ErrorCode::kInvalidModel, "{} of shape [{}] hold {} numbers, expected {}", spec.what,
                      fmt::join(spec.shape, ", "), values.size(), *count);
  }
  const auto bad = std::find_if(values.begin(), values.end(), [](float v) { return !std::isfinite(v); });
  if (bad != values.end()) {
    return make_error(ErrorCode::kInvalidModel, "{} hold {} as number {}, expected finite numbers", spec.what, *bad,
                      bad - values.begin());
  }
  return values;
}

std::string names(const std::vector<BlobSpec>& specs) {
  std::vector<std::string_view> result;
  for (const BlobSpec& spec : specs) result.push_back(spec.what);
  return fmt::format("{}", fmt::join(result, ", "));
}

}  // namespace

Result<CaffeWeights> CaffeWeights::parse(std::span<const std::byte> bytes, std::string file_name) {
  if (bytes.size() > INT_MAX)
    return make_error(ErrorCode::kUnsupported, "{}: is larger than 2 GiB, protobuf's limit", file_name);
  caffe::NetWeights net;
  if (!net.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return make_error(
        ErrorCode::kInvalidModel,
        "{}: is no .caffemodel, or is cut short: its protobuf does not parse (HDF5 files are not supported)",
        file_name);
  }
  CaffeWeights weights;
  weights.file_name_ = std::move(file_name);
  // Of several layers with a name the last one counts, as in Caffe; layers without weights do not.
  const auto add = [&](auto& layer) {
    if (layer.blobs_size() > 0) weights.blobs_[layer.name()].Swap(layer.mutable_blobs());
  };
  for (auto& layer : *net.mutable_layers()) add(layer);
  for (auto& layer : *net.mutable_layer()) add(layer);
  return weights;
}

Result<std::vector<std::vector<float>>> CaffeWeights::take(const std::string& layer_name,
                                                           const std::vector<BlobSpec>& specs) {
  const auto error = [&](std::string_view fact) {
    return make_error(ErrorCode::kInvalidModel, "{}: {}", file_name_, fact);
  };
  if (!taken_.insert(layer_name).second)
    return error(
        "another layer has the same name, so that their weights cannot be told apart; rename one in both files");
  const auto found = blobs_.find(layer_name);
  if (found == blobs_.end()) {
    return error(fmt::format(
        "has no weights for this layer, expected {}; is it the file of this network, with the same layer names?",
        names(specs)));
  }
  if (static_cast<std::size_t>(found->second.size()) != specs.size()) {
    return error(fmt::format("has {} blob{} for this layer, expected {}: {}", found->second.size(),
                             found->second.size() == 1 ? "" : "s", specs.size(), names(specs)));
  }
  std::vector<std::vector<float>> result;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    auto values = read_blob(found->second[static_cast<int>(i)], specs[i]);
    if (!values) return error(values.error().message);
    result.push_back(std::move(values).value());
  }
  blobs_.erase(found);  // else the weights of large models are in memory twice
  return result;
}

}  // namespace octet
