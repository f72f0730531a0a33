// SPDX-License-Identifier: Apache-2.0
#include "encoding/fse.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "encoding/bytes.h"
#include "encoding/code_set.h"

namespace octet {
namespace {

// States are 16-bit numbers in [2^table_log, 2^(table_log + 1)).
constexpr int kMaxTableLog = 15;
constexpr int kMinTableLog = 4;  // below, spread_symbols() does not reach every place
constexpr int kExtraTableLog = 3;  // tables have 8 to 16 places per symbol
constexpr std::size_t kMaxSymbols = (std::size_t{1} << kMaxTableLog) / 2;

int table_log_for(std::size_t num_symbols) {
  return std::min(kMaxTableLog, static_cast<int>(std::bit_width(num_symbols)) + kExtraTableLog);
}

// Counts scaled to a sum of 2^table_log, each at least 1. What rounding leaves is taken from (or given to) the most frequent.
std::vector<std::uint32_t> scaled_frequencies(const std::vector<std::size_t>& counts, int table_log) {
  const std::int64_t table_size = std::int64_t{1} << table_log;
  double total = 0;
  for (const std::size_t count : counts) total += static_cast<double>(count);
  std::vector<std::uint32_t> frequencies;
  std::int64_t sum = 0;
  for (const std::size_t count : counts) {
    const double scaled = std::floor(0.5 + static_cast<double>(table_size) / total * static_cast<double>(count));
    frequencies.push_back(static_cast<std::uint32_t>(std::max(1.0, scaled)));
    sum += frequencies.back();
  }
  for (; sum > table_size; --sum) --*std::max_element(frequencies.begin(), frequencies.end());
  for (; sum < table_size; ++sum) ++*std::max_element(frequencies.begin(), frequencies.end());
  return frequencies;
}

// The symbol of each state.
std::vector<std::uint16_t> spread_symbols(std::span<const std::uint32_t> frequencies, int table_log) {
  const std::size_t size = std::size_t{1} << table_log, mask = size - 1;
  const std::size_t step = (size >> 1) + (size >> 3) + 3;
  std::vector<std::uint16_t> symbols(size);
  std::size_t position = 0;
  for (std::size_t s = 0; s < frequencies.size(); ++s) {
    for (std::uint32_t i = 0; i < frequencies[s]; ++i) {
      symbols[position] = static_cast<std::uint16_t>(s);
      position = (position + step) & mask;
    }
  }
  return symbols;
}

// The string of bits, in chunks of 64.
class ChunkWriter {
 public:
  void push(std::uint32_t value, int bits) {
    for (int i = bits - 1; i >= 0; --i) {
      if (num_bits_ == 64) chunks_.push_back(std::exchange(current_, 0)), num_bits_ = 0;
      current_ = current_ << 1 | (value >> i & 1);
      ++num_bits_;
    }
  }
  void finish() { chunks_.push_back(num_bits_ == 0 ? 0 : current_ << (64 - num_bits_)); }

  const std::vector<std::uint64_t>& chunks() const { return chunks_; }
  int last_bits() const { return num_bits_; }

 private:
  std::vector<std::uint64_t> chunks_;
  std::uint64_t current_ = 0;
  int num_bits_ = 0;  // in current_
};

// Encodes `symbols` in order; the state moves through [2^table_log, 2^(table_log + 1)).
class Encoder {
 public:
  Encoder(std::span<const std::uint32_t> frequencies, int table_log)
      : table_log_(table_log), frequencies_(frequencies), first_(frequencies.size()), states_(std::size_t{1} << table_log) {
    std::uint32_t total = 0;
    for (std::size_t s = 0; s < frequencies.size(); ++s) first_[s] = std::exchange(total, total + frequencies[s]);
    std::vector<std::uint32_t> next = first_;
    const auto symbols = spread_symbols(frequencies, table_log);
    for (std::size_t i = 0; i < symbols.size(); ++i) states_[next[symbols[i]]++] = static_cast<std::uint32_t>(symbols.size() + i);
  }

  std::uint32_t step(std::uint32_t state, std::size_t symbol, ChunkWriter* writer) const {
    const std::uint32_t frequency = frequencies_[symbol];
    const int bits = bits_out(state, frequency);
    if (writer != nullptr) writer->push(state, bits);
    return states_[first_[symbol] + (state >> bits) - frequency];
  }

 private:
  // How many bits bring the state below twice the symbol's frequency.
  int bits_out(std::uint32_t state, std::uint32_t frequency) const {
    const int bits = table_log_ + 1 - static_cast<int>(std::bit_width(frequency));
    return state >> bits < frequency ? bits - 1 : bits;
  }

  int table_log_;
  std::span<const std::uint32_t> frequencies_;
  std::vector<std::uint32_t> first_;   // by symbol: its first place in states_
  std::vector<std::uint32_t> states_;  // of each symbol in ascending order
};

void pad_to_8(std::vector<std::byte>& bytes) { bytes.resize((bytes.size() + 7) / 8 * 8); }

template <typename Value, typename ValueOf>
Result<std::vector<std::byte>> encode(std::span<const std::int16_t> codes, ValueOf value_of) {
  if (codes.empty()) return make_error(ErrorCode::kUnsupported, "there is nothing to encode");
  const CodeSet set = CodeSet::of(codes);
  if (set.codes.size() > kMaxSymbols)
    return make_error(ErrorCode::kUnsupported, "has {} different codes, FSE takes {}", set.codes.size(), kMaxSymbols);
  std::vector<std::size_t> counts(set.codes.size());
  for (const std::int16_t code : codes) ++counts[set.place_of(code)];
  const int table_log = table_log_for(counts.size());
  const auto frequencies = scaled_frequencies(counts, table_log);

  const Encoder encoder(frequencies, table_log);
  ChunkWriter writer;
  // The first state is a good one for the first symbol: the bits that lead to it are not written.
  std::uint32_t state = encoder.step(1u << table_log, set.place_of(codes[0]), nullptr);
  for (const std::int16_t code : codes) state = encoder.step(state, set.place_of(code), &writer);
  writer.push(state, table_log);
  writer.finish();

  std::vector<std::byte> bytes;
  append_bytes(bytes, static_cast<std::uint16_t>(counts.size()));
  append_bytes(bytes, static_cast<std::uint16_t>(table_log));
  append_bytes(bytes, static_cast<std::uint32_t>(writer.chunks().size()));
  for (const std::uint32_t frequency : frequencies) append_bytes(bytes, frequency);
  pad_to_8(bytes);
  for (const std::int16_t code : set.codes) append_bytes(bytes, static_cast<Value>(value_of(code)));
  pad_to_8(bytes);
  for (const std::uint64_t chunk : writer.chunks()) append_bytes(bytes, chunk);
  append_bytes(bytes, static_cast<std::uint8_t>(writer.last_bits()));
  return bytes;
}

// What a file holds, checked: frequencies add up, chunks are all there.
template <typename Value>
struct CodedFse {
  int table_log;
  std::vector<std::uint32_t> frequencies;
  std::vector<Value> values;
  std::span<const std::byte> chunks;
  std::size_t num_bits;
};

template <typename Value>
Result<CodedFse<Value>> parse(std::span<const std::byte> bytes) {
  const auto invalid = [](const char* what) { return make_error(ErrorCode::kInvalidModel, "FSE data: {}", what); };
  if (bytes.size() < 8) return invalid("ends within its header");
  const std::size_t num_symbols = load_bytes<std::uint16_t>(bytes.data());
  const std::size_t num_chunks = load_bytes<std::uint32_t>(bytes.data() + 4);
  CodedFse<Value> coded;
  coded.table_log = load_bytes<std::uint16_t>(bytes.data() + 2);
  if (num_symbols == 0 || num_chunks == 0) return invalid("has no symbol or no chunk");
  if (coded.table_log < kMinTableLog || coded.table_log > kMaxTableLog + 1) return invalid("its table_log is outside [4, 16]");
  const auto up_to_8 = [](std::size_t n) { return (n + 7) / 8 * 8; };
  const std::size_t values_at = up_to_8(8 + 4 * num_symbols);
  const std::size_t chunks_at = up_to_8(values_at + sizeof(Value) * num_symbols);
  if (bytes.size() < chunks_at + 8 * num_chunks + 1) return invalid("ends within its chunks");
  std::uint64_t sum = 0;
  for (std::size_t s = 0; s < num_symbols; ++s) {
    coded.frequencies.push_back(load_bytes<std::uint32_t>(bytes.data() + 8 + 4 * s));
    coded.values.push_back(load_bytes<Value>(bytes.data() + values_at + sizeof(Value) * s));
    if (coded.frequencies.back() == 0) return invalid("has a symbol of frequency 0");
    sum += coded.frequencies.back();
  }
  if (sum != std::uint64_t{1} << coded.table_log) return invalid("its frequencies do not add up to 2^table_log");
  const auto last_bits = std::to_integer<std::size_t>(bytes[chunks_at + 8 * num_chunks]);
  if (last_bits > 64) return invalid("its last chunk has more than 64 bits");
  coded.chunks = bytes.subspan(chunks_at, 8 * num_chunks);
  coded.num_bits = 64 * (num_chunks - 1) + last_bits;
  return coded;
}

// Reads the string of bits from its end.
class ChunkReader {
 public:
  ChunkReader(std::span<const std::byte> chunks, std::size_t num_bits) : chunks_(chunks), left_(num_bits) {}
  std::size_t left() const { return left_; }

  // The last `bits` (0..16) that are left.
  std::uint32_t pop(int bits) {
    if (bits == 0) return 0;
    left_ -= static_cast<std::size_t>(bits);
    const std::size_t chunk = left_ / 64, offset = left_ % 64;
    const std::uint64_t here = load_bytes<std::uint64_t>(chunks_.data() + 8 * chunk);
    const int after = 64 - static_cast<int>(offset) - bits;  // bits of the chunk behind those wanted
    std::uint64_t value = here;
    if (after >= 0) value >>= after;
    else value = value << -after | load_bytes<std::uint64_t>(chunks_.data() + 8 * (chunk + 1)) >> (64 + after);
    return static_cast<std::uint32_t>(value & ((std::uint64_t{1} << bits) - 1));
  }

 private:
  std::span<const std::byte> chunks_;
  std::size_t left_;
};

struct DecodeEntry {
  std::uint16_t symbol;
  std::uint8_t bits;
  std::uint32_t base;  // state before: base + the bits
};

std::vector<DecodeEntry> decode_table(std::span<const std::uint32_t> frequencies, int table_log) {
  const auto symbols = spread_symbols(frequencies, table_log);
  std::vector<std::uint32_t> next(frequencies.begin(), frequencies.end());
  std::vector<DecodeEntry> table(symbols.size());
  for (std::size_t i = 0; i < symbols.size(); ++i) {
    const std::uint32_t x = next[symbols[i]]++;
    const int bits = table_log + 1 - static_cast<int>(std::bit_width(x));
    table[i] = {symbols[i], static_cast<std::uint8_t>(bits), (x << bits) - static_cast<std::uint32_t>(symbols.size())};
  }
  return table;
}

template <typename Value, typename Out>
Result<std::vector<Out>> decode(std::span<const std::byte> bytes, std::size_t count) {
  OCTET_ASSIGN_OR_RETURN(const CodedFse<Value> coded, parse<Value>(bytes));
  const auto table = decode_table(coded.frequencies, coded.table_log);
  ChunkReader reader(coded.chunks, coded.num_bits);
  if (reader.left() < static_cast<std::size_t>(coded.table_log)) return make_error(ErrorCode::kInvalidModel, "FSE data: has no state");
  std::vector<Out> values(count);
  std::uint32_t state = reader.pop(coded.table_log);
  for (std::size_t i = count; i-- > 0;) {
    const DecodeEntry& entry = table[state];
    values[i] = static_cast<Out>(coded.values[entry.symbol]);
    if (entry.bits > reader.left())
      return make_error(ErrorCode::kInvalidModel, "FSE data: ends after {} of {} values", count - i, count);
    state = entry.base + reader.pop(entry.bits);
  }
  if (reader.left() > 0) return make_error(ErrorCode::kInvalidModel, "FSE data: holds more than {} values", count);
  return values;
}

}  // namespace

Result<std::vector<std::byte>> encode_fse(std::span<const std::int16_t> codes, double scale, double offset) {
  return encode<float>(codes, [=](std::int16_t code) { return static_cast<float>(code * scale + offset); });
}

Result<std::vector<std::byte>> encode_fse_int(std::span<const std::int16_t> codes) {
  return encode<std::int32_t>(codes, [](std::int16_t code) { return code; });
}

Result<std::vector<float>> decode_fse(std::span<const std::byte> bytes, std::size_t count) {
  return decode<float, float>(bytes, count);
}

Result<std::vector<std::int16_t>> decode_fse_int(std::span<const std::byte> bytes, std::size_t count) {
  return decode<std::int32_t, std::int16_t>(bytes, count);
}

}  // namespace octet
