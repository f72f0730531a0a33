// SPDX-License-Identifier: Apache-2.0
// The window that convolutions and pooling share in Caffe's files.
#ifndef OCTET_IMPORTERS_CAFFE_WINDOW_H_
#define OCTET_IMPORTERS_CAFFE_WINDOW_H_

#include <array>
#include <cstdint>
#include <optional>

#include "importers/caffe/caffe_layer.h"

namespace octet {

using PbSizes = google::protobuf::RepeatedField<std::uint32_t>;

// A size for height and width: NAME holds one number for both or one for each, or NAME_h and NAME_w hold them.
struct CaffeSizes {
  std::string_view name;
  const PbSizes& both;
  std::optional<std::uint32_t> h, w;
};
// `fallback` stands for a size that is absent, `fallback_of_one` where there is only one of NAME_h and NAME_w; without
// them that is an error.
Result<std::array<std::int64_t, 2>> read_sizes(const CaffeLayer& layer, const CaffeSizes& sizes,
                                               std::optional<std::int64_t> fallback,
                                               std::optional<std::int64_t> fallback_of_one = {});

struct CaffeWindow {
  std::array<std::int64_t, 2> kernel, strides;  // h, w
  std::array<std::int64_t, 4> pads;             // top, bottom, left, right
};

// `kernel_fallback`: of a layer that needs no kernel.
template <typename Param>
Result<CaffeWindow> read_window(const CaffeLayer& layer, const Param& param,
                                std::optional<std::int64_t> kernel_fallback = {}) {
  const auto optional = [](bool has, std::uint32_t value) { return has ? std::optional(value) : std::nullopt; };
  const CaffeSizes kernel{"kernel_size", param.kernel_size(), optional(param.has_kernel_h(), param.kernel_h()),
                          optional(param.has_kernel_w(), param.kernel_w())};
  const CaffeSizes stride{"stride", param.stride(), optional(param.has_stride_h(), param.stride_h()),
                          optional(param.has_stride_w(), param.stride_w())};
  const CaffeSizes pad{"pad", param.pad(), optional(param.has_pad_h(), param.pad_h()),
                       optional(param.has_pad_w(), param.pad_w())};
  CaffeWindow window{};
  OCTET_ASSIGN_OR_RETURN(window.kernel, read_sizes(layer, kernel, kernel_fallback));
  OCTET_ASSIGN_OR_RETURN(window.strides, read_sizes(layer, stride, 1));
  OCTET_ASSIGN_OR_RETURN(const auto pads, read_sizes(layer, pad, 0, 0));
  window.pads = {pads[0], pads[0], pads[1], pads[1]};
  return window;
}

}  // namespace octet

#endif  // OCTET_IMPORTERS_CAFFE_WINDOW_H_
