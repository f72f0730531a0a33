// SPDX-License-Identifier: Apache-2.0
// What operators that read between pixels share.
#ifndef OCTET_OPS_INTERPOLATION_H_
#define OCTET_OPS_INTERPOLATION_H_

#include <array>

#include "ops/resize.h"

namespace octet {

// The pixel that stands for position x.
double nearest_pixel(double x, NearestMode mode);

// Keys' cubic convolution kernel with coefficient `a` at a distance; 0 from 2 on.
// Source: Keys 1981, https://doi.org/10.1109/TASSP.1981.1163711
double cubic_weight(double distance, double a);
// At distances 1 + f, f, 1 - f and 2 - f: of the pixels around a position with fraction f.
std::array<double, 4> cubic_weights(double f, double a);

}  // namespace octet

#endif  // OCTET_OPS_INTERPOLATION_H_
