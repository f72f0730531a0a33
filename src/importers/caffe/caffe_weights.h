// SPDX-License-Identifier: Apache-2.0
// The weights of a .caffemodel, by the names of its layers.
#ifndef OCTET_IMPORTERS_CAFFE_CAFFE_WEIGHTS_H_
#define OCTET_IMPORTERS_CAFFE_CAFFE_WEIGHTS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/error.h"
#include "importers/caffe/caffe.pb.h"
#include "ir/shape.h"

namespace octet {

// A blob that a layer needs: what it is, for messages, and its shape.
struct BlobSpec {
  std::string_view what;
  Shape shape;
};

class CaffeWeights {
 public:
  // `file_name` stands for the file in messages. Error: kInvalidModel if the bytes are no .caffemodel.
  static Result<CaffeWeights> parse(std::span<const std::byte> bytes, std::string file_name);

  // Takes the blobs of a layer out of the file, which have to be these. Shapes are compared without leading dimensions
  // of 1, as files before `shape` have four dimensions always. Error: kInvalidModel naming what is missing, of another
  // shape, or not a finite number.
  Result<std::vector<std::vector<float>>> take(const std::string& layer_name, const std::vector<BlobSpec>& specs);

 private:
  using Blobs = google::protobuf::RepeatedPtrField<caffe::BlobProto>;

  std::string file_name_;
  std::unordered_map<std::string, Blobs> blobs_;  // by layer name
  std::unordered_set<std::string> taken_;         // layer names that were asked for
};

}  // namespace octet

#endif  // OCTET_IMPORTERS_CAFFE_CAFFE_WEIGHTS_H_
