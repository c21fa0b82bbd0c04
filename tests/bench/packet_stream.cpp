// SPDX-License-Identifier: GPL-2.0-or-later
// The same packet again and again, as fast as it goes:
//
//   packet_stream DEVICE MAC COUNT [in SOURCE DESTINATION] KIND SOURCE DESTINATION [NUMBER...]
//
// KIND with its numbers: udp PORT PORT, tcp PORT PORT, esp SPI, ah SPI, ike COOKIE; `in` puts it into IP-IP. Prints
// nanoseconds a packet. On one emulated processor whose clock counts instructions, that is how many it takes from here
// to where it ends, since whatever handles it does so before the next one is sent.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "packet.hpp"

namespace {

using namespace rsip;

constexpr std::size_t together = 64;  ///< packets of one system call
constexpr std::size_t data_size = 100;

using Words = std::span<char* const>;

std::string_view take(Words& words) {
  if (words.empty()) throw std::runtime_error("usage: see the top of packet_stream.cpp");
  const std::string_view word = words.front();
  words = words.subspan(1);
  return word;
}

template <typename Number>
Number take_number(Words& words) {
  std::string_view text = take(words);
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size())
    throw std::runtime_error("no number: " + std::string(text));
  return value;
}

test::Header take_header(Words& words) {
  const std::string_view source = take(words);
  const std::string_view destination = take(words);
  const auto from = parse_ipv4(source);
  const auto to = parse_ipv4(destination);
  if (!from || !to)
    throw std::runtime_error("no IPv4 addresses: " + std::string(source) + " " + std::string(destination));
  return {*from, *to};
}

test::Packet take_packet(Words& words) {
  const std::string_view kind = take(words);
  const test::Header header = take_header(words);
  if (kind == "in") return test::ipip(header, take_packet(words));
  if (kind == "udp" || kind == "tcp") {
    const auto source = take_number<std::uint16_t>(words);
    const auto destination = take_number<std::uint16_t>(words);
    return kind == "udp" ? test::udp(header, source, destination, data_size)
                         : test::tcp(header, source, destination, data_size);
  }
  if (kind == "esp") return test::esp(header, take_number<std::uint32_t>(words), data_size);
  if (kind == "ah") return test::ah(header, take_number<std::uint32_t>(words));
  if (kind == "ike") return test::ike(header, take_number<std::uint64_t>(words), data_size);
  throw std::runtime_error("no such kind of packet: " + std::string(kind));
}

std::vector<std::uint8_t> frame_of(std::string_view mac, const test::Packet& packet) {
  ether_header ethernet{};
  if (ether_aton_r(std::string(mac).c_str(), std::launder(reinterpret_cast<ether_addr*>(ethernet.ether_dhost))) ==
      nullptr) {
    throw std::runtime_error("no MAC address: " + std::string(mac));
  }
  ethernet.ether_type = htons(ETHERTYPE_IP);
  std::vector<std::uint8_t> frame(sizeof(ethernet));
  std::memcpy(frame.data(), &ethernet, sizeof(ethernet));
  frame.insert(frame.end(), packet.begin(), packet.end());
  return frame;
}

int open_socket(std::string_view device) {
  const int fd = ::socket(AF_PACKET, SOCK_RAW, 0);
  if (fd < 0) throw std::runtime_error("open a packet socket: " + std::string(std::strerror(errno)));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_ifindex = static_cast<int>(::if_nametoindex(std::string(device).c_str()));
  int on = 1;
  if (::setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) != 0 ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("use device " + std::string(device) + ": " + std::strerror(errno));
  }
  return fd;
}

void send(int fd, std::vector<std::uint8_t>& frame, std::size_t count) {
  iovec piece{frame.data(), frame.size()};
  std::array<mmsghdr, together> messages{};
  for (mmsghdr& message : messages) {
    message.msg_hdr.msg_iov = &piece;
    message.msg_hdr.msg_iovlen = 1;
  }
  while (count > 0) {
    const auto some = static_cast<unsigned>(std::min(count, messages.size()));
    const int sent = ::sendmmsg(fd, messages.data(), some, 0);
    if (sent < 0 && errno != ENOBUFS) throw std::runtime_error("send: " + std::string(std::strerror(errno)));
    count -= static_cast<std::size_t>(std::max(sent, 0));
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    Words words = Words(argv, static_cast<std::size_t>(argc)).subspan(1);
    const int fd = open_socket(take(words));
    const std::string_view mac = take(words);
    const auto count = take_number<std::size_t>(words);
    std::vector<std::uint8_t> frame = frame_of(mac, take_packet(words));
    send(fd, frame, count / 10);  // what is learned on the way, such as routes, is by then
    const auto start = std::chrono::steady_clock::now();
    send(fd, frame, count);
    const auto time = std::chrono::steady_clock::now() - start;
    std::cout << std::chrono::nanoseconds(time).count() / static_cast<std::int64_t>(count) << '\n';
    ::close(fd);
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "packet_stream: " << problem.what() << '\n';
    return 1;
  }
}
