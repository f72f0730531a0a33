// SPDX-License-Identifier: Apache-2.0
#include "importers/onnx/onnx_tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <limits>

namespace octet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Proto = onnx::TensorProto;

Proto tensor_of(Proto::DataType type, const Shape& dims) {
  Proto proto;
  proto.set_data_type(type);
  for (const auto d : dims) proto.add_dims(d);
  return proto;
}

template <typename T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

Result<Tensor> import(const Proto& proto) {
  ExternalData external({});
  return import_tensor(proto, "w", external);
}

std::string error_of(const Proto& proto) {
  const auto tensor = import(proto);
  return tensor.ok() ? "" : tensor.error().message;
}

TEST(OnnxTensor, ReadsRawAndTypedFloats) {
  Proto proto = tensor_of(Proto::FLOAT, {2});
  proto.add_float_data(1.5f);
  proto.add_float_data(-2.0f);
  EXPECT_THAT(import(proto)->values<float>(), ElementsAre(1.5f, -2.0f));
  proto.clear_float_data();
  proto.set_raw_data(raw<float>({3.0f, 4.0f}));
  EXPECT_THAT(import(proto)->values<float>(), ElementsAre(3.0f, 4.0f));
}

TEST(OnnxTensor, WidensHalfFloats) {
  Proto proto = tensor_of(Proto::FLOAT16, {7});
  // 1, -2, largest, smallest subnormal, -0, infinity, 1 + 2^-10
  const std::vector<std::uint16_t> halves = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x8000, 0x7c00, 0x3c01};
  proto.set_raw_data(raw(halves));
  const std::vector<float> expected = {1.0f, -2.0f, 65504.0f, 0x1p-24f, -0.0f, std::numeric_limits<float>::infinity(), 1.0f + 0x1p-10f};
  EXPECT_THAT(import(proto)->values<float>(), ::testing::ElementsAreArray(expected));
  proto.clear_raw_data();
  for (const auto half : halves) proto.add_int32_data(half);
  EXPECT_THAT(import(proto)->values<float>(), ::testing::ElementsAreArray(expected));
}

TEST(OnnxTensor, WidensBfloat16) {
  Proto proto = tensor_of(Proto::BFLOAT16, {2});
  proto.set_raw_data(raw<std::uint16_t>({0x3f80, 0xc040}));
  EXPECT_THAT(import(proto)->values<float>(), ElementsAre(1.0f, -3.0f));
}

TEST(OnnxTensor, ReadsIntegersOfAllWidths) {
  for (const auto type : {Proto::INT8, Proto::UINT8, Proto::INT16, Proto::INT32, Proto::UINT16}) {
    Proto proto = tensor_of(type, {2});
    proto.add_int32_data(7);
    proto.add_int32_data(100);
    const auto tensor = import(proto);
    ASSERT_TRUE(tensor.ok()) << tensor.error().message;
    EXPECT_EQ(tensor->data.size_bytes(), 2 * data_type_size(tensor->type));
  }
  Proto wide = tensor_of(Proto::UINT64, {1});
  wide.add_uint64_data(5);
  wide.add_uint64_data(UINT64_MAX);
  wide.set_dims(0, 2);
  EXPECT_THAT(import(wide)->values<std::uint64_t>(), ElementsAre(5, UINT64_MAX));
}

TEST(OnnxTensor, ReadsAnyByteThatIsNotZeroAsTrue) {
  Proto proto = tensor_of(Proto::BOOL, {3});
  proto.set_raw_data(std::string("\0\1\2", 3));
  EXPECT_THAT(import(proto)->values<bool>(), ElementsAre(false, true, true));
}

TEST(OnnxTensor, ReadsScalarsAndEmptyTensors) {
  Proto scalar = tensor_of(Proto::INT64, {});
  scalar.add_int64_data(9);
  EXPECT_THAT(import(scalar)->values<std::int64_t>(), ElementsAre(9));
  EXPECT_TRUE(import(tensor_of(Proto::FLOAT, {0}))->values<float>().empty());
}

TEST(OnnxTensor, RefusesValuesThatTheirTypeCannotHold) {
  Proto proto = tensor_of(Proto::INT8, {1});
  proto.add_int32_data(200);
  EXPECT_EQ(error_of(proto), "tensor 'w': element 0 is 200, which its type cannot hold");
  Proto wide = tensor_of(Proto::UINT32, {1});
  wide.add_uint64_data(UINT64_MAX);
  EXPECT_THAT(error_of(wide), HasSubstr("cannot hold"));
}

TEST(OnnxTensor, RefusesDataOfTheWrongSize) {
  Proto proto = tensor_of(Proto::FLOAT, {3});
  proto.set_raw_data(raw<float>({1, 2}));
  EXPECT_EQ(error_of(proto), "tensor 'w': has 8 bytes of data, its shape and type need 12");
  proto.clear_raw_data();
  proto.add_float_data(1);
  EXPECT_EQ(error_of(proto), "tensor 'w': has 1 elements, its shape needs 3");
}

TEST(OnnxTensor, RefusesImpossibleShapes) {
  EXPECT_THAT(error_of(tensor_of(Proto::FLOAT, {-1})), HasSubstr("shape [-1]"));
  EXPECT_THAT(error_of(tensor_of(Proto::FLOAT, {0, -1})), HasSubstr("shape [0, -1]"));
  EXPECT_THAT(error_of(tensor_of(Proto::FLOAT, {INT64_MAX, INT64_MAX})), HasSubstr("shape ["));
  EXPECT_THAT(error_of(tensor_of(Proto::FLOAT, Shape(9, 1))), HasSubstr("9 dimensions"));
}

TEST(OnnxTensor, RefusesTypesThatItDoesNotRead) {
  EXPECT_EQ(error_of(tensor_of(Proto::STRING, {1})), "tensor 'w': element type STRING is not supported");
  Proto proto;
  proto.set_data_type(77);
  EXPECT_EQ(error_of(proto), "tensor 'w': element type 77 is not supported");
}

class OnnxExternalData : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() / fmt::format("octet_onnx_external_{}", ::getpid());
    std::filesystem::create_directories(root_ / "model/sub");
    write(root_ / "model/sub/w.bin", raw<float>({0, 1, 2, 3}));
    write(root_ / "secret.bin", raw<float>({42}));
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  static void write(const std::filesystem::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

  static Proto external(const std::string& location, const std::string& offset = "", const std::string& length = "") {
    Proto proto = tensor_of(Proto::FLOAT, {1});
    proto.set_data_location(Proto::EXTERNAL);
    const auto add = [&](const std::string& key, const std::string& value) {
      if (value.empty()) return;
      auto* entry = proto.add_external_data();
      entry->set_key(key);
      entry->set_value(value);
    };
    add("location", location);
    add("offset", offset);
    add("length", length);
    return proto;
  }
  Result<Tensor> read(const Proto& proto) const {
    ExternalData data(root_ / "model");
    return import_tensor(proto, "w", data);
  }
  std::string error(const Proto& proto) const {
    const auto tensor = read(proto);
    return tensor.ok() ? "" : tensor.error().message;
  }

  std::filesystem::path root_;
};

TEST_F(OnnxExternalData, IsReadAtItsOffset) {
  const auto tensor = read(external("sub/w.bin", "8", "4"));
  ASSERT_TRUE(tensor.ok()) << tensor.error().message;
  EXPECT_THAT(tensor->values<float>(), ElementsAre(2.0f));
  EXPECT_THAT(read(external("sub/w.bin", "12"))->values<float>(), ElementsAre(3.0f));
}

TEST_F(OnnxExternalData, StaysInItsFileWhereItIsLarge) {
  constexpr std::int64_t kCount = 1 << 18;
  std::vector<float> values(kCount);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  write(root_ / "model/large.bin", "abcd" + raw(values) + "e" + raw(values) + raw(std::vector<std::uint16_t>(2 * kCount, 0x3c00)));
  constexpr std::int64_t kBytes = kCount * 4;
  const auto at = [&](std::int64_t offset) {
    Proto proto = external("large.bin", std::to_string(offset), std::to_string(kBytes));
    proto.set_dims(0, kCount);
    return proto;
  };
  for (const std::int64_t offset : {std::int64_t{4}, kBytes + 5}) {  // aligned for float, and not
    const auto tensor = read(at(offset));
    ASSERT_TRUE(tensor.ok()) << tensor.error().message;
    EXPECT_FALSE(tensor->data.is_in_memory());
    const SharedBytes borrowed = tensor->data.borrow();
    EXPECT_THAT(tensor->values<float>(borrowed), ::testing::ElementsAreArray(values));
  }
  Proto halves = at(2 * kBytes + 5);
  halves.set_data_type(Proto::FLOAT16);
  halves.set_dims(0, 2 * kCount);
  const auto tensor = read(halves);
  ASSERT_TRUE(tensor.ok()) << tensor.error().message;
  EXPECT_FALSE(tensor->data.is_in_memory());
  EXPECT_THAT(tensor->values<float>(), ::testing::Each(1.0f));
  Proto wrong = at(4);
  wrong.set_dims(0, kCount - 1);
  EXPECT_THAT(error(wrong), HasSubstr("bytes of data"));
}

TEST_F(OnnxExternalData, MustLieInsideTheFile) {
  EXPECT_THAT(error(external("sub/w.bin", "16", "4")), HasSubstr("has 16 bytes, and 4 are wanted from offset 16"));
  EXPECT_THAT(error(external("sub/w.bin", "9223372036854775807", "4")), HasSubstr("are wanted from offset"));
  EXPECT_THAT(error(external("sub/w.bin", "9223372036854775807")), HasSubstr("are wanted from offset"));
  EXPECT_THAT(error(external("sub/w.bin", "-4", "4")), HasSubstr("offset '-4', expected a number >= 0"));
  EXPECT_THAT(error(external("sub/w.bin", "99999999999999999999", "4")), HasSubstr("expected a number"));
  EXPECT_THAT(error(external("sub/w.bin", "0", "8")), HasSubstr("has 8 bytes of data, its shape and type need 4"));
}

TEST_F(OnnxExternalData, MustLieInTheFolderOfTheModel) {
  EXPECT_THAT(error(external("../secret.bin")), HasSubstr("must not contain '..'"));
  EXPECT_THAT(error(external("sub/../../secret.bin")), HasSubstr("must not contain '..'"));
  EXPECT_THAT(error(external((root_ / "secret.bin").string())), HasSubstr("must be a path relative"));
  EXPECT_THAT(error(external("nothing.bin")), HasSubstr("external data 'nothing.bin'"));
  EXPECT_THAT(error(external("")), HasSubstr("names no file"));
  std::filesystem::create_symlink(root_ / "secret.bin", root_ / "model/link.bin");
  EXPECT_THAT(error(external("link.bin")), HasSubstr("symbolic link"));
  std::filesystem::create_directory_symlink(root_, root_ / "model/up");
  EXPECT_THAT(error(external("up/secret.bin")), HasSubstr("symbolic link"));
}

TEST_F(OnnxExternalData, NeedsAFolder) {
  EXPECT_THAT(error_of(external("sub/w.bin")), HasSubstr("does not come from a folder"));
}

}  // namespace
}  // namespace octet
