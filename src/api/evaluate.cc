// SPDX-License-Identifier: Apache-2.0
#include "octet/evaluate.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>

#include "analysis/metrics.h"
#include "api/labels.h"
#include "api/samples.h"
#include "base/error.h"
#include "config/quant_config.h"

namespace octet {
namespace {

// One model with the place of the output that counts.
struct Candidate {
  Session session;
  std::size_t output = 0;
  double seconds = 0;
  std::vector<float> result;  // of the last run

  std::size_t result_size() const { return session.output_bytes(output).size() / element_bytes(); }
  std::size_t element_bytes() const { return session.output_info(output).type == ElementType::kFloat32 ? sizeof(float) : 1; }
};

Result<std::size_t> find_output(const Session& session, const std::string& model, const std::string& name) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < session.num_outputs(); ++i) {
    names.push_back(session.output_info(i).name);
    if (name.empty() || names.back() == name) return i;
  }
  return make_error(ErrorCode::kNotFound, "{}: has no output '{}'; its outputs are {}", model, name, fmt::join(names, ", "));
}

Result<Candidate> load_candidate(const std::string& model, const EvaluateOptions& options) {
  LoadOptions load = options.load;
  const bool is_caffe = model.ends_with(".prototxt") || load.format == ModelFormat::kCaffe;
  if (!is_caffe) load.weight_file.clear();
  OCTET_ASSIGN_OR_RETURN(const Model loaded, Model::load(model, load));
  auto session = Session::create(loaded, {options.num_threads});
  if (!session) return at(model, std::move(session).error());
  if (session->num_inputs() != 1)
    return make_error(ErrorCode::kInvalidArgument, "{}: has {} inputs, only models with one image input can be evaluated", model,
                      session->num_inputs());
  OCTET_ASSIGN_OR_RETURN(const std::size_t output, find_output(*session, model, options.output));
  if (!has_float_values(session->output_info(output)))
    return make_error(ErrorCode::kUnsupported, "{}: output '{}' is {}, expected float32 or 8-bit integers", model,
                      session->output_info(output).name, element_type_name(session->output_info(output).type));
  return Candidate{std::move(session).value(), output, 0, {}};
}

Result<void> run_timed(Candidate& candidate) {
  const auto start = std::chrono::steady_clock::now();
  OCTET_RETURN_IF_ERROR(candidate.session.run());
  candidate.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  load_floats(candidate.session, candidate.output, candidate.result);
  return {};
}

// Sums over images; turned into means at the end.
struct Totals {
  std::size_t top1 = 0, top5 = 0, agreements = 0;
  double cosine = 0;
};

void count(const Candidate& candidate, const Candidate& reference, std::optional<int> label, int label_offset, Totals& totals) {
  const std::vector<std::size_t> best = top_k(candidate.result, 5);
  if (label) {
    const auto is_label = [&](std::size_t index) { return static_cast<int>(index) - label_offset == *label; };
    totals.top1 += !best.empty() && is_label(best[0]) ? 1 : 0;
    totals.top5 += std::any_of(best.begin(), best.end(), is_label) ? 1 : 0;
  }
  totals.agreements += top_k(candidate.result, 1) == top_k(reference.result, 1) ? 1 : 0;
  totals.cosine += cosine_similarity(reference.result, candidate.result);
}

Result<void> check_comparable(const std::vector<Candidate>& candidates, const EvaluateOptions& options) {
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    if (candidates[i].result_size() == candidates[0].result_size()) continue;
    return make_error(ErrorCode::kInvalidArgument, "{}: its output has {} elements, that of {} has {}: choose one with --output",
                      options.models[i], candidates[i].result_size(), options.models[0], candidates[0].result_size());
  }
  return {};
}

}  // namespace

Result<std::vector<ModelScore>> evaluate(const EvaluateOptions& options) {
  if (options.models.empty()) return make_error(ErrorCode::kInvalidArgument, "evaluate: no model given");
  OCTET_ASSIGN_OR_RETURN(const DataPreprocessParam preprocess, load_data_preprocess_param(options.preprocess_file));
  OCTET_ASSIGN_OR_RETURN(auto images, list_images(options.image_folder));
  if (options.limit > 0 && options.limit < images.size()) images.resize(options.limit);
  OCTET_ASSIGN_OR_RETURN(const Labels labels, load_labels(options.label_file, options.image_folder, images));
  std::vector<Candidate> candidates;
  for (const std::string& model : options.models) {
    OCTET_ASSIGN_OR_RETURN(Candidate candidate, load_candidate(model, options));
    candidates.push_back(std::move(candidate));
  }
  OCTET_RETURN_IF_ERROR(check_comparable(candidates, options));

  std::vector<Totals> totals(candidates.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    OCTET_ASSIGN_OR_RETURN(const FloatImage image, preprocess_file(images[i], preprocess));
    for (Candidate& candidate : candidates) {
      OCTET_RETURN_IF_ERROR(store_image(image, images[i], candidate.session));
      OCTET_RETURN_IF_ERROR(run_timed(candidate));
    }
    for (std::size_t c = 0; c < candidates.size(); ++c)
      count(candidates[c], candidates[0], labels.find(i), options.label_offset, totals[c]);
    if (options.progress) options.progress("evaluating", i + 1, images.size());
  }

  std::vector<ModelScore> scores;
  const auto num_images = static_cast<double>(images.size());
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    ModelScore score;
    score.model = options.models[c];
    score.num_images = images.size();
    score.num_labelled = labels.size();
    score.top1 = totals[c].top1;
    score.top5 = totals[c].top5;
    score.images_per_s = num_images / candidates[c].seconds;
    score.agreement = static_cast<double>(totals[c].agreements) / num_images;
    score.cosine = totals[c].cosine / num_images;
    scores.push_back(std::move(score));
  }
  return scores;
}

}  // namespace octet
