// SPDX-License-Identifier: Apache-2.0
#include "importers/tensorflow/tensor_bundle.h"

#include <array>
#include <cstring>

#include "importers/tensorflow/tf_tensor.h"

namespace octet {
namespace {

constexpr std::size_t kFooterBytes = 48;
constexpr std::size_t kBlockTrailerBytes = 5;  // kind of compression, checksum
constexpr std::uint64_t kMagic = 0xdb4775248b80fb57;
constexpr std::size_t kMaxTableBytes = std::size_t{1} << 30;  // of all keys and values
constexpr std::size_t kMaxShards = 1 << 12;

using Bytes = std::span<const std::byte>;

Error damaged(std::string_view what) { return make_error(ErrorCode::kInvalidModel, "is damaged: {}", what); }

template <typename T>
T little_endian(Bytes bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

// Takes a varint off the front.
Result<std::uint64_t> take_varint(Bytes& bytes) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const auto byte = std::to_integer<std::uint64_t>(bytes[0]);
    bytes = bytes.subspan(1);
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
  }
  return damaged("a number does not end");
}

struct BlockPlace {
  std::uint64_t offset, size;
};
Result<BlockPlace> take_place(Bytes& bytes) {
  BlockPlace place{};
  OCTET_ASSIGN_OR_RETURN(place.offset, take_varint(bytes));
  OCTET_ASSIGN_OR_RETURN(place.size, take_varint(bytes));
  return place;
}

// The block's bytes without its trailer.
Result<Bytes> block_at(Bytes file, const BlockPlace& place) {
  if (place.offset > file.size() || place.size > file.size() - place.offset ||
      file.size() - place.offset - place.size < kBlockTrailerBytes)
    return damaged("a block lies outside the file");
  const Bytes block = file.subspan(place.offset, place.size + 1);
  const auto stored = little_endian<std::uint32_t>(file.subspan(place.offset + place.size + 1, 4));
  if (block.back() != std::byte{0})
    return make_error(ErrorCode::kUnsupported, "has a compressed block (kind {}), which is not supported",
                      std::to_integer<int>(block.back()));
  if (masked_crc32c(block) != stored) return damaged("the checksum of a block is wrong");
  return block.first(place.size);
}

using Entries = std::vector<std::pair<std::string, std::string>>;

std::string text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

Result<void> read_block(Bytes block, Entries& entries, std::size_t& budget) {
  if (block.size() < sizeof(std::uint32_t)) return damaged("a block is too short");
  const std::uint64_t restarts = little_endian<std::uint32_t>(block.last(4));
  if (restarts > (block.size() - 4) / 4) return damaged("a block has too many restart points");
  Bytes rest = block.first(block.size() - 4 - restarts * 4);
  std::string key;
  while (!rest.empty()) {
    OCTET_ASSIGN_OR_RETURN(const std::uint64_t shared, take_varint(rest));
    OCTET_ASSIGN_OR_RETURN(const std::uint64_t own, take_varint(rest));
    OCTET_ASSIGN_OR_RETURN(const std::uint64_t value, take_varint(rest));
    if (shared > key.size() || own > rest.size() || value > rest.size() - own)
      return damaged("an entry lies outside its block");
    key.resize(shared);
    key += text(rest.first(own));
    if (key.size() + value > budget) return damaged("it unfolds to more than 1 GiB");
    budget -= key.size() + value;
    entries.emplace_back(key, text(rest.subspan(own, value)));
    rest = rest.subspan(own + value);
  }
  return {};
}

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    table[i] = crc;
  }
  return table;
}();

}  // namespace

std::uint32_t crc32c(Bytes bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const std::byte b : bytes) crc = kCrcTable[(crc ^ std::to_integer<std::uint32_t>(b)) & 255] ^ (crc >> 8);
  return ~crc;
}

std::uint32_t masked_crc32c(Bytes bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

Result<Entries> read_sorted_table(Bytes bytes) {
  if (bytes.size() < kFooterBytes || little_endian<std::uint64_t>(bytes.last(8)) != kMagic)
    return make_error(ErrorCode::kInvalidModel, "is no checkpoint index: its last 8 bytes are not the format's");
  Bytes footer = bytes.last(kFooterBytes).first(kFooterBytes - 8);
  OCTET_RETURN_IF_ERROR(take_place(footer));  // of the metaindex, which holds nothing
  OCTET_ASSIGN_OR_RETURN(const BlockPlace index_place, take_place(footer));
  OCTET_ASSIGN_OR_RETURN(const Bytes index, block_at(bytes, index_place));
  std::size_t budget = std::min(kMaxTableBytes, bytes.size() * 64 + 4096);
  Entries blocks, entries;
  OCTET_RETURN_IF_ERROR(read_block(index, blocks, budget));
  for (const auto& [last_key, value] : blocks) {
    Bytes place_bytes = std::as_bytes(std::span(value));
    OCTET_ASSIGN_OR_RETURN(const BlockPlace place, take_place(place_bytes));
    OCTET_ASSIGN_OR_RETURN(const Bytes block, block_at(bytes, place));
    OCTET_RETURN_IF_ERROR(read_block(block, entries, budget));
  }
  return entries;
}

Result<TensorBundle> TensorBundle::open(const std::filesystem::path& prefix) {
  const std::string index_name = prefix.string() + ".index";
  OCTET_ASSIGN_OR_RETURN(const MappedFile index, MappedFile::open(index_name));
  auto entries = read_sorted_table(index.bytes());
  if (!entries) return at(index_name, std::move(entries).error());
  TensorBundle bundle;
  for (auto& [key, value] : *entries) bundle.entries_.insert_or_assign(std::move(key), std::move(value));
  const auto header_bytes = bundle.entries_.find("");
  tensorflow::BundleHeaderProto header;
  if (header_bytes == bundle.entries_.end() || !header.ParseFromString(header_bytes->second))
    return make_error(ErrorCode::kInvalidModel, "{}: has no header", index_name);
  if (header.endianness() != 0) return make_error(ErrorCode::kUnsupported, "{}: its data is big-endian", index_name);
  const std::int64_t shards = header.num_shards();
  if (shards < 1 || shards > static_cast<std::int64_t>(kMaxShards))
    return make_error(ErrorCode::kInvalidModel, "{}: names {} data files", index_name, shards);
  for (std::int64_t i = 0; i < shards; ++i) {
    OCTET_ASSIGN_OR_RETURN(MappedFile shard,
                           MappedFile::open(fmt::format("{}.data-{:05}-of-{:05}", prefix.string(), i, shards)));
    bundle.shards_.push_back(std::move(shard));
  }
  return bundle;
}

Result<Tensor> TensorBundle::read(const std::string& key, std::string name) const {
  const auto found = entries_.find(key);
  tensorflow::BundleEntryProto entry;
  if (found == entries_.end() || key.empty())
    return make_error(ErrorCode::kNotFound, "the checkpoint has no variable '{}'", key);
  if (!entry.ParseFromString(found->second))
    return make_error(ErrorCode::kInvalidModel, "variable '{}': its entry is damaged", key);
  const std::int64_t shard = entry.shard_id(), offset = entry.offset(), size = entry.size();
  if (shard < 0 || shard >= static_cast<std::int64_t>(shards_.size()))
    return make_error(ErrorCode::kInvalidModel, "variable '{}' lies in data file {} of {}", key, shard, shards_.size());
  const Bytes file = shards_[static_cast<std::size_t>(shard)].bytes();
  if (offset < 0 || size < 0 || offset > static_cast<std::int64_t>(file.size()) ||
      size > static_cast<std::int64_t>(file.size()) - offset)
    return make_error(ErrorCode::kInvalidModel, "variable '{}' lies outside its data file", key);
  const Bytes bytes = file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size));
  if (masked_crc32c(bytes) != entry.crc32c())
    return make_error(ErrorCode::kInvalidModel, "variable '{}': its checksum is wrong", key);
  return tf_tensor_of_bytes(entry.dtype(), entry.shape(), bytes, std::move(name));
}

}  // namespace octet
