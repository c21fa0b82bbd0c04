// SPDX-License-Identifier: GPL-2.0-or-later
// The server's side of RSIP: a message of a host in, its answer out, with the leases and the kernel changed in between.
//
// An answer promises only what the kernel has acknowledged. Where the kernel refuses, the lease table is as it was
// before, and the host is told INTERNAL_SERVER_ERROR.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "gateway/kernel.hpp"
#include "gateway/last_answers.hpp"
#include "gateway/policy.hpp"
#include "lease/lease_table.hpp"
#include "steer/queue.hpp"
#include "wire/message.hpp"

namespace rsip::gateway {

enum class Transport { tcp, udp };

/// Where a message came from, and to which of our addresses.
struct Peer {
  Ipv4 host;
  std::uint16_t port = 0;
  Ipv4 gateway;  ///< Na as this host knows it
  Transport transport = Transport::tcp;
};

class Gateway {
 public:
  Gateway(Policy policy, lease::Config config, lease::Random random, Kernel& kernel);

  /// Answers one whole message. Nothing where no answer is due: a response (which only gateways send, RFC 3103
  /// appendix B), or a datagram that arrives after it has been answered and superseded.
  std::optional<Bytes> handle(const Peer& peer, std::span<const std::uint8_t> message, lease::Time now);

  /// Judges an IKE packet with an initiator cookie that policing does not know (RFC 3104 section 6.1). `packet` is the
  /// IPv4 packet as the host sent it through its tunnel device `ifindex`; its payload may be cut off.
  steer::Verdict judge_ike(std::uint32_t ifindex, std::span<const std::uint8_t> packet, lease::Time now);

  /// Forgets leases that are over.
  void expire(lease::Time now);
  std::optional<lease::Time> next_expiry() const { return leases_.next_expiry(); }

  /// Removes the tunnel devices that no binding needs any more. Slow (the kernel waits for packets under way), so it
  /// is called when answers have left.
  void remove_idle_tunnels();

 private:
  using Answer = wire::Message;

  Answer answer(const Peer& peer, const wire::RegisterRequest& request, lease::Time now);
  Answer answer(const Peer& peer, const wire::DeregisterRequest& request, lease::Time now);
  Answer answer(const Peer& peer, const wire::AssignRequestRsapIp& request, lease::Time now);
  Answer answer(const Peer& peer, const wire::AssignRequestRsipsec& request, lease::Time now);
  Answer answer(const Peer& peer, const wire::ExtendRequest& request, lease::Time now);
  Answer answer(const Peer& peer, const wire::FreeRequest& request, lease::Time now);

  std::optional<Answer> dispatch(const Peer& peer, const wire::Message& message, lease::Time now);

  struct Assigned {
    const lease::Binding* binding = nullptr;
    std::optional<wire::Address> tunnel_endpoint;  ///< where it is not the address that the host asked
  };
  tl::expected<Assigned, wire::ErrorCode> assign(const Peer& peer, ClientId client, const lease::Request& request,
                                                 std::optional<wire::TunnelType> tunnel, lease::Time now);

  struct TunnelDevice {
    steer::Device device;
    Ipv4 gateway;
  };
  Result<const TunnelDevice*> tunnel_of(const lease::Registration& registration, Ipv4 gateway);
  void retire_tunnel(Ipv4 host);

  Policy policy_;
  lease::LeaseTable leases_;
  Kernel& kernel_;
  LastAnswers last_answers_;
  std::unordered_map<Ipv4, TunnelDevice> tunnels_;  ///< by host
  std::unordered_map<std::uint32_t, Ipv4> hosts_by_ifindex_;
  std::vector<steer::Device> idle_tunnels_;
};

}  // namespace rsip::gateway
