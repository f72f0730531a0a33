// SPDX-License-Identifier: Apache-2.0
// SavedModels and checkpoints, written byte by byte.
#include <gmock/gmock.h>

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "importers/tensorflow/tensor_bundle.h"
#include "importers/tensorflow/test_tf_model.h"

namespace octet {
namespace {

using test::tf_attr;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

void put_varint(std::string& to, std::uint64_t value) {
  for (; value >= 128; value >>= 7) to += static_cast<char>(value | 128);
  to += static_cast<char>(value);
}

template <typename T>
void put(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof(T));
}

// A table with one data block whose keys share their beginnings.
std::string sorted_table(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string file;
  const auto add_block = [&](std::string block) {
    put<std::uint32_t>(block, 0);  // the only restart point
    put<std::uint32_t>(block, 1);
    std::string place;
    put_varint(place, file.size());
    put_varint(place, block.size());
    block += '\0';
    file += block;
    put(file, masked_crc32c(bytes_of(block)));
    return place;
  };
  std::string data, last;
  for (const auto& [key, value] : entries) {
    std::size_t shared = 0;
    while (shared < std::min(key.size(), last.size()) && key[shared] == last[shared]) ++shared;
    put_varint(data, shared);
    put_varint(data, key.size() - shared);
    put_varint(data, value.size());
    data += key.substr(shared) + value;
    last = key;
  }
  const std::string data_place = add_block(data);
  std::string index;
  put_varint(index, 0);
  put_varint(index, last.size());
  put_varint(index, data_place.size());
  const std::string index_place = add_block(index + last + data_place);
  std::string footer = data_place + index_place;
  footer.resize(40);
  put<std::uint64_t>(footer, 0xdb4775248b80fb57);
  return file + footer;
}

TEST(Crc32c, HasTheValueOfItsStandard) { EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283u); }

TEST(SortedTable, JoinsKeysThatShareTheirBeginnings) {
  const auto entries =
      read_sorted_table(bytes_of(sorted_table({{"", "h"}, {"layer/bias", "1"}, {"layer/kernel", "2"}})));
  ASSERT_TRUE(entries.ok()) << entries.error().message;
  EXPECT_THAT(*entries, ElementsAre(Pair("", "h"), Pair("layer/bias", "1"), Pair("layer/kernel", "2")));
}

TEST(SortedTable, RefusesDamage) {
  const std::string good = sorted_table({{"", "h"}, {"a", "1"}});
  std::string bad = good;
  bad[3] ^= 1;
  EXPECT_THAT(read_sorted_table(bytes_of(bad)).error().message, HasSubstr("the checksum of a block is wrong"));
  EXPECT_THAT(read_sorted_table(bytes_of(good.substr(0, good.size() - 1))).error().message,
              HasSubstr("is no checkpoint index"));
  bad = good;
  bad[bad.size() - 48] = '\x7f';  // the metaindex, then the index block, lie elsewhere
  bad[bad.size() - 46] = '\x7f';
  EXPECT_FALSE(read_sorted_table(bytes_of(bad)).ok());
}

class SavedModelFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(::testing::TempDir()) / ("octet_saved_model_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_ / "variables");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }

  // One variable [2] under `key`.
  void write_variable(const std::string& key, float a, float b) const {
    std::string data;
    put(data, a);
    put(data, b);
    write("variables/variables.data-00000-of-00001", data);
    tensorflow::BundleHeaderProto header;
    header.set_num_shards(1);
    tensorflow::BundleEntryProto entry;
    entry.set_dtype(1);
    entry.mutable_shape()->add_dim()->set_size(2);
    entry.set_size(8);
    entry.set_crc32c(masked_crc32c(bytes_of(data)));
    write("variables/variables.index",
          sorted_table({{"", header.SerializeAsString()}, {key, entry.SerializeAsString()}}));
  }

  // y = x * v, where a restore function reads v from `key`.
  void write_model(const std::string& key) const {
    tensorflow::SavedModel model;
    auto& meta = *model.add_meta_graphs();
    meta.mutable_meta_info_def()->add_tags("serve");
    test::TestTfModel graph;
    graph.placeholder("serving_default_x", {2});
    graph.node("VarHandleOp", "v");
    graph.node("ReadVariableOp", "read", {"v"});
    graph.node("Mul", "product", {"serving_default_x", "read"});
    auto& prefix = graph.node("Placeholder", "saver_filename");
    tf_attr(prefix, "dtype").set_type(7);
    auto& function = *graph.graph.mutable_library()->add_function();
    function.mutable_signature()->set_name("restore");
    function.mutable_signature()->add_input_arg()->set_name("file");
    function.mutable_signature()->add_input_arg()->set_name("variable");
    function.mutable_signature()->add_output_arg()->set_name("done");
    auto& nodes = *function.mutable_node_def();
    auto* names = tf_attr(test::add_node(nodes, "Const", "names", {}), "value").mutable_tensor();
    names->set_dtype(7);
    names->add_string_val("other");
    names->add_string_val(key);
    test::add_node(nodes, "RestoreV2", "restored", {"file", "names:output:0", "names:output:0"});
    test::add_node(nodes, "Identity", "value", {"restored:tensors:1"});
    test::add_node(nodes, "AssignVariableOp", "assign", {"variable", "value:output:0"});
    tf_attr(graph.node("StatefulPartitionedCall", "restore_all", {"saver_filename", "v"}), "f")
        .mutable_func()
        ->set_name("restore");
    *meta.mutable_graph_def() = graph.graph;
    meta.mutable_saver_def()->set_restore_op_name("restore_all");
    auto& signature = *meta.add_signature_def();
    signature.set_key("serving_default");
    auto* input = signature.mutable_value()->add_inputs();
    input->set_key("x");
    input->mutable_value()->set_name("serving_default_x:0");
    auto* output = signature.mutable_value()->add_outputs();
    output->set_key("y");
    output->mutable_value()->set_name("product:0");
    write("saved_model.pb", model.SerializeAsString());
  }

  std::filesystem::path folder_;
};

TEST_F(SavedModelFolder, TakesNamesOfTheSignatureAndVariablesOfTheCheckpoint) {
  write_variable("layer/v/.ATTRIBUTES/VARIABLE_VALUE", 3, 5);
  write_model("layer/v/.ATTRIBUTES/VARIABLE_VALUE");
  const auto graph = import_tensorflow(folder_);
  ASSERT_TRUE(graph.ok()) << graph.error().message;
  EXPECT_EQ(graph->tensor(graph->inputs[0]).name, "x");
  EXPECT_EQ(graph->tensor(graph->outputs[0]).name, "y");
  EXPECT_THAT(test::TestTfModel::run_imported(graph, {{10, 100}}), ElementsAre(30, 500));
}

TEST_F(SavedModelFolder, NamesAVariableThatTheCheckpointLacks) {
  write_variable("something", 3, 5);
  write_model("layer/v");
  EXPECT_THAT(import_tensorflow(folder_).error().message,
              HasSubstr("node 'v' (VarHandleOp): the checkpoint has no variable 'layer/v'"));
}

TEST_F(SavedModelFolder, RefusesDataThatWasChanged) {
  write_variable("k", 3, 5);
  write_model("k");
  write("variables/variables.data-00000-of-00001", "12345678");
  EXPECT_THAT(import_tensorflow(folder_).error().message, HasSubstr("variable 'k': its checksum is wrong"));
  write("variables/variables.data-00000-of-00001", "1234");
  EXPECT_THAT(import_tensorflow(folder_).error().message, HasSubstr("variable 'k' lies outside its data file"));
}

}  // namespace
}  // namespace octet
