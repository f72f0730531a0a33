// SPDX-License-Identifier: Apache-2.0
#include "encoding/rans.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>
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
  const auto high = reader.read_ones();
  if (!high || *high > 2 * kRansTableSize || reader.bits_left() < static_cast<std::size_t>(bits)) return invalid("their models do not end");
  return *high << bits | reader.read(bits);
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
void fill_table(const Model& model, std::span<std::uint32_t> table) {
  std::uint32_t* next = table.data();
  for (std::uint32_t s = 0; s < kNumSymbols; ++s) {
    const std::uint32_t frequency = model.frequency[s];
    if (frequency == 0) continue;
    const std::uint32_t first = rans_entry(s ^ 0x80, frequency, 0);
    for (std::uint32_t i = 0; i < frequency; ++i) next[i] = first + i;
    next += frequency;
  }
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
  std::span<const std::byte> words;
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
  parts.words = rest.subspan(4 * parts.lanes);
  return parts;
}

// Takes the codes of a model's channels in their order, and puts them where they belong.
class ChannelWriter {
 public:
  ChannelWriter(const std::vector<std::size_t>& channels, const RansShape& shape, std::span<std::int8_t> codes)
      : channels_(channels), shape_(shape), codes_(codes) {}

  void write(const std::uint8_t* symbols, std::size_t count) {
    while (count > 0) {
      const std::size_t n = std::min(count, shape_.inner - place_);
      std::memcpy(codes_.data() + (outer_ * shape_.channels + channels_[channel_]) * shape_.inner + place_, symbols, n);
      symbols += n;
      count -= n;
      place_ += n;
      if (place_ < shape_.inner) continue;
      place_ = 0;
      if (++outer_ == shape_.outer) outer_ = 0, ++channel_;
    }
  }

 private:
  const std::vector<std::size_t>& channels_;
  const RansShape& shape_;
  std::span<std::int8_t> codes_;
  std::size_t channel_ = 0, outer_ = 0, place_ = 0;
};

constexpr std::size_t kBlock = 8192;  // symbols that are placed while they are in the first cache; a multiple of all lanes

// The words, a part at a time: those of the file need not be aligned, and kernels read beyond the last one.
class WordWindow {
 public:
  explicit WordWindow(std::span<const std::byte> bytes) : bytes_(bytes), window_(std::min(bytes.size() / 2, kSize) + kRansOverread) {}

  // A block takes at most a word for each symbol: brings them near.
  void prepare_block() {
    const std::size_t held = static_cast<std::size_t>(end() - next());
    if (held >= kBlock || bytes_.empty()) return;
    std::memmove(window_.data(), next(), 2 * held);
    const std::size_t more = std::min(bytes_.size() / 2, window_.size() - kRansOverread - held);
    std::memcpy(window_.data() + held, bytes_.data(), 2 * more);
    bytes_ = bytes_.subspan(2 * more);
    next_ = 0;
    end_ = held + more;
    std::fill_n(window_.data() + end_, kRansOverread, std::uint16_t{0});
  }

  const std::uint16_t* next() const { return window_.data() + next_; }
  const std::uint16_t* end() const { return window_.data() + end_; }
  void set_next(const std::uint16_t* next) { next_ = static_cast<std::size_t>(next - window_.data()); }
  bool is_empty() const { return next_ == end_ && bytes_.empty(); }

 private:
  static constexpr std::size_t kSize = 4 * kBlock;

  std::span<const std::byte> bytes_;  // that have not come yet
  std::vector<std::uint16_t> window_;
  std::size_t next_ = 0, end_ = 0;
};

}  // namespace

Result<void> decode_rans(std::span<const std::byte> bytes, const RansShape& shape, std::span<std::int8_t> codes) {
  OCTET_CHECK(codes.size() == shape.count());
  OCTET_ASSIGN_OR_RETURN(Parts parts, parse(bytes, shape));
  const RansDecodeKernel& kernel = choose_rans_decode(cpu_features(), parts.lanes);
  const bool in_order = parts.models.size() == 1 && shape.outer == 1;
  std::array<std::uint32_t, kRansTableSize> table;
  std::array<std::uint8_t, kBlock> block;
  WordWindow words(parts.words);
  bool ended = false;
  const auto decode = [&](std::size_t n, std::uint8_t* dst) {
    words.prepare_block();
    const std::uint16_t* const next = kernel.decode({n, parts.lanes, table.data(), words.next(), words.end(), parts.states.data(), dst});
    ended = next == nullptr;
    if (!ended) words.set_next(next);
  };
  for_each_model(parts.model_of, parts.models.size(), [&](std::size_t m, const std::vector<std::size_t>& channels) {
    if (ended) return;
    fill_table(parts.models[m], table);
    ChannelWriter writer(channels, shape, codes);
    const std::size_t count = channels.size() * shape.outer * shape.inner;
    for (std::size_t done = 0; done < count && !ended; done += kBlock) {
      const std::size_t n = std::min(count - done, kBlock);
      decode(n, in_order ? reinterpret_cast<std::uint8_t*>(codes.data()) + done : block.data());
      if (!in_order) writer.write(block.data(), n);
    }
  });
  if (ended) return invalid("they end too soon");
  // Every state is back where the encoder began: that tells most damage, at no cost.
  const bool complete = words.is_empty() && std::all_of(parts.states.begin(), parts.states.end(), [](std::uint32_t x) { return x == kLeastState; });
  if (!complete) return invalid("they are damaged");
  return {};
}

Result<std::vector<std::int8_t>> decode_rans(std::span<const std::byte> bytes, const RansShape& shape) {
  std::vector<std::int8_t> codes(shape.count());
  OCTET_RETURN_IF_ERROR(decode_rans(bytes, shape, codes));
  return codes;
}

}  // namespace octet
