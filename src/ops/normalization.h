// SPDX-License-Identifier: Apache-2.0
// Normalizations and per-channel scaling.
#ifndef OCTET_OPS_NORMALIZATION_H_
#define OCTET_OPS_NORMALIZATION_H_

#include "ops/define.h"

namespace octet {

// dst = (src - mean[c]) / sqrt(variance[c] + epsilon) * gamma[c] + beta[c]
// inputs: src, gamma, beta, mean, variance, each [C]. c is dimension `axis` of src.
struct BatchNormAttrs {
  float epsilon = 1e-5f;
  std::int64_t axis = 1;
  void visit(AttrVisitor& v) {
    v.visit("epsilon", epsilon);
    v.visit("axis", axis);
  }
};
// dst = src * scale[c] + bias[c]; inputs: src, scale, bias (optional), each [C]; c is dimension `axis` of src.
struct ScaleAttrs {
  std::int64_t axis = 1;
  Activation activation = Activation::kNone;
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("activation", activation, kActivationNames);
  }
};
// Over the dimensions from `axis` on: (src - mean) / sqrt(variance + epsilon) * gamma + beta.
// inputs: src, gamma, beta (optional), each of the normalized dimensions' shape.
struct LayerNormAttrs {
  std::int64_t axis = -1;
  float epsilon = 1e-5f;
  void visit(AttrVisitor& v) {
    v.visit("axis", axis);
    v.visit("epsilon", epsilon);
  }
};
// Local response normalization across channels (dimension `axis`):
// dst = src / (bias + alpha / size * sum of src^2 over `size` neighbouring channels) ^ beta
struct LrnAttrs {
  std::int64_t size = 5;
  float alpha = 1e-4f;
  float beta = 0.75f;
  float bias = 1.0f;
  std::int64_t axis = 1;
  void visit(AttrVisitor& v) {
    v.visit("size", size);
    v.visit("alpha", alpha);
    v.visit("beta", beta);
    v.visit("bias", bias);
    v.visit("axis", axis);
  }
};

extern const Op kBatchNorm, kScale, kLayerNorm, kLrn;

}  // namespace octet

#endif  // OCTET_OPS_NORMALIZATION_H_
