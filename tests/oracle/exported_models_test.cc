// SPDX-License-Identifier: Apache-2.0
// Quantized networks in other formats: what Octet writes is run by the runtimes that these formats belong to, on real
// images, and must classify as Octet does.
//
//   exported_models_test [--network NAME] [--images N] [--keep FOLDER]
//
// Needs OCTET_SHARED (the folder that holds data/models and data/images) and OCTET_PEERS (a Python virtual environment
// with numpy and any of onnxruntime, openvino, ai-edge-litert; one that is missing is said and left out). Without them
// the exit status is 77 (skipped). It is 1 unless each runtime gives as many right answers (top-1) as Octet's `.ms`
// file, up to 1 % of the images, and to at least 99 % of the images Octet's answer as its first or second.
//
// The very same answer cannot be asked of 99 %. These runtimes round float results, or fixed-point ones, in ways of
// their own, and in int8 networks one step in some values of a thousand changes the answer to one to three images of
// a hundred: ONNX Runtime and OpenVINO, evaluating the same file exactly, agree on 97.8 to 99.0 % of these images.
//
// --keep leaves the files there and takes those that lie there already, which saves the quantizing.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "api/labels.h"
#include "api/samples.h"
#include "config/quant_config.h"
#include "end_to_end/program.h"
#include "octet/convert.h"
#include "octet/model.h"

namespace octet {
namespace {

namespace fs = std::filesystem;

struct Network {
  std::string_view name, model, weights, input, mean, std;
};
constexpr std::string_view kImageNetMean = "[123.675, 116.28, 103.53]", kImageNetStd = "[58.395, 57.12, 57.375]";
constexpr Network kNetworks[] = {
    {"mobilenetv2", "mobilenetv2.onnx", "", "input", kImageNetMean, kImageNetStd},
    {"mobilenetv2_caffe", "mobilenetv2_caffe.prototxt", "mobilenetv2_caffe.caffemodel", "data", kImageNetMean,
     kImageNetStd},
    {"squeezenet", "squeezenet_v1.1.prototxt", "squeezenet_v1.1.caffemodel", "data", kImageNetMean, kImageNetStd},
    {"efficientnet_lite0", "efficientnet_lite0.onnx", "", "input", "[127, 127, 127]", "[128, 128, 128]"},
};

struct Peer {
  std::string_view runtime, suffix;
  std::size_t max_images = 500;
};
constexpr Peer kPeers[] = {
    {"onnxruntime", ".onnx"}, {"openvino", ".onnx"}, {"litert", ".tflite"}, {"litert_reference", ".tflite", 100}};

struct Options {
  std::string network;
  std::size_t num_images = 500;
  fs::path keep;
};

struct Images {
  std::vector<fs::path> files;
  Labels labels;
};

// What a model said to the images: the place of the largest output.
struct Answers {
  std::vector<std::size_t> top1;
  std::vector<bool> is_right;
  std::size_t has_reference = 0;  // images where at most one output is larger than that of the reference's answer
};

void add_answer(Answers& answers, std::span<const float> values, const std::optional<int>& label) {
  const auto best = static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
  answers.top1.push_back(best);
  answers.is_right.push_back(label && static_cast<int>(best) == *label);
}

Result<Images> find_images(const fs::path& shared, std::size_t count) {
  const std::string folder = (shared / "data/images/eval").string();
  OCTET_ASSIGN_OR_RETURN(std::vector<fs::path> files, list_images(folder));
  if (count < files.size()) files.resize(count);
  OCTET_ASSIGN_OR_RETURN(Labels labels, load_labels((shared / "data/images/labels.csv").string(), folder, files));
  return Images{std::move(files), std::move(labels)};
}

class NetworkTest {
 public:
  NetworkTest(const Network& network, const fs::path& shared, const fs::path& peers, const fs::path& folder)
      : network_(network), shared_(shared), peers_(peers), folder_(folder) {}

  // Whether all is as it should be.
  Result<bool> run(const Images& images) {
    OCTET_RETURN_IF_ERROR(write_config());
    OCTET_RETURN_IF_ERROR(convert_to(".ms"));
    for (const Peer& peer : kPeers) OCTET_RETURN_IF_ERROR(convert_to(peer.suffix));
    OCTET_ASSIGN_OR_RETURN(const Answers ours, run_octet(images));
    bool is_fine = true;
    for (const Peer& peer : kPeers) {
      OCTET_ASSIGN_OR_RETURN(const auto theirs, run_peer(peer, images, ours));
      if (theirs) is_fine = compare(peer, ours, *theirs) && is_fine;
    }
    return is_fine;
  }

 private:
  std::string file(std::string_view suffix) const {
    return (folder_ / fmt::format("{}{}", network_.name, suffix)).string();
  }

  Result<void> write_config() const {
    std::ofstream(file(".cfg")) << fmt::format(
        "[common_quant_param]\nquant_type=FULL_QUANT\n[full_quant_param]\nbias_correction=true\nper_channel=true\n"
        "[data_preprocess_param]\ncalibrate_path={}:{}\ncalibrate_size=100\ninput_type=IMAGE\nimage_to_format=RGB\n"
        "normalize_mean={}\nnormalize_std={}\ncenter_crop_width=224\ncenter_crop_height=224\n",
        network_.input, (shared_ / "data/images/calib").string(), network_.mean, network_.std);
    return {};
  }

  Result<void> convert_to(std::string_view suffix) const {
    if (fs::exists(file(suffix))) return {};
    ConvertOptions options;
    options.model_file = (shared_ / "data/models" / network_.model).string();
    if (!network_.weights.empty()) options.load.weight_file = (shared_ / "data/models" / network_.weights).string();
    options.output_file = file(suffix);
    options.config_file = file(".cfg");
    const auto report = convert(options);
    return report ? Result<void>() : report.error();
  }

  // Runs Octet, and leaves the prepared images for the others.
  Result<Answers> run_octet(const Images& images) {
    OCTET_ASSIGN_OR_RETURN(const DataPreprocessParam preprocess, load_data_preprocess_param(file(".cfg")));
    OCTET_ASSIGN_OR_RETURN(const Model model, Model::load(file(".ms")));
    OCTET_ASSIGN_OR_RETURN(Session session, Session::create(model, {.num_threads = 2}));
    std::ofstream prepared(file(".f32"), std::ios::binary);
    Answers answers;
    for (std::size_t i = 0; i < images.files.size(); ++i) {
      OCTET_ASSIGN_OR_RETURN(const FloatImage image, preprocess_file(images.files[i], preprocess));
      OCTET_RETURN_IF_ERROR(store_image(image, images.files[i], session));
      const auto bytes = session.input_bytes(0);
      prepared.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
      OCTET_RETURN_IF_ERROR(session.run());
      add_answer(answers, session.output<float>(0), images.labels.find(i));
    }
    return answers;
  }

  // Nothing if the runtime is not there.
  Result<std::optional<Answers>> run_peer(const Peer& peer, const Images& images, const Answers& ours) const {
    const std::string output = file(fmt::format(".{}.f32", peer.runtime));
    const std::size_t num_images = std::min(images.files.size(), peer.max_images);
    const ProgramRun program = run_program_at((peers_ / "bin/python").string(),
                                              {OCTET_SOURCE_DIR "/tests/oracle/run_peer.py", std::string(peer.runtime),
                                               file(peer.suffix), file(".f32"), std::to_string(num_images), output});
    if (program.status == 77) {
      fmt::print("{:20} {:16} left out: {}", network_.name, peer.runtime, program.out);
      return std::optional<Answers>();
    }
    if (program.status != 0)
      return make_error(ErrorCode::kInvalidModel, "{} does not run {}: {}{}", peer.runtime, file(peer.suffix),
                        program.out, program.err);
    const std::string bytes = read_file(output);
    const std::size_t count = bytes.size() / sizeof(float) / num_images;
    const std::span values(reinterpret_cast<const float*>(bytes.data()), bytes.size() / sizeof(float));
    Answers answers;
    for (std::size_t i = 0; i < num_images; ++i) {
      const auto outputs = values.subspan(i * count, count);
      add_answer(answers, outputs, images.labels.find(i));
      const float reference = outputs[ours.top1[i]];
      answers.has_reference +=
          std::count_if(outputs.begin(), outputs.end(), [&](float value) { return value > reference; }) <= 1 ? 1 : 0;
    }
    return std::optional(answers);
  }

  bool compare(const Peer& peer, const Answers& ours, const Answers& theirs) const {
    const std::size_t num_images = theirs.top1.size();
    std::size_t equal = 0, our_right = 0, their_right = 0;
    for (std::size_t i = 0; i < num_images; ++i) {
      equal += ours.top1[i] == theirs.top1[i] ? 1 : 0;
      our_right += ours.is_right[i] ? 1 : 0;
      their_right += theirs.is_right[i] ? 1 : 0;
    }
    const auto count = static_cast<double>(num_images);
    const double agreement = static_cast<double>(equal) / count,
                 best_two = static_cast<double>(theirs.has_reference) / count;
    const double difference = static_cast<double>(our_right) - static_cast<double>(their_right);
    const bool is_fine = std::abs(difference) <= 0.01 * count && best_two >= 0.99;
    fmt::print("{:20} {:16} of {} images right: octet {}, {} {}; same answer {:.1f} %, among the best two {:.1f} %{}\n",
               network_.name, peer.runtime, num_images, our_right, peer.runtime, their_right, 100 * agreement,
               100 * best_two, is_fine ? "" : "  NOT AS EXPECTED");
    std::fflush(stdout);
    return is_fine;
  }

  const Network& network_;
  fs::path shared_, peers_, folder_;
};

int run_all(const Options& options, const fs::path& shared, const fs::path& peers) {
  const auto images = find_images(shared, options.num_images);
  if (!images) return fmt::print(stderr, "{}\n", images.error().message), 1;
  const ScratchFolder scratch;
  const fs::path folder = options.keep.empty() ? scratch.path() : options.keep;
  bool is_fine = true;
  for (const Network& network : kNetworks) {
    if (!options.network.empty() && network.name != options.network) continue;
    const auto result = NetworkTest(network, shared, peers, folder).run(*images);
    if (!result) fmt::print("{}: {}\n", network.name, result.error().message);
    is_fine = is_fine && result && *result;
    fs::remove(folder / fmt::format("{}.f32", network.name));
  }
  return is_fine ? 0 : 1;
}

}  // namespace
}  // namespace octet

int main(int argc, char** argv) {
  octet::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const std::string value = i + 1 < argc ? argv[++i] : "";
    if (flag == "--network")
      options.network = value;
    else if (flag == "--images" && std::atoi(value.c_str()) > 0)
      options.num_images = static_cast<std::size_t>(std::atoi(value.c_str()));
    else if (flag == "--keep")
      options.keep = value;
    else
      return fmt::print(stderr, "wrong flag {} {}\n", flag, value), 2;
  }
  const char *const shared = std::getenv("OCTET_SHARED"), *const peers = std::getenv("OCTET_PEERS");
  if (shared == nullptr || peers == nullptr || !std::filesystem::exists(std::filesystem::path(peers) / "bin/python")) {
    fmt::print(
        "skipped: needs OCTET_SHARED (the folder above data/models and data/images) and OCTET_PEERS (a Python virtual "
        "environment "
        "with numpy and onnxruntime, openvino or ai-edge-litert)\n");
    return 77;
  }
  return octet::run_all(options, shared, peers);
}
