// SPDX-License-Identifier: Apache-2.0
// The model of AMX computes what the instructions do and finds what they would not stand.
#include "kernels/x86_amx_model.h"

#include "kernels/kernel_test.h"

namespace octet {
namespace {

TileConfig config_of(std::size_t rows, std::size_t columns, std::size_t k) {
  TileConfig config;
  config.set(0, rows, columns * 4);
  config.set(1, rows, k);
  config.set(2, k / 4, columns * 4);
  return config;
}

TEST(AmxModel, MultipliesTilesOfAllShapes) {
  Random random;
  for (const std::size_t rows : {1, 2, 15, 16}) {
    for (const std::size_t columns : {1, 7, 16}) {
      for (const std::size_t k : {4, 28, 64}) {
        const std::vector<std::int8_t> a = random.int8s(rows * k), b = random.int8s(k * columns);
        std::vector<std::int32_t> c(rows * columns);
        ModelTiles::configure(config_of(rows, columns, k));
        ModelTiles::zero<0>();
        ModelTiles::load<1>(a.data(), k);
        ModelTiles::load<2>(b.data(), columns * 4);
        ModelTiles::multiply<0, 1, 2>();
        ModelTiles::multiply<0, 1, 2>();
        ModelTiles::store<0>(c.data(), columns * 4);
        ModelTiles::release();
        for (std::size_t i = 0; i < c.size(); ++i) {
          std::int32_t sum = 0;
          for (std::size_t kk = 0; kk < k; ++kk)
            sum += a[i / columns * k + kk] * b[kk / 4 * columns * 4 + i % columns * 4 + kk % 4];
          ASSERT_EQ(c[i], 2 * sum) << rows << " x " << columns << " x " << k;
        }
      }
    }
  }
}

// What is done after configuring tiles of 4 rows, 4 columns and 16 values of k.
template <typename F>
void configured(const F& f) {
  ModelTiles::configure(config_of(4, 4, 16));
  f();
}

TEST(AmxModelDeathTest, EndsWhereTheProcessorWouldFault) {
  std::int8_t memory[1024] = {};
  TileConfig uneven = config_of(4, 4, 16);
  uneven.set(2, 5, 16);
  EXPECT_DEATH(ModelTiles::zero<0>(), "no configuration");
  EXPECT_DEATH(configured([&] { ModelTiles::load<3>(memory, 16); }), "tile 3 is not configured");
  EXPECT_DEATH(configured([] { ModelTiles::release(), ModelTiles::zero<0>(); }), "no configuration");
  EXPECT_DEATH(configured([&] { ModelTiles::configure(uneven), (ModelTiles::multiply<0, 1, 2>)(); }),
               "tile 1 have 16 bytes, tile 2 has 5 rows");
}

TEST(AmxModelDeathTest, EndsOnConfigurationsThatAreNone) {
  TileConfig config;
  config.set(0, 17, 64);
  EXPECT_DEATH(ModelTiles::configure(config), "17 rows");
  config.set(0, 16, 68);
  EXPECT_DEATH(ModelTiles::configure(config), "68 bytes");
  config.set(0, 16, 64);
  config.rows[0] = 0;
  EXPECT_DEATH(ModelTiles::configure(config), "0 rows of 64 bytes");
  config.set(0, 16, 64);
  config.set(8, 16, 64);
  EXPECT_DEATH(ModelTiles::configure(config), "tile 8");
  config = {};
  config.palette = 0;
  EXPECT_DEATH(ModelTiles::configure(config), "palette 0");
}

TEST(AmxModelDeathTest, EndsWhereRowsOverlap) {
  std::int8_t memory[1024] = {};
  EXPECT_DEATH(configured([&] { ModelTiles::store<1>(memory, 12); }), "begin every 12");
}

}  // namespace
}  // namespace octet
