// SPDX-License-Identifier: GPL-2.0-or-later
// A gateway over a kernel in memory, and what arrives at it. The input is read as steps; a step starts with a byte that
// says which it is (enum Step) and goes on with what that one needs. After each step everything in invariants.hpp must
// hold. Requests carry live client and bind IDs, so that a few bytes get deep; ID and length bytes of messages that the
// fuzzer makes up itself are put right for it.
#include <spdlog/spdlog.h>

#include <array>
#include <random>
#include <set>

#include "gateway/gateway.hpp"
#include "ike_packet.hpp"
#include "invariants.hpp"
#include "require.hpp"
#include "wire/codec.hpp"
#include "wire/reader.hpp"

using namespace rsip;
using namespace std::chrono_literals;
using gateway::Bytes;
using gateway::Peer;
using gateway::Transport;
using test::require;
using wire::Reader;

namespace {

constexpr Ipv4 na{0x0a000001};
constexpr Ipv4 na2{0x0a000002};
constexpr Ipv4 nb{0xc6336401};
constexpr Ipv4 nb2{0xc6336402};
constexpr Ipv4 whole{0xc6336410};
constexpr std::array remotes{Ipv4{0xcb007101}, Ipv4{0xcb007102}, Ipv4{0xcb007103}};  ///< the last may not be reached
constexpr Ipv4 first_host{0x0a000010};
constexpr std::uint32_t hosts = 8;  ///< more than max_hosts
constexpr Run<Port> ports{Port{1000}, 32};
constexpr Run<Spi> spis{Spi{4096}, 64};

lease::Config config() {
  lease::Config small;
  small.pool = {nb, nb2};
  small.exclusive_pool = {whole, {whole.value + 1}};
  small.listen_ports = Run<Port>{Port{498}, 8};
  small.ports = ports;
  small.spis = spis;
  small.suggested_spis = {Spi{number(spis.first) - 8}, spis.count + 32};
  small.lease = LeaseTime{100};
  small.max_lease = LeaseTime{1000};
  small.registration_lease = LeaseTime{300};
  small.max_hosts = 6;
  small.max_bindings = 4;
  small.max_ports = 20;
  small.max_spis = 40;
  small.max_cookies = 2;
  return small;
}

/// Hosts 0 and 1 have no remote policy, 2 and 3 macro, 4 and 5 micro; 6 may not use IPsec nor listen, 7 not register.
gateway::Policy policy() {
  const auto pair = [](std::uint32_t n) { return Prefix{Ipv4{first_host.value + n}, 31}; };
  gateway::Policy some;
  some.deny = {{Ipv4{first_host.value + hosts - 1}, 32}};
  some.ipsec_allow = {pair(0), pair(2), pair(4)};
  some.listen_allow = some.ipsec_allow;
  some.tunnels = {TunnelType::ip_ip, TunnelType::gre};
  some.local = {{pair(4), wire::LocalPolicy::micro}};
  some.remote = {{pair(2), wire::RemotePolicy::macro}, {pair(4), wire::RemotePolicy::micro}};
  some.remote_deny = {{remotes.back(), 32}};
  return some;
}

enum class Step : std::uint8_t {
  bytes,    ///< peer, size (2), what to send as it is
  message,  ///< peer, which binding, message type, size (2), parameters: sent with a header, and IDs put right
  enroll,   ///< peer
  leave,    ///< peer
  rsap,     ///< peer, flow, ports
  rsipsec,  ///< peer, flow, ports, SPIs
  rsa,      ///< peer, flow
  listen,   ///< peer, flow, ports
  extend,   ///< peer, which binding, lease (2)
  release,  ///< peer, which binding
  wait,     ///< milliseconds (2)
  sleep,    ///< seconds (2)
  expire,
  ike,     ///< peer, cookie, which addresses and port
  fail,    ///< which of the kernel's calls fail from now on
  settle,  ///< answers have left
  revoke,  ///< peer, which binding, if any
  misuse,  ///< peer, whether the kernel has refused the packet, the packet
  last = misuse,
};

class Session {
 public:
  explicit Session(std::span<const std::uint8_t> input) : input_(input) {
    kernel_.own_sas = {{nb, static_cast<Spi>(number(spis.last()) + 2)}};
  }

  void run() {
    while (input_.left() > 0 && !input_.failed()) {
      step(static_cast<Step>(input_.u8() % (static_cast<std::uint8_t>(Step::last) + 1)));
      for (const std::string& violation : test::violations(gateway_, kernel_)) require(false, violation);
    }
  }

 private:
  void step(Step which) {
    switch (which) {
      case Step::bytes: {
        const Peer from = peer();
        return send(from, take_bytes());
      }
      case Step::message:
        return send_made_up();
      case Step::enroll:
        return ask<wire::RegisterRequest>();
      case Step::leave:
        return ask<wire::DeregisterRequest>();
      case Step::rsap:
        return ask<wire::AssignRequestRsapIp>();
      case Step::rsipsec:
        return ask<wire::AssignRequestRsipsec>();
      case Step::rsa:
        return ask<wire::AssignRequestRsaIp>();
      case Step::listen:
        return ask<wire::ListenRequest>();
      case Step::extend:
        return ask<wire::ExtendRequest>();
      case Step::release:
        return ask<wire::FreeRequest>();
      case Step::wait:
        return kernel_.pass(std::chrono::milliseconds{input_.u16()});
      case Step::sleep:
        return kernel_.pass(std::chrono::seconds{input_.u16()});
      case Step::expire:
        return gateway_.expire(kernel_.now);
      case Step::ike:
        return queue_ike();
      case Step::fail: {
        const std::uint8_t bits = input_.u8();
        kernel_.fail_commits = (bits & 1) != 0;
        kernel_.fail_tunnels = (bits & 2) != 0;
        kernel_.fail_announce = (bits & 4) != 0;
        kernel_.fail_own_sas = (bits & 8) != 0;
        return;
      }
      case Step::settle:
        return settle();
      case Step::revoke:
        return revoke();
      case Step::misuse:
        return misuse();
    }
  }

  /// One byte: which host, from where and how it sends, and which counter a datagram has.
  Peer peer() {
    const std::uint8_t bits = input_.u8();
    host_ = bits % hosts;
    Peer from;
    from.host = Ipv4{first_host.value + host_};
    from.gateway = (bits & 0x08) != 0 ? na2 : na;
    from.transport = (bits & 0x10) != 0 ? Transport::udp : Transport::tcp;
    from.port = (bits & 0x20) != 0 ? 1234 : 4321;
    repeats_ = (bits & 0x40) != 0;
    wrong_ids_ = (bits & 0x80) != 0;
    return from;
  }

  Bytes take_bytes() {
    const std::span<const std::uint8_t> bytes = input_.bytes(std::min<std::size_t>(input_.u16(), input_.left()));
    return {bytes.begin(), bytes.end()};
  }

  /// Parameters of the fuzzer's own, in any message.
  void send_made_up() {
    const Peer from = peer();
    const std::uint8_t which = input_.u8();
    const std::uint8_t type = input_.u8();
    const Bytes parameters = take_bytes();
    const std::size_t size = wire::header_size + parameters.size();
    if (size > wire::max_message_size) return;
    Bytes bytes{wire::rsip_version, type, static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    bytes.insert(bytes.end(), parameters.begin(), parameters.end());
    auto message = wire::decode(bytes);
    if (!message) return send(from, bytes);
    std::visit([&](auto& any) { put_ids(any, from, which); }, *message);
    bytes = wire::encode(*message);
    send(from, bytes);
  }

  template <typename Request>
  void ask() {
    const Peer from = peer();
    Request request;
    if (from.transport == Transport::udp) request.counter = Counter{repeats_ ? counters_[host_] : ++counters_[host_]};
    if constexpr (requires { request.remote_ports; }) put_flow(request);
    if constexpr (requires { request.local_ports; }) request.local_ports = some_ports(request.local_ports);
    if constexpr (requires { request.spis; }) request.spis = some_spis();
    if constexpr (requires { request.bind; }) {
      put_ids(request, from, input_.u8());
    } else {
      put_ids(request, from, 0);
    }
    if constexpr (std::is_same_v<Request, wire::ExtendRequest>) request.lease = LeaseTime{input_.u16()};
    send(from, wire::encode(request));
  }

  /// One byte: which remote, which port of it, which tunnel, and for whole addresses and LISTEN which local address.
  template <typename Request>
  void put_flow(Request& request) {
    const std::uint8_t bits = input_.u8();
    if ((bits & 3) < remotes.size()) request.remote = remotes.at(bits & 3);
    if ((bits & 4) != 0) request.remote_ports = Run<Port>{Port{80}, (bits & 8) != 0 ? 2U : 1U};
    if constexpr (std::is_same_v<Request, wire::ListenRequest>) {
      request.tunnels = {(bits & 0x10) != 0 ? TunnelType::gre : TunnelType::ip_ip};
    } else {
      request.tunnel = (bits & 0x10) != 0 ? TunnelType::gre : TunnelType::ip_ip;
    }
    constexpr bool needs_whole = std::is_same_v<Request, wire::AssignRequestRsaIp>;
    const Ipv4 first = needs_whole ? whole : nb;
    if ((bits & 0x20) != 0) request.local = Ipv4{first.value + ((bits & 0x40) != 0 ? 1U : 0U)};
    // A LISTEN for any peer.
    if constexpr (std::is_same_v<Request, wire::ListenRequest>) {
      if ((bits & 0x80) != 0) request.remote = wire::AnyAddress{};
    }
  }

  /// How many of the range, or from which on: the two highest bits choose the form.
  wire::Ports some_ports(const wire::Ports& preset) {
    const std::uint8_t choice = input_.u8();
    const std::uint8_t rest = choice & 0x3f;
    const auto port = [](std::uint32_t at) { return static_cast<Port>(number(ports.first) + at); };
    if (choice < 0x40) return wire::AnyPorts{static_cast<std::uint8_t>(rest + 1)};
    if (choice < 0x80) return Run<Port>{port(rest), 1 + (rest & 7U)};
    if (choice < 0xc0) return std::vector{port(rest), port(rest + 2U), port(rest + 3U)};
    if (rest < 0x10) return Run<Port>{Port{static_cast<std::uint16_t>(496 + rest)}, 1};  // where LISTEN has its own
    return preset;
  }

  wire::Spis some_spis() {
    const std::uint8_t choice = input_.u8();
    const std::uint8_t rest = choice & 0x3f;
    const auto spi = [](std::uint32_t at) { return static_cast<Spi>(number(spis.first) + at); };
    if (choice < 0x80) return wire::AnySpis{static_cast<std::uint16_t>(rest + 1)};
    if (choice < 0xc0) return Run<Spi>{spi(rest), 1 + (rest & 7U)};
    return std::vector{spi(rest), spi(rest + 2U), spi(rest + 3U)};
  }

  /// The host's own client ID, and the ID of one of its bindings, where the message has a place for them.
  template <typename Message>
  void put_ids(Message& message, const Peer& from, std::uint8_t which) {
    const lease::Registration* registration = gateway_.leases().find(from.host);
    if (registration == nullptr || wrong_ids_) return;
    const auto client = [&](ClientId& place) { place = registration->client; };
    const auto bind = [&](BindId& place) {
      if (registration->bindings.empty()) return;
      place =
          std::next(registration->bindings.begin(), static_cast<std::ptrdiff_t>(which % registration->bindings.size()))
              ->first;
    };
    if constexpr (std::is_same_v<Message, wire::ErrorResponse>) return;
    if constexpr (requires { client(message.client); }) client(message.client);
    if constexpr (requires { bind(message.bind); }) bind(message.bind);
  }

  void send(const Peer& from, const Bytes& bytes) {
    const bool kernel_fails =
        kernel_.fail_commits || kernel_.fail_tunnels || kernel_.fail_announce || kernel_.fail_own_sas;
    (void)gateway_.name_to_resolve(from, bytes);
    const std::optional<Bytes> answer = gateway_.handle(from, bytes, kernel_.now, remotes);
    if (!answer) return;
    const auto decoded = wire::decode(*answer);
    require(decoded.has_value(), "an answer is a message");
    const auto* error = std::get_if<wire::ErrorResponse>(&*decoded);
    const bool internal = error != nullptr && error->error == wire::ErrorCode::internal_server_error;
    require(!internal || kernel_fails || from.transport == Transport::udp,
            "the kernel refuses nothing, for instance because somebody has it already");
  }

  void queue_ike() {
    const Peer from = peer();
    const Cookie cookie{input_.u8()};
    const std::uint8_t bits = input_.u8();
    const Bytes packet = test::ike_packet((bits & 1) != 0 ? nb2 : nb, remotes.at(bits >> 1 & 1), cookie,
                                          (bits & 0xf0) == 0xf0 ? 4500 : 500);
    std::uint32_t tunnel = 0;
    for (const auto& [index, there] : kernel_.tunnels) {
      if (there.host == from.host && (tunnel == 0 || (bits & 4) != 0)) tunnel = index;
    }
    (void)gateway_.judge_ike(tunnel, packet, kernel_.now);
  }

  /// By the operator's word: 255 ends the registration.
  void revoke() {
    const Ipv4 host = peer().host;
    const std::uint8_t which = input_.u8();
    (void)gateway_.revoke(host, which == 255 ? std::nullopt : std::optional(BindId{which}), kernel_.now);
  }

  /// A packet that policing, or the kernel, has dropped.
  void misuse() {
    const Ipv4 host = peer().host;
    const bool refused = (input_.u8() & 1) != 0;
    const Bytes packet = take_bytes();
    if (refused) return gateway_.tunnel_refused(packet, kernel_.now);
    for (const auto& [index, there] : kernel_.tunnels) {
      if (there.host == host) gateway_.denied(index, packet, kernel_.now);
    }
  }

  void settle() {
    while (gateway_.has_idle_tunnels()) gateway_.remove_idle_tunnel();
    std::set<std::pair<Ipv4, TunnelType>> needed;
    for (const auto& [host, registration] : gateway_.leases().registrations()) {
      for (const auto& [bind, binding] : registration.bindings) needed.emplace(host, binding.tunnel);
    }
    require(kernel_.tunnels.size() == needed.size(), "there is a tunnel where there is a binding, and nowhere else");
    for (const gateway::Unasked& unasked : gateway_.take_unasked()) {
      require(wire::decode(unasked.message).has_value(), "what leaves is a message");
    }
  }

  Reader input_;
  test::TimedKernel kernel_;
  gateway::Gateway gateway_{policy(), config(),
                            [generator = std::minstd_rand(1)](std::uint32_t bound) mutable {
                              return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(generator);
                            },
                            kernel_};
  std::uint32_t host_ = 0;  ///< of the step
  bool repeats_ = false;    ///< a datagram has the counter of the one before
  bool wrong_ids_ = false;
  std::array<std::uint32_t, hosts> counters_{};
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  spdlog::set_level(spdlog::level::off);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Session({data, size}).run();
  return 0;
}
