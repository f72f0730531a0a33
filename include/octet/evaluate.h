// SPDX-License-Identifier: Apache-2.0
// How accurate image classifiers are, and how far a quantized one is from its float model.
#ifndef OCTET_EVALUATE_H_
#define OCTET_EVALUATE_H_

#include <functional>
#include <string>
#include <vector>

#include "octet/model.h"
#include "octet/result.h"

namespace octet {

struct EvaluateOptions {
  std::vector<std::string> models;  // the first is the reference for agreement and cosine
  LoadOptions load;                 // for all of them; weight_file goes with the Caffe ones
  std::string image_folder;
  std::string label_file;       // CSV with columns file and class_index; empty: no accuracy, only agreement and cosine
  int label_offset = 0;         // predicted class = index of the largest output - label_offset
  std::string output;           // name of the graph output to look at; empty: the first
  std::string preprocess_file;  // configuration file with a section [data_preprocess_param]
  std::size_t limit = 0;        // images at most, in the order of their names; 0: all
  int num_threads = 1;
  std::function<void(const std::string& stage, std::size_t done, std::size_t total)> progress;
};

struct ModelScore {
  std::string model;
  std::size_t num_images = 0;   // evaluated
  std::size_t num_labelled = 0;  // of those, with a label
  std::size_t top1 = 0, top5 = 0;  // right answers among the labelled
  double images_per_s = 0;       // inference alone, without decoding
  double agreement = 1.0;        // share of images whose top-1 equals the first model's
  double cosine = 1.0;           // mean over images of the outputs' cosine with the first model's
};

// Error: everything that loading can give; kInvalidConfig from the preprocessing section; kInvalidData naming an image that
// does not decode or fit; kNotFound for folders and label files, and if not one label belongs to an image.
Result<std::vector<ModelScore>> evaluate(const EvaluateOptions& options);

}  // namespace octet

#endif  // OCTET_EVALUATE_H_
