// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/window.h"

#include <algorithm>

namespace octet {
namespace {

// Far beyond any image, and small enough that sums and products of two such numbers cannot overflow.
constexpr std::int64_t kMaxWindowNumber = std::int64_t{1} << 30;

// The attribute, `rank` numbers in [least, 2^30]; all `fallback` if it is absent.
Result<std::vector<std::int64_t>> read_numbers(const OnnxNode& node, std::string_view name, std::size_t count,
                                               std::int64_t least, std::int64_t fallback) {
  OCTET_ASSIGN_OR_RETURN(std::vector<std::int64_t> numbers, node.get_ints(name));
  if (numbers.empty()) numbers.assign(count, fallback);
  if (numbers.size() != count) {
    return node.error(ErrorCode::kInvalidModel, "attribute '{}' is [{}], expected {} numbers", name, fmt::join(numbers, ", "),
                      count);
  }
  for (const std::int64_t number : numbers) {
    if (number >= least && number <= kMaxWindowNumber) continue;
    return node.error(ErrorCode::kInvalidModel, "attribute '{}' is [{}], expected numbers in [{}, {}]", name,
                      fmt::join(numbers, ", "), least, kMaxWindowNumber);
  }
  return numbers;
}

// Numbers of the spatial dimensions as (h, w); of one dimension they are w.
void spread(const std::vector<std::int64_t>& numbers, std::array<std::int64_t, 2>& hw) {
  if (numbers.size() == 2) hw[0] = numbers[0];
  hw[1] = numbers.back();
}

Result<PadMode> read_pad_mode(const OnnxNode& node, const std::vector<std::int64_t>& pads) {
  OCTET_ASSIGN_OR_RETURN(const std::string mode, node.get_string("auto_pad", "NOTSET"));
  if (mode == "NOTSET") return PadMode::kExplicit;
  for (const std::int64_t pad : pads) {
    if (pad != 0)
      return node.error(ErrorCode::kInvalidModel, "auto_pad = {} and pads = [{}] exclude each other", mode, fmt::join(pads, ", "));
  }
  if (mode == "VALID") return PadMode::kExplicit;
  if (mode == "SAME_UPPER") return PadMode::kSameUpper;
  if (mode == "SAME_LOWER") return PadMode::kSameLower;
  return node.error(ErrorCode::kInvalidModel, "auto_pad is '{}', expected NOTSET, VALID, SAME_UPPER or SAME_LOWER", mode);
}

}  // namespace

Result<OnnxWindowLists> read_window_lists(const OnnxNode& node, std::size_t rank, const std::vector<std::int64_t>& kernel) {
  OnnxWindowLists window;
  OCTET_ASSIGN_OR_RETURN(window.kernel, node.get_ints("kernel_shape"));
  if (window.kernel.empty()) {
    if (kernel.empty()) return node.error(ErrorCode::kInvalidModel, "attribute 'kernel_shape' is missing");
    window.kernel = kernel;
  } else {
    OCTET_ASSIGN_OR_RETURN(window.kernel, read_numbers(node, "kernel_shape", rank, 1, 1));
    if (!kernel.empty() && kernel != window.kernel) {
      return node.error(ErrorCode::kInvalidModel, "kernel_shape is [{}], and the weights are [{}]",
                        fmt::join(window.kernel, ", "), fmt::join(kernel, ", "));
    }
  }
  OCTET_ASSIGN_OR_RETURN(window.strides, read_numbers(node, "strides", rank, 1, 1));
  OCTET_ASSIGN_OR_RETURN(window.dilations, read_numbers(node, "dilations", rank, 1, 1));
  OCTET_ASSIGN_OR_RETURN(const auto pads, read_numbers(node, "pads", 2 * rank, 0, 0));  // all begins, then all ends
  for (std::size_t d = 0; d < rank; ++d) window.pads.insert(window.pads.end(), {pads[d], pads[rank + d]});
  OCTET_ASSIGN_OR_RETURN(window.pad_mode, read_pad_mode(node, pads));
  return window;
}

Result<OnnxWindow> read_window(const OnnxNode& node, std::size_t rank, const std::vector<std::int64_t>& kernel) {
  OCTET_ASSIGN_OR_RETURN(const OnnxWindowLists lists, read_window_lists(node, rank, kernel));
  OnnxWindow window;
  spread(lists.kernel, window.kernel);
  spread(lists.strides, window.strides);
  spread(lists.dilations, window.dilations);
  std::copy(lists.pads.begin(), lists.pads.end(), window.pads.end() - static_cast<std::ptrdiff_t>(lists.pads.size()));
  window.pad_mode = lists.pad_mode;
  return window;
}

}  // namespace octet
