// SPDX-License-Identifier: Apache-2.0
#include "api/samples.h"

#include "base/error.h"

namespace octet {

Result<void> store_image(const FloatImage& image, const std::filesystem::path& file, Session& session) {
  const TensorInfo info = session.input_info(0);
  const bool is_nchw = info.layout == "NCHW";
  const std::vector<std::int64_t> expected =
      is_nchw ? std::vector<std::int64_t>{1, image.channels, image.height, image.width}
              : std::vector<std::int64_t>{1, image.height, image.width, image.channels};
  if (info.type != ElementType::kFloat32 || info.shape != expected) {
    return make_error(ErrorCode::kInvalidData,
                      "{}: gives [{}] after preprocessing, input '{}' takes {} [{}]: set resize and center_crop keys to its size",
                      file.string(), fmt::join(expected, ", "), info.name, element_type_name(info.type), fmt::join(info.shape, ", "));
  }
  float* dst = session.input<float>(0).data();
  const auto channels = static_cast<std::size_t>(image.channels);
  const std::size_t pixels = image.values.size() / channels;
  for (std::size_t p = 0; p < pixels; ++p)
    for (std::size_t c = 0; c < channels; ++c)
      dst[is_nchw ? c * pixels + p : p * channels + c] = image.values[p * channels + c];
  return {};
}

Result<FolderSamples> FolderSamples::open(const DataPreprocessParam& param, const Graph& graph) {
  std::vector<DataSourceInput> inputs;
  for (const TensorId id : graph.inputs) {
    const Tensor& tensor = graph.tensor(id);
    DataSourceInput input;
    input.name = tensor.name;
    input.dims = tensor.shape;
    input.element_bytes = data_type_size(tensor.type);
    input.is_float32 = tensor.type == DataType::kFloat32;
    input.format = tensor.layout == Layout::kNchw ? DataFormat::kNchw : DataFormat::kNhwc;
    inputs.push_back(std::move(input));
  }
  OCTET_ASSIGN_OR_RETURN(DataSource source, DataSource::open(param, std::move(inputs)));
  return FolderSamples(std::move(source));
}

}  // namespace octet
