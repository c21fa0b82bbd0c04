// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as an IPv4 packet: all that is read of it, and of what it quotes or carries, lies within it, and what is
// read from less of it is the same or nothing.
#include <algorithm>
#include <span>

#include "ip/packet.hpp"
#include "require.hpp"

using namespace rsip;
using test::require;

namespace {

using Bytes = std::span<const std::uint8_t>;

bool within(Bytes part, Bytes whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void read_all(Bytes bytes) {
  const auto packet = ip::parse(bytes);
  if (!packet) return;
  require(within(packet->payload, bytes), "the payload is in the packet");
  const auto ports = ip::ports_of(*packet);
  require(!ports || packet->payload.size() >= 4, "ports are there");
  require(!ip::is_echo_request(*packet) || !ip::quoted_in(*packet), "an echo request quotes nothing");
  for (const auto& inner : {ip::quoted_in(*packet), ip::inside(*packet)}) {
    if (inner) require(within(inner->payload, packet->payload), "what is inside is in the payload");
  }

  const auto cut = ip::parse(bytes.first(bytes.size() - 1));
  if (!cut) return;
  require(cut->source == packet->source && cut->destination == packet->destination, "the end is of no account");
  const auto cut_ports = ip::ports_of(*cut);
  require(!cut_ports || (ports && cut_ports->source == ports->source), "nor for the ports");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_all({data, size});
  return 0;
}
