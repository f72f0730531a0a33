// SPDX-License-Identifier: Apache-2.0
// How Winograd's algorithm cuts a convolution of stride 1: tiles of outputs_y x outputs_x output pixels, each made from a patch of
// points_y x points_x pixels. Along an axis of one tap nothing is transformed. A large window may be the sum of smaller ones, its pieces, each
// with a patch of its own; taps that the window lacks at their ends are zero.
#ifndef OCTET_KERNELS_WINOGRAD_FORM_H_
#define OCTET_KERNELS_WINOGRAD_FORM_H_

#include <cstddef>

namespace octet {

struct WinogradForm {
  std::size_t taps_y, taps_x;
  std::size_t outputs_y, outputs_x;
  std::size_t points_y, points_x;  // outputs + taps of a piece - 1
  std::size_t pieces_y = 1, pieces_x = 1;

  std::size_t points() const { return points_y * points_x; }
  std::size_t pieces() const { return pieces_y * pieces_x; }
  // From one piece to the next.
  std::size_t taps_of_piece_y() const { return points_y - outputs_y + 1; }
  std::size_t taps_of_piece_x() const { return points_x - outputs_x + 1; }
};

// Channels are transformed in whole vectors of so many.
inline constexpr std::size_t kWinogradChannels = 16;

}  // namespace octet

#endif  // OCTET_KERNELS_WINOGRAD_FORM_H_
