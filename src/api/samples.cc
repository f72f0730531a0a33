// SPDX-License-Identifier: Apache-2.0
#include "api/samples.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"
#include "quantizers/weight/synthetic_samples.h"

namespace octet {

namespace {

// The step of an 8-bit tensor that is nearest to the value.
template <typename T>
T nearest_step(float value, const TensorInfo& info) {
  using Limits = std::numeric_limits<T>;
  const float steps = info.scale > 0 ? value / info.scale + static_cast<float>(info.zero_point) : value;
  return static_cast<T>(std::clamp(std::nearbyint(steps), float{Limits::min()}, float{Limits::max()}));
}

template <typename T, typename F>
void store_pixels(const FloatImage& image, bool is_nchw, T* dst, const F& convert) {
  const auto channels = static_cast<std::size_t>(image.channels);
  const std::size_t pixels = image.values.size() / channels;
  for (std::size_t p = 0; p < pixels; ++p)
    for (std::size_t c = 0; c < channels; ++c) dst[is_nchw ? c * pixels + p : p * channels + c] = convert(image.values[p * channels + c]);
}

template <typename T>
void dequantize(std::span<const T> steps, const TensorInfo& info, std::vector<float>& values) {
  const float scale = info.scale > 0 ? info.scale : 1.0f;
  values.clear();
  for (const T step : steps) values.push_back(static_cast<float>(step - info.zero_point) * scale);
}

}  // namespace

bool has_float_values(const TensorInfo& info) {
  return info.type == ElementType::kFloat32 || info.type == ElementType::kInt8 || info.type == ElementType::kUint8;
}

Result<void> store_image(const FloatImage& image, const std::filesystem::path& file, Session& session) {
  const TensorInfo info = session.input_info(0);
  const bool is_nchw = info.layout == "NCHW";
  const std::vector<std::int64_t> expected =
      is_nchw ? std::vector<std::int64_t>{1, image.channels, image.height, image.width}
              : std::vector<std::int64_t>{1, image.height, image.width, image.channels};
  if (!has_float_values(info) || info.shape != expected) {
    return make_error(ErrorCode::kInvalidData,
                      "{}: gives [{}] after preprocessing, input '{}' takes {} [{}]: set resize and center_crop keys to its size",
                      file.string(), fmt::join(expected, ", "), info.name, element_type_name(info.type), fmt::join(info.shape, ", "));
  }
  if (info.type == ElementType::kFloat32) {
    store_pixels(image, is_nchw, session.input<float>(0).data(), [](float v) { return v; });
  } else if (info.type == ElementType::kInt8) {
    store_pixels(image, is_nchw, session.input<std::int8_t>(0).data(), [&](float v) { return nearest_step<std::int8_t>(v, info); });
  } else {
    store_pixels(image, is_nchw, session.input<std::uint8_t>(0).data(), [&](float v) { return nearest_step<std::uint8_t>(v, info); });
  }
  return {};
}

void load_floats(const Session& session, std::size_t output, std::vector<float>& values) {
  const TensorInfo info = session.output_info(output);
  if (info.type == ElementType::kInt8) return dequantize(session.output<std::int8_t>(output), info, values);
  if (info.type == ElementType::kUint8) return dequantize(session.output<std::uint8_t>(output), info, values);
  const auto floats = session.output<float>(output);
  values.assign(floats.begin(), floats.end());
}

namespace {

std::vector<DataSourceInput> source_inputs(const Graph& graph) {
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
  return inputs;
}

}  // namespace

Result<FolderSamples> FolderSamples::open(const DataPreprocessParam& param, const Graph& graph) {
  OCTET_ASSIGN_OR_RETURN(DataSource source, DataSource::open(param, source_inputs(graph)));
  return FolderSamples(std::move(source));
}

Result<std::vector<FolderSamples>> FolderSamples::open_all(const DataPreprocessParam& param, std::span<const Graph* const> graphs) {
  std::vector<std::vector<DataSourceInput>> shapes;
  for (const Graph* graph : graphs) shapes.push_back(source_inputs(*graph));
  OCTET_ASSIGN_OR_RETURN(std::vector<DataSource> sources, DataSource::open_all(param, shapes));
  std::vector<FolderSamples> samples;
  for (DataSource& source : sources) samples.push_back(FolderSamples(std::move(source)));
  return samples;
}

Result<ConversionSamples> ConversionSamples::open(const DataPreprocessParam& param, const Graph& graph) {
  ConversionSamples samples(graph);
  if (param.calibrate_path.empty()) return samples;
  OCTET_ASSIGN_OR_RETURN(samples.given_, FolderSamples::open(param, graph));
  return samples;
}

const SampleSource& ConversionSamples::given_or_made_up(std::size_t size) {
  if (given_) return *given_;
  if (made_up_ == nullptr) made_up_ = make_samples(*graph_, size);
  return *made_up_;
}

}  // namespace octet
