// SPDX-License-Identifier: GPL-2.0-or-later
// Lists as the journal keeps them in a column: fixed-size records of big-endian numbers, one after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "types/ids.hpp"
#include "types/remote.hpp"

namespace rsip::store {

using Bytes = std::vector<std::uint8_t>;

Bytes pack(const std::vector<Run<Port>>& ports);
Bytes pack(const std::vector<Run<Spi>>& spis);
Bytes pack(const std::vector<Remote>& remotes);

// Nothing where the bytes are not what pack() writes.
std::optional<std::vector<Run<Port>>> unpack_ports(std::span<const std::uint8_t> bytes);
std::optional<std::vector<Run<Spi>>> unpack_spis(std::span<const std::uint8_t> bytes);
std::optional<std::vector<Remote>> unpack_remotes(std::span<const std::uint8_t> bytes);

}  // namespace rsip::store
