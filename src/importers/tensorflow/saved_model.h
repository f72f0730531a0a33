// SPDX-License-Identifier: Apache-2.0
// The folder of a SavedModel: saved_model.pb, and the values of its variables under variables/.
#ifndef OCTET_IMPORTERS_TENSORFLOW_SAVED_MODEL_H_
#define OCTET_IMPORTERS_TENSORFLOW_SAVED_MODEL_H_

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "importers/tensorflow/tensor_bundle.h"
#include "importers/tensorflow/tf_program.h"

namespace octet {

// The graph for serving. Error: kUnsupported if the model has several and none is tagged "serve".
Result<const tensorflow::MetaGraphDef*> serving_graph(const tensorflow::SavedModel& model);

// The signature to import. Error: kUnsupported listing them if there are several and none is serving_default.
Result<const tensorflow::SignatureDef*> serving_signature(const tensorflow::MetaGraphDef& graph);

// Which entry of the checkpoint each variable is restored from, by operation of the program that makes the variable.
// That is what the model's own restore operation does: RestoreV2 reads names, and assigns what it has read.
Result<std::map<std::size_t, std::string>> variable_keys(TfProgram& program, const tensorflow::MetaGraphDef& graph);

}  // namespace octet

#endif  // OCTET_IMPORTERS_TENSORFLOW_SAVED_MODEL_H_
