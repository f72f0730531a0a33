// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_BASE_MEMORY_H_
#define OCTET_BASE_MEMORY_H_

namespace octet {

// Gives memory that has been freed back to the system, which the allocator may keep otherwise. It takes milliseconds: for those who
// have let go of tens of megabytes.
void return_free_memory();

}  // namespace octet

#endif  // OCTET_BASE_MEMORY_H_
