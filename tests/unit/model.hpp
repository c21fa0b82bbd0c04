// SPDX-License-Identifier: GPL-2.0-or-later
// What a gateway must answer, worked out once more from plain maps, where a reader sees at a glance that it is right.
// What the gateway may choose (client IDs, free ports and SPIs, a new host's address) the model checks and adopts.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <vector>

#include "gateway/gateway.hpp"

namespace rsip::test {

/// The gateway did what the model does not.
struct Difference : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What the kernel refuses at the moment.
struct Failures {
  bool commits = false;
  bool tunnels = false;
  bool announcements = false;
};

/// "ASSIGN_RESPONSE_RSAP-IP", or the name of an error.
std::string name(const wire::Message& message);

class Model {
 public:
  /// `own_sas`: what the gateway's own IPsec has, none of it among the SPIs that are kept for hosts.
  Model(gateway::Policy policy, lease::Config config, std::set<std::pair<Ipv4, Spi>> own_sas);

  // Each throws a Difference where the gateway answered, judged or has something else.
  /// Returns the answer, decoded.
  std::optional<wire::Message> answered(const gateway::Peer& peer, const wire::Message& request,
                                        const std::optional<gateway::Bytes>& answer, Failures failures,
                                        lease::Time now);
  void judged(Ipv4 host, const lease::Scope& to, Cookie cookie, steer::Verdict verdict, Failures failures,
              lease::Time now);
  void noted(Ipv4 host, BindId bind, TunnelType tunnel, Ipv4 peer, Failures failures, lease::Time now);
  /// Returns how many hosts and bindings ended, each of which its host is told of.
  std::size_t expired(lease::Time now);
  /// One of the tunnels that are not needed any more goes.
  void settled();
  /// Another run of the gateway has taken over. It does not know who was registered before, nor whose IKE was used
  /// last, which is adopted.
  void restarted(const lease::LeaseTable& table);
  /// The whole state.
  void compare(const lease::LeaseTable& table, lease::Time now) const;

  /// The client ID of a host, or the one it had last; the nth of its bindings. Nothing where there is none such.
  std::optional<ClientId> client(Ipv4 host) const;
  std::optional<ClientId> former_client(Ipv4 host) const;
  std::optional<BindId> binding(Ipv4 host, std::size_t nth) const;
  /// The first of the host's bindings that has a cookie prefix for this remote.
  struct Prefixed {
    BindId bind{};
    Ipv4 address;
    CookiePrefix prefix;
  };
  std::optional<Prefixed> prefixed(Ipv4 host, Ipv4 remote) const;

 private:
  struct Binding {
    lease::Kind kind = lease::Kind::rsap_ip;
    Ipv4 address;
    std::set<Port> ports;
    std::set<Spi> spis;
    std::set<Remote> remotes;  ///< the only ones; none: any
    TunnelType tunnel = TunnelType::ip_ip;
    lease::Time expires;
    std::optional<CookiePrefix> prefix;

    bool permits_ipsec() const { return kind == lease::Kind::rsipsec || kind == lease::Kind::listen_ike; }
  };
  struct Host {
    ClientId client{};
    lease::Time expires;
    gateway::Transport transport = gateway::Transport::tcp;
    std::uint32_t last_bind = 0;
    std::map<BindId, Binding> bindings;
    std::vector<lease::IkeState> ike;  ///< least recently used first

    std::size_t count(const std::function<std::size_t(const Binding&)>& each) const;
    bool has_tunnel(TunnelType type) const;
  };

  /// The ports or SPIs of an address, each by itself.
  template <typename Id>
  struct Numbers {
    Run<Id> range;
    struct One {
      bool owned = false;
      lease::Time free_from{};
    };
    std::vector<One> all;  ///< from the first of the range on

    explicit Numbers(Run<Id> whole) : range(whole), all(whole.count) {}
    One& one(Id id) { return all.at(number(id) - number(range.first)); }
    const One& one(Id id) const { return all.at(number(id) - number(range.first)); }
    std::size_t free(lease::Time now) const;
    std::size_t longest_free_run(lease::Time now) const;
    bool is_free(Id id, lease::Time now) { return !one(id).owned && one(id).free_from <= now; }
    void compare(const lease::NumberPool& pool, const std::deque<lease::PublicAddress::Resting>& resting,
                 lease::PublicAddress::Kind kind, lease::Time now) const;
  };
  struct Address {
    Numbers<Port> ports;
    Numbers<Port> listen_ports;
    Numbers<Spi> spis;
    Numbers<Spi> suggested_spis;                              ///< all of the range; those of `spis` are not free in it
    std::map<std::uint32_t, lease::Time> prefixes_free_from;  ///< those that somebody has had
    Numbers<Port>& ports_with(Port port) { return ports.range.contains(port) ? ports : listen_ports; }
    Numbers<Spi>& spis_with(Spi spi) { return spis.range.contains(spi) ? spis : suggested_spis; }
  };

  struct LastDatagram {
    std::uint16_t port = 0;
    Counter counter{};
    gateway::Bytes answer;
  };

  /// What a request may be answered with, but for what the gateway chooses.
  struct Circumstances {
    const gateway::Peer& peer;
    const std::optional<wire::Message>& answer;
    Failures failures;
    lease::Time now;
  };

  bool is_new_datagram(const gateway::Peer& peer, const wire::Message& request,
                       const std::optional<gateway::Bytes>& answer, const std::optional<wire::Message>& message);
  void check(const wire::RegisterRequest& request, const Circumstances& given);
  void check(const wire::DeregisterRequest& request, const Circumstances& given);
  void check(const wire::AssignRequestRsaIp& request, const Circumstances& given);
  void check(const wire::AssignRequestRsapIp& request, const Circumstances& given);
  void check(const wire::AssignRequestRsipsec& request, const Circumstances& given);
  void check(const wire::ListenRequest& request, const Circumstances& given);
  void check(const wire::ExtendRequest& request, const Circumstances& given);
  void check(const wire::FreeRequest& request, const Circumstances& given);
  void check(const wire::QueryRequest& request, const Circumstances& given);
  /// A response: nothing is due.
  void check(const auto& response, const Circumstances& given);

  /// What an ASSIGN or LISTEN request asks for, as far as it may be asked for at all.
  struct Asked {
    lease::Kind kind = lease::Kind::rsap_ip;
    ClientId client{};
    std::optional<Ipv4> address;
    lease::Wanted<Port> ports;
    lease::Wanted<Spi> spis;
    std::set<Remote> remotes;
    TunnelType tunnel = TunnelType::ip_ip;
    LeaseTime lease{};
    bool prefix = false;
    std::optional<CookiePrefix> suggested_prefix;
  };
  template <typename Response, typename Request>
  void check_assign(lease::Kind kind, const Request& request, const Circumstances& given);
  template <typename Request>
  tl::expected<Asked, wire::ErrorCode> asked(lease::Kind kind, const Request& request, Ipv4 host) const;
  wire::RemotePolicy remote_policy(lease::Kind kind, const wire::Address& remote, Ipv4 host) const;
  tl::expected<std::set<Remote>, wire::ErrorCode> remotes(const wire::Address& address, const wire::Ports& ports,
                                                          bool may_omit_port, wire::RemotePolicy policy) const;

  /// The addresses that the host may get, and what may be answered where there is none.
  struct Choice {
    std::vector<Ipv4> possible;
    std::vector<wire::ErrorCode> errors;
  };
  Choice choice(const Asked& wanted, Ipv4 host, lease::Time now);
  Choice whole_choice(const Asked& wanted, Ipv4 host, lease::Time now);
  Choice shared_choice(const Asked& wanted, Ipv4 host, lease::Time now);
  std::optional<wire::ErrorCode> refusal_on(Ipv4 address, const Asked& wanted, Ipv4 host, lease::Time now);
  bool may_listen(Ipv4 address, const std::set<Remote>& peers, Ipv4 host) const;
  std::set<std::uint32_t> prefixes_not_free(Ipv4 address, lease::Time now) const;
  std::optional<CookiePrefix> adopted_prefix(const std::vector<wire::Vendor>& vendor, const Asked& wanted, Ipv4 address,
                                             lease::Time now) const;
  bool has_own(Ipv4 address, const std::vector<Run<Spi>>& suggested) const;
  std::optional<Ipv4> holder(Ipv4 whole) const;
  std::optional<wire::ErrorCode> refusal(Ipv4 host, ClientId client) const;

  void learn(Host& host, const lease::IkeState& state) const;
  void free(Ipv4 host, BindId bind, lease::Time now);
  void unregister(Ipv4 host, lease::Time now);

  gateway::Policy policy_;
  lease::Config config_;
  std::set<std::pair<Ipv4, Spi>> own_sas_;
  std::map<Ipv4, Host> hosts_;
  std::map<Ipv4, Address> addresses_;
  std::map<Ipv4, lease::Time> whole_;                      ///< from when on they are free again
  std::vector<std::pair<Ipv4, ClientId>> unregistered_;    ///< in the order in which their registrations ended
  std::vector<std::pair<Ipv4, TunnelType>> idle_tunnels_;  ///< idle longest first
  std::map<Ipv4, LastDatagram> last_datagrams_;
};

}  // namespace rsip::test
