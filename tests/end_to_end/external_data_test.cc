// SPDX-License-Identifier: Apache-2.0
// ONNX models with their weights in other files.
#include <gtest/gtest.h>

#include "end_to_end/layer_stack.h"

namespace octet {
namespace {

ProgramRun convert(const std::string& model, const std::string& output, const std::string& config) {
  std::vector<std::string> args = {"convert", model, "-o", output, "--json"};
  if (!config.empty()) args.insert(args.end(), {"--config", config});
  return run_program("octet", args);
}

TEST(ExternalData, GivesTheFilesThatDataInsideTheModelGives) {
  const ScratchFolder folder;
  const std::string config = write_weight_config(folder);
  for (const bool takes_ids : {false, true}) {
    LayerStack stack{.width = 576, .num_layers = 4, .takes_ids = takes_ids};  // 1.3 MB a layer: left in the file
    const std::string outside = write_layer_stack(folder, "outside.onnx", stack);
    stack.external_data = false;
    const std::string inside = write_layer_stack(folder, "inside.onnx", stack);
    for (const std::string& quantization : {std::string(), config}) {
      for (const std::string suffix : {".ms", ".onnx", ".tflite"}) {
        // Octet's TFLite exporter has no embeddings, and the format no integer weights of float layers.
        if (suffix == ".tflite" && (takes_ids || !quantization.empty())) continue;
        const std::string a = folder.file("a" + suffix), b = folder.file("b" + suffix);
        const ProgramRun first = convert(outside, a, quantization), second = convert(inside, b, quantization);
        ASSERT_EQ(first.status, 0) << first.err;
        ASSERT_EQ(second.status, 0) << second.err;
        EXPECT_TRUE(read_file(a) == read_file(b)) << suffix << ' ' << quantization;
      }
    }
  }
}

TEST(ExternalData, CountsAsSizeOfTheSource) {
  const ScratchFolder folder;
  const LayerStack stack{.width = 256, .num_layers = 3};
  const std::string model = write_layer_stack(folder, "m.onnx", stack);
  const ProgramRun run = convert(model, folder.file("m.ms"), "");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_EQ(run.json()["source_bytes"], stack.weight_bytes() + read_file(model).size());
}

TEST(ExternalData, IsConvertedWithLessMemoryThanItTakes) {
  if (kIsSanitized) GTEST_SKIP() << "a sanitizer takes memory of its own";
  const ScratchFolder folder;
  const LayerStack stack{.width = 1024, .num_layers = 23};
  const std::string model = write_layer_stack(folder, "m.onnx", stack);
  ASSERT_GT(stack.weight_bytes(), 96u << 20);
  const ProgramRun run = convert(model, folder.file("m.ms"), write_weight_config(folder));
  ASSERT_EQ(run.status, 0) << run.err;
  // A quarter for the integers, another for the file, a layer's weights a few times, and 20 MB for the program.
  EXPECT_LT(run.peak_bytes, stack.weight_bytes());
}

}  // namespace
}  // namespace octet
