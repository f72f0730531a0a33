// SPDX-License-Identifier: Apache-2.0
// What the programs share: error output, progress on a terminal, options that name models.
#ifndef OCTET_TOOLS_SUPPORT_COMMAND_SUPPORT_H_
#define OCTET_TOOLS_SUPPORT_COMMAND_SUPPORT_H_

#include <string>
#include <vector>

#include "octet/model.h"
#include "octet/result.h"

namespace octet {

inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;

// Prints "octet: error: MESSAGE" on stderr and gives the exit status.
int report_error(const Error& error);

// A line on stderr that is rewritten while work goes on; nothing unless stderr is a terminal.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  void update(const std::string& stage, std::size_t done, std::size_t total);

 private:
  bool is_terminal_;
  bool is_shown_ = false;
};

// "NAME:1,3,224,224;NAME2:1,64": a name may hold colons, the last one counts. Error: kInvalidArgument.
Result<std::vector<std::pair<std::string, std::vector<std::int64_t>>>> parse_input_shapes(const std::string& text);

// The options that load a model: --weight and --input-shape.
struct ModelOptions {
  std::string weight_file, input_shapes;
  Result<LoadOptions> load_options() const;
};

// "13.99 MB", in 10^6 bytes.
std::string format_megabytes(std::uint64_t bytes);

}  // namespace octet

#endif  // OCTET_TOOLS_SUPPORT_COMMAND_SUPPORT_H_
