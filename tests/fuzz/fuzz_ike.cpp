// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as an IPv4 packet with IKE: what is read depends on the headers alone, so that it does not matter how much
// of the payload the kernel hands over.
#include <span>

#include "ike/packet.hpp"
#include "require.hpp"

using namespace rsip;
using test::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  const auto packet = ike::parse_packet(bytes);
  if (!packet) return 0;
  require(packet->ike.initiator != Cookie{0}, "an initiator cookie is never 0");
  require(packet->ike.length >= ike::header_size, "an IKE message is not shorter than its header");

  constexpr std::size_t udp_header = 8;
  const std::size_t non_esp_marker = packet->source_port == ike::nat_t_port ? 4 : 0;  // RFC 3948 2.2
  const std::size_t headers = std::size_t{4} * (data[0] & 0x0fU) + udp_header + non_esp_marker + ike::header_size;
  require(headers <= size, "all headers are there");
  const auto cut = ike::parse_packet(bytes.first(headers));
  require(cut && cut->ike.initiator == packet->ike.initiator && cut->source == packet->source &&
              cut->source_port == packet->source_port,
          "the payload is of no account");
  require(!ike::parse_packet(bytes.first(headers - 1)), "a header that is cut off is not read");
  return 0;
}
