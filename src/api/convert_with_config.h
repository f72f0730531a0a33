// SPDX-License-Identifier: Apache-2.0
#ifndef OCTET_API_CONVERT_WITH_CONFIG_H_
#define OCTET_API_CONVERT_WITH_CONFIG_H_

#include "config/quant_config.h"
#include "octet/convert.h"

namespace octet {

// As convert(options), with the configuration in hand: options.config_file is not read.
Result<ConvertReport> convert(const ConvertOptions& options, const QuantConfig& config);

}  // namespace octet

#endif  // OCTET_API_CONVERT_WITH_CONFIG_H_
