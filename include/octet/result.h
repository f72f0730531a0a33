// SPDX-License-Identifier: Apache-2.0
// Result<T>: a value, or an error with a code and a message a person can act on. Octet's functions do not throw.
#ifndef OCTET_RESULT_H_
#define OCTET_RESULT_H_

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace octet {

enum class ErrorCode {
  kInvalidArgument,  // a caller's or a flag's value is not allowed
  kInvalidConfig,    // a configuration file's section, key or value is wrong
  kInvalidModel,     // a model file is malformed, or contradicts itself
  kInvalidGraph,     // a graph broke its invariants, or a pass met parameters it cannot take
  kInvalidData,      // a calibration or input sample is unusable
  kUnsupported,      // understood, and not implemented
  kNotFound,         // a file, node, tensor or folder does not exist
  kIo,               // the operating system refused to read or write
  kInternal,         // a bug in Octet
};

struct Error {
  ErrorCode code;
  std::string message;  // place, fact, expectation: "model.onnx: node 'conv_12' (Conv): group = 3 does not divide 64"
};

template <typename T>
class [[nodiscard]] Result {
 public:
  template <typename U = T>
    requires(std::is_convertible_v<U, T> && !std::is_same_v<std::remove_cvref_t<U>, Result> &&
             !std::is_same_v<std::remove_cvref_t<U>, Error>)
  Result(U&& value) : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // The value; only when ok(). Throws std::bad_variant_access otherwise, which is a bug of the caller.
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // The error; only when !ok().
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace octet

#endif  // OCTET_RESULT_H_
