// SPDX-License-Identifier: GPL-2.0-or-later
#include "store/pack.hpp"

#include <limits>

namespace rsip::store {
namespace {

constexpr std::size_t run_size = 8;     // first, count
constexpr std::size_t remote_size = 8;  // address, whether it has a port, the port

void put(Bytes& bytes, std::uint32_t value) {
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint32_t get(std::span<const std::uint8_t> bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes.subspan(offset, 4)) value = value << 8 | byte;
  return value;
}

template <typename Id>
Bytes pack_runs(const std::vector<Run<Id>>& runs) {
  Bytes bytes;
  bytes.reserve(runs.size() * run_size);
  for (const Run<Id>& run : runs) {
    put(bytes, number(run.first));
    put(bytes, run.count);
  }
  return bytes;
}

template <typename Id>
std::optional<std::vector<Run<Id>>> unpack_runs(std::span<const std::uint8_t> bytes) {
  constexpr std::uint64_t largest = std::numeric_limits<std::underlying_type_t<Id>>::max();
  if (bytes.size() % run_size != 0) return std::nullopt;
  std::vector<Run<Id>> runs;
  for (std::size_t offset = 0; offset < bytes.size(); offset += run_size) {
    const std::uint32_t first = get(bytes, offset);
    const std::uint32_t count = get(bytes, offset + 4);
    if (count == 0 || std::uint64_t{first} + count - 1 > largest) return std::nullopt;
    runs.push_back({static_cast<Id>(first), count});
  }
  return runs;
}

}  // namespace

Bytes pack(const std::vector<Run<Port>>& ports) {
  return pack_runs(ports);
}

Bytes pack(const std::vector<Run<Spi>>& spis) {
  return pack_runs(spis);
}

Bytes pack(const std::vector<Remote>& remotes) {
  Bytes bytes;
  bytes.reserve(remotes.size() * remote_size);
  for (const Remote& remote : remotes) {
    put(bytes, remote.address.value);
    put(bytes, remote.port ? 0x10000U | number(*remote.port) : 0U);
  }
  return bytes;
}

std::optional<std::vector<Run<Port>>> unpack_ports(std::span<const std::uint8_t> bytes) {
  return unpack_runs<Port>(bytes);
}

std::optional<std::vector<Run<Spi>>> unpack_spis(std::span<const std::uint8_t> bytes) {
  return unpack_runs<Spi>(bytes);
}

std::optional<std::vector<Remote>> unpack_remotes(std::span<const std::uint8_t> bytes) {
  if (bytes.size() % remote_size != 0) return std::nullopt;
  std::vector<Remote> remotes;
  for (std::size_t offset = 0; offset < bytes.size(); offset += remote_size) {
    const std::uint32_t port = get(bytes, offset + 4);
    if (port > 0x1ffff || (port != 0 && port < 0x10000)) return std::nullopt;
    Remote remote{Ipv4{get(bytes, offset)}, std::nullopt};
    if (port != 0) remote.port = static_cast<Port>(port & 0xffff);
    remotes.push_back(remote);
  }
  return remotes;
}

}  // namespace rsip::store
