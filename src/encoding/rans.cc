// SPDX-License-Identifier: Apache-2.0
#include "encoding/rans.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "encoding/bit_string.h"
#include "encoding/bytes.h"
#include "kernels/rans_decode/rans_decode.h"

namespace octet {
namespace {

constexpr std::size_t kNumSymbols = 256;
constexpr std::size_t kMaxModels = 16;
constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint8_t kVersion = 1;
constexpr std::uint32_t kLeastState = 1u << 16;

using Counts = std::array<std::uint32_t, kNumSymbols>;

std::uint8_t symbol_of(std::int8_t code) { return static_cast<std::uint8_t>(code + 128); }

// Few weights are not worth 32 states of 4 bytes; many are worth the speed.
std::size_t lanes_for(std::size_t count) { return count >= (std::size_t{1} << 15) ? kRansLanes : count >= 1024 ? 4 : 1; }

// Frequencies of a sum of 2^12, at least 1 for each symbol that occurs.
struct Model {
  Counts frequency{};

  static Model of(const Counts& counts) {
    Model model;
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
    std::int64_t sum = 0;
    for (std::size_t s = 0; s < kNumSymbols; ++s) {
      if (counts[s] == 0) continue;
      model.frequency[s] = static_cast<std::uint32_t>(std::max(1.0, std::nearbyint(counts[s] / total * kRansTableSize)));
      sum += model.frequency[s];
    }
    // What rounding left goes where it costs least: to the symbol whose share is furthest off.
    for (; sum != static_cast<std::int64_t>(kRansTableSize); sum += sum < static_cast<std::int64_t>(kRansTableSize) ? 1 : -1) {
      const bool grow = sum < static_cast<std::int64_t>(kRansTableSize);
      std::size_t best = kNumSymbols;
      double best_cost = 0;
      for (std::size_t s = 0; s < kNumSymbols; ++s) {
        const double f = model.frequency[s];
        if (counts[s] == 0 || (!grow && f < 2)) continue;
        const double cost = counts[s] * std::log2(grow ? f / (f + 1) : f / (f - 1));
        if (best == kNumSymbols || cost < best_cost) best = s, best_cost = cost;
      }
      model.frequency[best] += grow ? 1 : -1;
    }
    return model;
  }
};

std::uint32_t folded(std::int32_t value) { return value >= 0 ? 2 * static_cast<std::uint32_t>(value) : 2 * static_cast<std::uint32_t>(-value) - 1; }
std::int32_t unfolded(std::uint32_t value) {
  return value % 2 == 0 ? static_cast<std::int32_t>(value / 2) : -static_cast<std::int32_t>(value / 2) - 1;
}
int rice_bits(std::uint32_t previous) { return static_cast<int>(std::bit_width(previous)) / 2; }

void write_rice(std::uint32_t value, int bits, BitWriter& writer) {
  for (std::uint32_t high = value >> bits; high > 0; --high) writer.write(1, 1);
  writer.write(0, 1);
  writer.write(value, bits);
}

void write_model(const Model& model, BitWriter& writer) {
  std::size_t least = 0, largest = kNumSymbols - 1;
  while (model.frequency[least] == 0) ++least;
  while (model.frequency[largest] == 0) --largest;
  writer.write(static_cast<std::uint32_t>(least), 8);
  writer.write(static_cast<std::uint32_t>(largest), 8);
  auto previous = static_cast<std::uint32_t>(kRansTableSize / (largest - least + 1));
  for (std::size_t s = least; s <= largest; ++s) {
    write_rice(folded(static_cast<std::int32_t>(model.frequency[s]) - static_cast<std::int32_t>(previous)), rice_bits(previous), writer);
    previous = model.frequency[s];
  }
}

Error invalid(const char* what) { return make_error(ErrorCode::kInvalidModel, "entropy-coded weights: {}", what); }

Result<std::uint32_t> read_rice(int bits, BitReader& reader) {
  std::uint32_t high = 0;
  for (;; ++high) {
    if (reader.bits_left() == 0 || high > 2 * kRansTableSize) return invalid("their models do not end");
    if (reader.read(1) == 0) break;
  }
  if (reader.bits_left() < static_cast<std::size_t>(bits)) return invalid("their models do not end");
  return high << bits | reader.read(bits);
}

Result<Model> read_model(BitReader& reader) {
  if (reader.bits_left() < 16) return invalid("their models do not end");
  const std::size_t least = reader.read(8), largest = reader.read(8);
  if (largest < least) return invalid("a model has no code");
  Model model;
  auto previous = static_cast<std::uint32_t>(kRansTableSize / (largest - least + 1));
  std::uint64_t sum = 0;
  for (std::size_t s = least; s <= largest; ++s) {
    OCTET_ASSIGN_OR_RETURN(const std::uint32_t difference, read_rice(rice_bits(previous), reader));
    const std::int64_t frequency = std::int64_t{previous} + unfolded(difference);
    if (frequency < 0 || frequency > static_cast<std::int64_t>(kRansTableSize)) return invalid("a frequency is outside [0, 4096]");
    model.frequency[s] = previous = static_cast<std::uint32_t>(frequency);
    sum += previous;
  }
  if (sum != kRansTableSize) return invalid("the frequencies of a model do not add up to 4096");
  return model;
}

// Which channels share a model.
struct Grouping {
  std::vector<std::uint8_t> model_of;  // by channel
  std::vector<Model> models;
  double bits = 0;  // of the whole, but for the states
};

std::vector<Counts> count_channels(std::span<const std::int8_t> codes, const RansShape& shape) {
  std::vector<Counts> counts(shape.channels);
  for (std::size_t i = 0; i < codes.size(); ++i) ++counts[i / shape.inner % shape.channels][symbol_of(codes[i])];
  return counts;
}

std::vector<Counts> sum_by_model(const std::vector<Counts>& channels, const std::vector<std::uint8_t>& model_of, std::size_t models) {
  std::vector<Counts> sums(models);
  for (std::size_t c = 0; c < channels.size(); ++c)
    for (std::size_t s = 0; s < kNumSymbols; ++s) sums[model_of[c]][s] += channels[c][s];
  return sums;
}

double spread_of(const Counts& counts) {
  double total = 0, squares = 0;
  for (std::size_t s = 0; s < kNumSymbols; ++s) {
    const double q = static_cast<double>(s) - 128;
    total += counts[s], squares += counts[s] * q * q;
  }
  return total > 0 ? squares / total : 0;
}

// Channels of similar spread first share a model; then each moves to the one that codes it in the fewest bits.
Grouping group_channels(const std::vector<Counts>& channels, std::size_t num_models) {
  constexpr int kRounds = 4;
  std::vector<std::size_t> order(channels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> spread;
  for (const Counts& counts : channels) spread.push_back(spread_of(counts));
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return spread[a] < spread[b]; });
  Grouping grouping;
  grouping.model_of.resize(channels.size());
  for (std::size_t i = 0; i < order.size(); ++i) grouping.model_of[order[i]] = static_cast<std::uint8_t>(i * num_models / order.size());

  for (int round = 0; num_models > 1 && round < kRounds; ++round) {
    const auto sums = sum_by_model(channels, grouping.model_of, num_models);
    std::vector<std::array<float, kNumSymbols>> cost(num_models);
    for (std::size_t m = 0; m < num_models; ++m) {
      const double total = std::accumulate(sums[m].begin(), sums[m].end(), 0.0) + kNumSymbols * 0.1;
      for (std::size_t s = 0; s < kNumSymbols; ++s) cost[m][s] = static_cast<float>(-std::log2((sums[m][s] + 0.1) / total));
    }
    for (std::size_t c = 0; c < channels.size(); ++c) {
      float least = 0;
      for (std::size_t m = 0; m < num_models; ++m) {
        float bits = 0;
        for (std::size_t s = 0; s < kNumSymbols; ++s) bits += static_cast<float>(channels[c][s]) * cost[m][s];
        if (m == 0 || bits < least) least = bits, grouping.model_of[c] = static_cast<std::uint8_t>(m);
      }
    }
  }
  // Models that no channel is left with go.
  std::array<int, kMaxModels> renamed;
  renamed.fill(-1);
  int used = 0;
  for (std::uint8_t& model : grouping.model_of) {
    if (renamed[model] < 0) renamed[model] = used++;
    model = static_cast<std::uint8_t>(renamed[model]);
  }
  BitWriter tables;
  for (const Counts& counts : sum_by_model(channels, grouping.model_of, static_cast<std::size_t>(used))) {
    grouping.models.push_back(Model::of(counts));
    write_model(grouping.models.back(), tables);
    for (std::size_t s = 0; s < kNumSymbols; ++s)
      if (counts[s] > 0) grouping.bits += counts[s] * (kRansTableLog - std::log2(grouping.models.back().frequency[s]));
  }
  grouping.bits += 8.0 * static_cast<double>(tables.take().size());
  grouping.bits += static_cast<double>(channels.size()) * bits_to_index(grouping.models.size());
  return grouping;
}

Grouping best_grouping(const std::vector<Counts>& channels) {
  Grouping best = group_channels(channels, 1);
  for (std::size_t models = 2; models <= std::min(kMaxModels, channels.size()); models *= 2) {
    Grouping grouping = group_channels(channels, models);
    if (grouping.bits < best.bits) best = std::move(grouping);
    else break;
  }
  return best;
}

// Calls run(model, channels) for the channels of each model.
template <typename Run>
void for_each_model(const std::vector<std::uint8_t>& model_of, std::size_t num_models, Run run) {
  std::vector<std::vector<std::size_t>> channels(num_models);
  for (std::size_t c = 0; c < model_of.size(); ++c) channels[model_of[c]].push_back(c);
  for (std::size_t m = 0; m < num_models; ++m) run(m, channels[m]);
}

struct CodedRuns {
  std::vector<std::uint32_t> states;
  std::vector<std::uint16_t> words;
};

// A run of symbols of one model.
struct Run {
  std::size_t model;
  std::vector<std::uint8_t> symbols;
};

// rANS codes backwards: the last symbol first, and the words come out last first, too.
CodedRuns encode_runs(const std::vector<Run>& runs, const std::vector<Model>& models, std::size_t lanes) {
  CodedRuns coded;
  coded.states.assign(lanes, kLeastState);
  for (std::size_t r = runs.size(); r-- > 0;) {
    const Counts& frequency = models[runs[r].model].frequency;
    Counts begin{};
    for (std::size_t s = 1; s < kNumSymbols; ++s) begin[s] = begin[s - 1] + frequency[s - 1];
    for (std::size_t i = runs[r].symbols.size(); i-- > 0;) {
      const std::uint8_t symbol = runs[r].symbols[i];
      const std::uint32_t f = frequency[symbol];
      std::uint32_t& x = coded.states[i % lanes];
      if (std::uint64_t{x} >= std::uint64_t{f} << (32 - kRansTableLog)) {
        coded.words.push_back(static_cast<std::uint16_t>(x & 0xffff));
        x >>= 16;
      }
      x = (x / f << kRansTableLog) + x % f + begin[symbol];
    }
  }
  std::reverse(coded.words.begin(), coded.words.end());
  return coded;
}

// The kernel's symbols are the codes' bytes: s - 128 is s with its highest bit turned over.
std::vector<std::uint32_t> decode_table(const Model& model) {
  std::vector<std::uint32_t> table;
  table.reserve(kRansTableSize);
  for (std::uint32_t s = 0; s < kNumSymbols; ++s)
    for (std::uint32_t i = 0; i < model.frequency[s]; ++i) table.push_back(rans_entry(s ^ 0x80, model.frequency[s], i));
  return table;
}

}  // namespace

Result<std::vector<std::byte>> encode_rans(std::span<const std::int8_t> codes, const RansShape& shape) {
  if (codes.empty()) return make_error(ErrorCode::kUnsupported, "there is nothing to encode");
  OCTET_CHECK(codes.size() == shape.count());
  const Grouping grouping = best_grouping(count_channels(codes, shape));
  std::vector<Run> runs;
  for_each_model(grouping.model_of, grouping.models.size(), [&](std::size_t model, const std::vector<std::size_t>& channels) {
    Run& run = runs.emplace_back(Run{model, {}});
    for (const std::size_t c : channels)
      for (std::size_t o = 0; o < shape.outer; ++o)
        for (std::size_t i = 0; i < shape.inner; ++i) run.symbols.push_back(symbol_of(codes[(o * shape.channels + c) * shape.inner + i]));
  });
  const std::size_t lanes = lanes_for(codes.size());
  const CodedRuns coded = encode_runs(runs, grouping.models, lanes);

  BitWriter writer;
  for (const Model& model : grouping.models) write_model(model, writer);
  const int index_bits = bits_to_index(grouping.models.size());
  for (const std::uint8_t model : grouping.model_of) writer.write(model, index_bits);
  const std::vector<std::byte> bits = writer.take();
  std::vector<std::byte> bytes = {std::byte{kVersion}, static_cast<std::byte>(std::bit_width(lanes) - 1),
                                  static_cast<std::byte>(grouping.models.size()), std::byte{0}};
  append_bytes(bytes, static_cast<std::uint32_t>(bits.size()));
  bytes.insert(bytes.end(), bits.begin(), bits.end());
  for (const std::uint32_t state : coded.states) append_bytes(bytes, state);
  for (const std::uint16_t word : coded.words) append_bytes(bytes, word);
  return bytes;
}

namespace {

// A file's parts, checked for their sizes.
struct Parts {
  std::size_t lanes;
  std::vector<Model> models;
  std::vector<std::uint8_t> model_of;
  std::vector<std::uint32_t> states;
  std::vector<std::uint16_t> words;  // and kRansOverread more
};

Result<Parts> parse(std::span<const std::byte> bytes, const RansShape& shape) {
  if (bytes.size() < kHeaderBytes || bytes[0] != std::byte{kVersion}) return invalid("they are not of version 1");
  const auto log_lanes = std::to_integer<unsigned>(bytes[1]);
  const auto num_models = std::to_integer<std::size_t>(bytes[2]);
  std::uint32_t bit_bytes;
  std::memcpy(&bit_bytes, bytes.data() + 4, sizeof(bit_bytes));
  if (log_lanes > 5) return invalid("they have more than 32 states");
  if (num_models < 1 || num_models > kMaxModels) return invalid("they have no or more than 16 models");
  Parts parts;
  parts.lanes = std::size_t{1} << log_lanes;
  if (bit_bytes > bytes.size() - kHeaderBytes || bytes.size() - kHeaderBytes - bit_bytes < 4 * parts.lanes)
    return invalid("they end before their states");
  BitReader reader(bytes.subspan(kHeaderBytes, bit_bytes));
  for (std::size_t m = 0; m < num_models; ++m) {
    OCTET_ASSIGN_OR_RETURN(parts.models.emplace_back(), read_model(reader));
  }
  const int index_bits = bits_to_index(num_models);
  if (static_cast<std::uint64_t>(index_bits) * shape.channels > reader.bits_left()) return invalid("channels have no model");
  parts.model_of.resize(shape.channels);
  for (std::uint8_t& model : parts.model_of) {
    model = static_cast<std::uint8_t>(reader.read(index_bits));
    if (model >= num_models) return invalid("a channel's model does not exist");
  }
  if (reader.bits_left() >= 8 || reader.read(static_cast<int>(reader.bits_left())) != 0) return invalid("their channels' models do not end");
  const auto rest = bytes.subspan(kHeaderBytes + bit_bytes);
  if (rest.size() % 2 != 0) return invalid("they end within a word");
  parts.states.resize(parts.lanes);
  std::memcpy(parts.states.data(), rest.data(), 4 * parts.lanes);
  const std::size_t num_words = (rest.size() - 4 * parts.lanes) / 2;
  parts.words.resize(num_words + kRansOverread);
  std::memcpy(parts.words.data(), rest.data() + 4 * parts.lanes, 2 * num_words);
  return parts;
}

// Copies the codes of a model's channels to where they belong.
void place_channels(const std::uint8_t* symbols, const std::vector<std::size_t>& channels, const RansShape& shape,
                    std::vector<std::int8_t>& codes) {
  for (const std::size_t c : channels) {
    for (std::size_t o = 0; o < shape.outer; ++o) {
      std::memcpy(codes.data() + (o * shape.channels + c) * shape.inner, symbols, shape.inner);
      symbols += shape.inner;
    }
  }
}

}  // namespace

Result<std::vector<std::int8_t>> decode_rans(std::span<const std::byte> bytes, const RansShape& shape) {
  OCTET_ASSIGN_OR_RETURN(Parts parts, parse(bytes, shape));
  const RansDecodeKernel& kernel = choose_rans_decode(cpu_features(), parts.lanes);
  std::vector<std::int8_t> codes(shape.count());
  const bool in_place = parts.models.size() == 1 && shape.outer == 1;  // all codes come in their own order
  std::vector<std::uint8_t> symbols(in_place ? 0 : codes.size());
  const std::uint16_t* words = parts.words.data();
  const std::uint16_t* end = words + (parts.words.size() - kRansOverread);
  for_each_model(parts.model_of, parts.models.size(), [&](std::size_t m, const std::vector<std::size_t>& channels) {
    if (words == nullptr) return;
    const std::vector<std::uint32_t> table = decode_table(parts.models[m]);
    const std::size_t n = channels.size() * shape.outer * shape.inner;
    std::uint8_t* dst = in_place ? reinterpret_cast<std::uint8_t*>(codes.data()) : symbols.data();
    words = kernel.decode({n, parts.lanes, table.data(), words, end, parts.states.data(), dst});
    if (words != nullptr && !in_place) place_channels(dst, channels, shape, codes);
  });
  if (words == nullptr) return invalid("they end too soon");
  // Every state is back where the encoder began: that tells most damage, at no cost.
  const bool complete = words == end && std::all_of(parts.states.begin(), parts.states.end(), [](std::uint32_t x) { return x == kLeastState; });
  if (!complete) return invalid("they are damaged");
  return codes;
}

}  // namespace octet
