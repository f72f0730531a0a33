// SPDX-License-Identifier: Apache-2.0
#include "encoding/sparse.h"

#include <array>

#include "base/error.h"
#include "encoding/code_set.h"

namespace octet {
namespace {

constexpr int kMinGapBits = 2, kMaxGapBits = 10;

struct Entries {
  std::vector<std::int16_t> codes;
  std::vector<std::uint32_t> gaps;
};

Entries find_entries(std::span<const std::int16_t> codes, const SparseZeros& zeros, int gap_bits) {
  const std::uint32_t widest = (1u << gap_bits) - 1;
  Entries entries;
  std::uint32_t gap = 0;
  for (std::size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] == zeros.at(i) && gap < widest) {
      ++gap;
      continue;
    }
    entries.codes.push_back(codes[i]);
    entries.gaps.push_back(gap);
    gap = 0;
  }
  return entries;
}

constexpr std::size_t kNumWidths = kMaxGapBits - kMinGapBits + 1;

// What the entries would be for each width of gaps, without making them.
class EntryCounter {
 public:
  EntryCounter(std::span<const std::int16_t> codes, const SparseZeros& zeros) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
      if (codes[i] == zeros.at(i)) {
        count_zero(codes[i]);
      } else {
        is_entry_[place(codes[i])] = true;
        ++num_values_;
        gaps_.fill(0);
      }
    }
  }

  // Bits of the whole string with gaps of `gap_bits`.
  std::size_t num_bits(int bits, int gap_bits) const {
    const std::size_t width = static_cast<std::size_t>(gap_bits - kMinGapBits), entries = num_values_ + num_splits_[width];
    std::size_t num_codes = 0;
    for (std::size_t i = 0; i < is_entry_.size(); ++i) num_codes += is_entry_[i] || is_split_[width][i];
    return 40 + static_cast<std::size_t>(bits) * (1 + num_codes) +
           entries * static_cast<std::size_t>(bits_to_index(num_codes) + gap_bits);
  }

 private:
  static std::size_t place(std::int16_t code) { return static_cast<std::size_t>(code + 32768); }

  void count_zero(std::int16_t code) {
    for (std::size_t w = 0; w < kNumWidths; ++w) {
      if (++gaps_[w] < (std::uint32_t{1} << (w + kMinGapBits))) continue;
      gaps_[w] = 0;  // the gap is full: this zero is an entry
      ++num_splits_[w];
      is_split_[w][place(code)] = true;
    }
  }

  std::array<std::uint32_t, kNumWidths> gaps_{};
  std::array<std::size_t, kNumWidths> num_splits_{};
  std::size_t num_values_ = 0;
  std::vector<bool> is_entry_ = std::vector<bool>(65536, false);
  std::array<std::vector<bool>, kNumWidths> is_split_ = [] {
    std::array<std::vector<bool>, kNumWidths> none;
    none.fill(std::vector<bool>(65536, false));
    return none;
  }();
};

struct BestWidth {
  int gap_bits;
  std::size_t num_bits;
};

BestWidth best_width(std::span<const std::int16_t> codes, int bits, const SparseZeros& zeros) {
  const EntryCounter counter(codes, zeros);
  BestWidth best{kMinGapBits, counter.num_bits(bits, kMinGapBits)};
  for (int gap_bits = kMinGapBits + 1; gap_bits <= kMaxGapBits; ++gap_bits)
    if (const std::size_t size = counter.num_bits(bits, gap_bits); size < best.num_bits) best = {gap_bits, size};
  return best;
}

std::vector<std::byte> write_entries(const Entries& entries, int bits, int gap_bits) {
  const CodeSet set = CodeSet::of(entries.codes);
  BitWriter writer;
  writer.write(static_cast<std::uint32_t>(gap_bits), 8);
  writer.write(static_cast<std::uint32_t>(entries.codes.size()), 32);
  write_code_set(set.codes, bits, writer);
  const int index_bits = bits_to_index(set.codes.size());
  for (const std::int16_t code : entries.codes) writer.write(set.place_of(code), index_bits);
  for (const std::uint32_t gap : entries.gaps) writer.write(gap, gap_bits);
  return writer.take();
}

}  // namespace

std::size_t sparse_bytes(std::span<const std::int16_t> codes, int bits, const SparseZeros& zeros) {
  return (best_width(codes, bits, zeros).num_bits + 7) / 8;
}

std::vector<std::byte> encode_sparse(std::span<const std::int16_t> codes, int bits, const SparseZeros& zeros) {
  const int gap_bits = best_width(codes, bits, zeros).gap_bits;
  return write_entries(find_entries(codes, zeros, gap_bits), bits, gap_bits);
}

Result<std::vector<std::int16_t>> decode_sparse(std::span<const std::byte> bytes, int bits, std::size_t count, const SparseZeros& zeros) {
  BitReader reader(bytes);
  if (reader.bits_left() < 40) return make_error(ErrorCode::kInvalidModel, "has {} bytes, too few for sparse codes", bytes.size());
  const int gap_bits = static_cast<int>(reader.read(8));
  const std::size_t num_entries = reader.read(32);
  if (gap_bits > 32) return make_error(ErrorCode::kInvalidModel, "has gaps of {} bits, expected at most 32", gap_bits);
  OCTET_ASSIGN_OR_RETURN(const auto codes, read_code_set(reader, bits));
  const int index_bits = bits_to_index(codes.size());
  if (num_entries > count || num_entries * static_cast<std::size_t>(index_bits + gap_bits) > reader.bits_left())
    return make_error(ErrorCode::kInvalidModel, "has {} bytes, too few for {} entries", bytes.size(), num_entries);
  std::vector<std::uint32_t> places(num_entries);
  for (std::uint32_t& place : places) {
    place = reader.read(index_bits);
    if (place >= codes.size()) return make_error(ErrorCode::kInvalidModel, "names code {} of {}", place, codes.size());
  }
  std::vector<std::int16_t> result(count);
  for (std::size_t i = 0; i < count; ++i) result[i] = zeros.at(i);
  std::size_t position = 0;
  for (const std::uint32_t place : places) {
    const std::size_t gap = reader.read(gap_bits);
    if (gap >= count - position) return make_error(ErrorCode::kInvalidModel, "has entries beyond its {} codes", count);
    position += gap;
    result[position++] = codes[place];
  }
  return result;
}

}  // namespace octet
