// SPDX-License-Identifier: Apache-2.0
// Counts n-grams of a vocabulary in rows of numbers: ONNX's TfIdfVectorizer.
//   src [C] or [N, C] (i32 or i64), dst [D] or [N, D] (f32): entry indices[g] counts how often n-gram g of the pool is
//   in the row, with 0 to max_skip numbers left out between any two of it
// https://onnx.ai/onnx/operators/onnx__TfIdfVectorizer.html
#ifndef OCTET_OPS_NGRAMS_H_
#define OCTET_OPS_NGRAMS_H_

#include "ops/define.h"

namespace octet {

enum class NgramWeighting : int { kTf, kIdf, kTfIdf };  // counts; weights where it is there; counts times weights
inline constexpr std::array<std::string_view, 3> kNgramWeightingNames = {"tf", "idf", "tfidf"};

struct NgramsAttrs {
  std::vector<std::int64_t> pool;     // all 1-grams, then all 2-grams, ...
  std::vector<std::int64_t> starts;   // where in the pool the n-grams of each length begin
  std::vector<std::int64_t> indices;  // of dst, one for each n-gram
  std::vector<float> weights;         // one for each of dst; empty: 1s
  std::int64_t min_length = 1, max_length = 1, max_skip = 0;
  NgramWeighting weighting = NgramWeighting::kTf;
  void visit(AttrVisitor& v) {
    v.visit("pool", pool);
    v.visit("starts", starts);
    v.visit("indices", indices);
    v.visit("weights", weights);
    v.visit("min_length", min_length);
    v.visit("max_length", max_length);
    v.visit("max_skip", max_skip);
    v.visit("weighting", weighting, kNgramWeightingNames);
  }
};

extern const Op kNgrams;

}  // namespace octet

#endif  // OCTET_OPS_NGRAMS_H_
