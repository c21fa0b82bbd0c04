// SPDX-License-Identifier: GPL-2.0-or-later
#include "realm.hpp"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "ruleset_view.hpp"
#include "skip.hpp"
#include "steer/ruleset.hpp"

namespace rsip::test {
namespace {

constexpr Mac wan_mac{2, 0, 0, 0, 0, 1};
constexpr Mac lan_mac{2, 0, 0, 0, 0, 2};

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// As the host sends it to the gateway.
Packet encapsulated(const Endpoint::Tunnel& tunnel, const Packet& packet) {
  const Header outer{tunnel.host, gateway_private};
  return tunnel.type == TunnelType::gre ? gre(outer, packet) : ipip(outer, packet);
}

bool kernel_has(TunnelType type) {
  return type == TunnelType::gre ? kernel_has_gre() : kernel_has_ipip();
}

}  // namespace

Endpoint::Endpoint(const Namespace& space, std::string_view device, const Mac& gateway, std::optional<Tunnel> tunnel)
    : gateway_(gateway), tunnel_(tunnel) {
  const Inside inside(space);
  index_ = static_cast<int>(index_of(device));
  fd_ = ::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = index_;
  if (fd_ < 0 || ::bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("open a packet socket");
  }
}

Endpoint::~Endpoint() {
  ::close(fd_);
}

void Endpoint::send(const Packet& packet) const {
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_IP);
  address.sll_ifindex = index_;
  address.sll_halen = static_cast<unsigned char>(gateway_.size());
  std::copy(gateway_.begin(), gateway_.end(), address.sll_addr);
  const Packet frame = tunnel_ ? encapsulated(*tunnel_, packet) : packet;
  if (::sendto(fd_, frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&address), sizeof(address)) < 0) {
    throw std::runtime_error("send a packet of " + std::to_string(frame.size()) + " bytes");
  }
}

void Endpoint::send(const std::vector<Packet>& packets) const {
  for (const Packet& packet : packets) send(packet);
}

Packet Endpoint::receive(std::chrono::milliseconds patience) const {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd wait{fd_, POLLIN, 0};
    if (left.count() < 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return {};
    Packet packet(65536);
    sockaddr_ll from{};
    socklen_t size = sizeof(from);
    const ssize_t received =
        ::recvfrom(fd_, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (received < 0) throw std::runtime_error("receive a packet");
    if (from.sll_pkttype == PACKET_OUTGOING) continue;
    packet.resize(static_cast<std::size_t>(received));
    const std::ptrdiff_t outer = tunnel_ ? steer::encapsulation(tunnel_->type) : 0;
    if (std::ssize(packet) > outer) packet.erase(packet.begin(), packet.begin() + outer);
    return packet;
  }
}

std::vector<Packet> Endpoint::receive_pieces() const {
  std::vector<Packet> pieces;
  while (true) {
    Packet packet = receive();
    if (packet.empty()) return pieces;
    const bool last = (packet[6] & 0x20) == 0;  // no "more fragments"
    pieces.push_back(std::move(packet));
    if (last) return pieces;
  }
}

Realm::Realm(TunnelType type) : mtu(lan_mtu - steer::encapsulation(type)) {
  {
    const Inside inside(gateway);
    set_sysctl("ip_forward", "1");
    set_sysctl("conf/all/rp_filter", "0");
    set_sysctl("conf/default/rp_filter", "0");
    make_veth("wan", wan_mac, "y", outside);
    add_address("wan", gateway_public, 24);
    add_address("lo", gateway_private, 32);
    make_veth("lan", lan_mac, "x3", outside);
    set_sysctl("conf/lan/accept_local", "1");
    add_route(x3_private, 32, RTN_UNICAST, "lan");
  }
  x3 = std::make_unique<Endpoint>(outside, "x3", lan_mac, std::nullopt);
  y = std::make_unique<Endpoint>(outside, "y", wan_mac, std::nullopt);
  make_tunnel(type, 1, rsip1, x1);
  make_tunnel(type, 2, rsip2, x2);
  const Inside inside(gateway);
  must(steer::load(loadable_skeleton({"wan"}, mtu)));
  nft_.emplace(must(steer::Nft::open()));
}

void Realm::make_tunnel(TunnelType type, int number, steer::Device& device, std::unique_ptr<Endpoint>& host) {
  const std::string name = "rsip" + std::to_string(number);
  const std::string lan = "lan" + std::to_string(number);
  const std::string peer = "x" + std::to_string(number);
  const Mac mac{2, 0, 0, 0, 1, static_cast<std::uint8_t>(number)};
  const Ipv4 address{x1_private.value + static_cast<std::uint32_t>(number) - 1};
  const Inside inside(gateway);
  if (!kernel_has(type)) {
    make_veth(name, mac, peer, outside, mtu);
    set_sysctl("conf/" + name + "/accept_local", "1");
    device = {name, index_of(name)};
    host = std::make_unique<Endpoint>(outside, peer, mac, std::nullopt);
    return;
  }
  make_veth(lan, mac, peer, outside, lan_mtu);
  add_route(address, 32, RTN_UNICAST, lan);
  device = must(must(steer::Link::open())
                    .add_tunnel({type, name, gateway_private, address, mtu,
                                 "rsipd client " + std::to_string(number) + " " + to_string(address)}));
  host = std::make_unique<Endpoint>(outside, peer, mac, Endpoint::Tunnel{type, address});
}

void Realm::commit(const steer::Transaction& transaction) {
  must(nft_->commit(transaction));
}

void Realm::lease_to_hosts() {
  using namespace std::chrono_literals;
  const steer::Owner one{ClientId{1}, BindId{1}, x1_private};
  const steer::Owner two{ClientId{2}, BindId{1}, x2_private};
  steer::Transaction lease;
  lease.add(steer::port_elements(rsip1, gateway_public, Port{x1_port}, one, 1h));
  lease.add(steer::spi_elements(rsip1, gateway_public, Spi{x1_spi}, one, 1h));
  lease.add(steer::ipsec_elements(rsip1, gateway_public, one, 1h));
  lease.add(steer::cookie_elements(rsip1, gateway_public, Cookie{x1_cookie}, y_public, one, 1h));
  lease.add(steer::port_elements(rsip2, gateway_public, Port{x2_port}, two, 1h));
  lease.add(steer::spi_elements(rsip2, gateway_public, Spi{x2_spi}, two, 1h));
  lease.add(steer::echo_elements(rsip2, gateway_public, two, 1h));
  commit(lease);
}

void Realm::remove_fast_path() {
  const Inside inside(gateway);
  must(steer::load("delete table netdev rsip\n"));
}

std::uint64_t Realm::counter(const std::string& name) {
  const Inside inside(gateway);
  return counter_of("ip rsip " + name);
}

std::optional<std::uint64_t> Realm::packets(const steer::Element& element) {
  const Result<std::uint64_t> packets = nft_->packets(element);
  return packets ? std::optional(*packets) : std::nullopt;
}

steer::SkeletonOptions skeleton_options(const std::vector<std::string>& public_devices, std::uint32_t mtu) {
  return {.public_devices = public_devices,
          .private_devices = {"lan"},
          .pool = {gateway_public},
          .exclusive_pool = {x1_whole, x2_whole},
          .tunnel_gateway = gateway_private,
          .tunnel_mtu = mtu,
          .ike_queue = queue_number,
          .log_group = log_group,
          .own_ike = {{own_ike_peer, 32}}};
}

std::string loadable_skeleton(const std::vector<std::string>& public_devices, std::uint32_t mtu) {
  std::string text = steer::skeleton_text(skeleton_options(public_devices, mtu));
  if (kernel_has_queue()) return text;
  static const bool said =
      (skip("the rules that queue first IKE packets", "no nft_queue: they drop them instead"), true);
  static_cast<void>(said);
  const std::string rule = "notrack queue num $ike_queue";
  std::size_t place = text.find(rule);
  if (place == std::string::npos) throw std::runtime_error("the skeleton has no rule that queues");
  for (; place != std::string::npos; place = text.find(rule, place)) text.replace(place, rule.size(), "drop");
  return text;
}

}  // namespace rsip::test
