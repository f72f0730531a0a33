// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_BASE_SANITIZED_H_
#define OCTET_BASE_SANITIZED_H_

namespace octet {

// Built with a sanitizer, which takes time and memory of its own, and watches the ends of blocks of the heap alone.
#ifdef OCTET_SANITIZED
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

}  // namespace octet

#endif  // OCTET_BASE_SANITIZED_H_
