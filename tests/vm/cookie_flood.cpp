// SPDX-License-Identifier: GPL-2.0-or-later
// A host that tries a new IKE initiator cookie with each packet, from port 500 (tests/vm/scenarios/95-cookie-flood.sh):
//
//   cookie_flood GATEWAY LEASED PEER RATE SECONDS
//
// Sends IP-IP to GATEWAY, as the host's tunnel device would, with IKE from LEASED to PEER inside. Emulated, the path
// through that device alone would take the time of several packets. Prints how many were sent.
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iostream>
#include <string_view>
#include <thread>

#include "packet.hpp"

namespace {

using namespace rsip;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Packets of one system call. Larger ones would come in bursts that a device queue drops.
constexpr std::size_t together = 50;
constexpr std::size_t ike_at = 28;  ///< behind the headers of IP and UDP
constexpr std::size_t ike_size = 28;

struct Flood {
  Ipv4 gateway;
  test::Header inside;
  std::uint64_t rate = 0;
  std::chrono::seconds time{};
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Flood> parse(int argc, char** argv) {
  if (argc != 6) return std::nullopt;
  const auto gateway = parse_ipv4(argv[1]);
  const auto leased = parse_ipv4(argv[2]);
  const auto peer = parse_ipv4(argv[3]);
  const auto rate = number(argv[4]);
  const auto seconds = number(argv[5]);
  if (!gateway || !leased || !peer || !rate || *rate == 0 || !seconds) return std::nullopt;
  return Flood{*gateway, {*leased, *peer}, *rate, std::chrono::seconds(*seconds)};
}

/// The header of an IKE_SA_INIT request and nothing behind it (RFC 7296 section 3.1).
test::Packet first_message(const test::Header& header) {
  test::Packet packet = test::udp(header, 500, 500, ike_size);
  std::fill(packet.begin() + ike_at, packet.end(), 0);
  packet.at(ike_at + 17) = 0x20;  // version 2.0
  packet.at(ike_at + 18) = 34;
  packet.at(ike_at + 19) = 0x08;  // from the initiator
  packet.at(ike_at + 27) = ike_size;
  return packet;
}

void put_cookie(test::Packet& packet, std::uint64_t cookie) {
  for (std::size_t i = 0; i < 8; ++i) packet.at(ike_at + i) = static_cast<std::uint8_t>(cookie >> (56 - 8 * i));
}

/// Returns how many packets the kernel has taken.
std::uint64_t send(const Flood& flood, int socket) {
  sockaddr_in gateway{};
  gateway.sin_family = AF_INET;
  gateway.sin_addr.s_addr = htonl(flood.gateway.value);
  std::array<test::Packet, together> packets;
  std::array<iovec, together> contents{};
  std::array<mmsghdr, together> messages{};
  for (std::size_t i = 0; i < together; ++i) {
    packets.at(i) = first_message(flood.inside);
    contents.at(i) = {packets.at(i).data(), packets.at(i).size()};
    messages.at(i).msg_hdr.msg_name = &gateway;
    messages.at(i).msg_hdr.msg_namelen = sizeof gateway;
    messages.at(i).msg_hdr.msg_iov = &contents.at(i);
    messages.at(i).msg_hdr.msg_iovlen = 1;
  }
  std::uint64_t cookie = 0x5a5a5a5a00000000;
  std::uint64_t sent = 0;
  std::uint64_t due = 0;
  const Clock::time_point start = Clock::now();
  for (;;) {
    const Clock::duration passed = Clock::now() - start;
    if (passed >= flood.time) return sent;
    // what could not be sent in its time is not made up for: that would be a burst
    const auto now_due =
        static_cast<std::uint64_t>(std::chrono::duration<double>(passed).count() * static_cast<double>(flood.rate));
    if (now_due < due + together) {
      std::this_thread::sleep_for(1ms);
      continue;
    }
    due = std::max(due + together, now_due - together);
    for (test::Packet& packet : packets) put_cookie(packet, ++cookie);
    const int taken = sendmmsg(socket, messages.data(), messages.size(), 0);
    if (taken > 0) sent += static_cast<std::uint64_t>(taken);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Flood> flood = parse(argc, argv);
  if (!flood) {
    std::cerr << "usage: cookie_flood GATEWAY LEASED PEER RATE SECONDS\n";
    return 2;
  }
  const int socket = ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IPIP);
  if (socket < 0) {
    std::cerr << "cookie_flood: needs root\n";
    return 1;
  }
  std::cout << send(*flood, socket) << '\n';
  return 0;
}
