// SPDX-License-Identifier: Apache-2.0
#include "quantizers/weight/synthetic_samples.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace octet {
namespace {

// std::normal_distribution differs between libraries; the sum of twelve uniform numbers does not.
class Normal {
 public:
  explicit Normal(std::uint64_t seed) : engine_(seed) {}
  float next() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += static_cast<double>(engine_() >> 11) * 0x1p-53;
    return static_cast<float>(sum);
  }

 private:
  std::mt19937_64 engine_;
};

// Adds a grid of size x size random values, stretched linearly over the image.
void add_octave(std::size_t size, std::size_t h, std::size_t w, std::size_t c, Normal& normal, float* image) {
  std::vector<float> grid((size + 1) * (size + 1) * c);
  for (float& value : grid) value = normal.next();
  const auto at = [&](std::size_t y, std::size_t x, std::size_t k) { return grid[(y * (size + 1) + x) * c + k]; };
  for (std::size_t y = 0; y < h; ++y) {
    const float gy = static_cast<float>(y) * static_cast<float>(size) / static_cast<float>(h);
    const auto y0 = static_cast<std::size_t>(gy);
    const float fy = gy - static_cast<float>(y0);
    for (std::size_t x = 0; x < w; ++x) {
      const float gx = static_cast<float>(x) * static_cast<float>(size) / static_cast<float>(w);
      const auto x0 = static_cast<std::size_t>(gx);
      const float fx = gx - static_cast<float>(x0);
      for (std::size_t k = 0; k < c; ++k) {
        image[(y * w + x) * c + k] += (1 - fy) * ((1 - fx) * at(y0, x0, k) + fx * at(y0, x0 + 1, k)) +
                                      fy * ((1 - fx) * at(y0 + 1, x0, k) + fx * at(y0 + 1, x0 + 1, k));
      }
    }
  }
}

void make_image(std::size_t h, std::size_t w, std::size_t c, Normal& normal, std::span<float> image) {
  std::fill(image.begin(), image.end(), 0.0f);
  for (std::size_t size = 1; size <= std::max(h, w); size *= 2) add_octave(size, h, w, c, normal, image.data());
  double squares = 0;
  for (const float value : image) squares += double{value} * value;
  const auto scale = static_cast<float>(1.0 / std::sqrt(squares / static_cast<double>(image.size()) + 1e-12));
  for (float& value : image) value *= scale;
}

void fill_integers(DataType type, Normal& normal, std::span<std::byte> buffer) {
  const std::size_t size = data_type_size(type);
  std::fill(buffer.begin(), buffer.end(), std::byte{0});  // 0 and 1 differ in the first byte only (little endian)
  if (is_float(type)) return;
  for (std::size_t i = 0; i < buffer.size(); i += size) buffer[i] = normal.next() > 0 ? std::byte{1} : std::byte{0};
}

class MadeUpSamples : public SampleSource {
 public:
  MadeUpSamples(const Graph& graph, std::size_t size) : size_(size) {
    for (const TensorId id : graph.inputs) inputs_.push_back(graph.tensor(id));
  }
  std::size_t size() const override { return size_; }

  Result<void> load(std::size_t index, std::span<const std::span<std::byte>> buffers) const override {
    Normal normal(index + 1);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].type != DataType::kFloat32) {
        fill_integers(inputs_[i].type, normal, buffers[i]);
        continue;
      }
      const std::span<float> values(reinterpret_cast<float*>(buffers[i].data()), buffers[i].size() / sizeof(float));
      const Shape& shape = inputs_[i].shape;
      if (shape.size() == 4 && inputs_[i].layout != Layout::kNchw) {
        const std::size_t h = static_cast<std::size_t>(shape[1]), w = static_cast<std::size_t>(shape[2]), c = static_cast<std::size_t>(shape[3]);
        for (std::size_t n = 0; n < static_cast<std::size_t>(shape[0]); ++n)
          make_image(h, w, c, normal, values.subspan(n * h * w * c, h * w * c));
      } else if (shape.size() == 4) {
        const std::size_t h = static_cast<std::size_t>(shape[2]), w = static_cast<std::size_t>(shape[3]);
        for (std::size_t n = 0; n < static_cast<std::size_t>(shape[0] * shape[1]); ++n)
          make_image(h, w, 1, normal, values.subspan(n * h * w, h * w));
      } else {
        for (float& value : values) value = normal.next();
      }
    }
    return {};
  }

 private:
  std::vector<Tensor> inputs_;
  std::size_t size_;
};

}  // namespace

bool has_float_inputs(const Graph& graph) {
  return std::all_of(graph.inputs.begin(), graph.inputs.end(), [&](TensorId id) {
    const Tensor& tensor = graph.tensor(id);
    return tensor.type == DataType::kFloat32 && is_fixed(tensor.shape);
  });
}

std::unique_ptr<SampleSource> make_samples(const Graph& graph, std::size_t size) {
  return std::make_unique<MadeUpSamples>(graph, size);
}

}  // namespace octet
