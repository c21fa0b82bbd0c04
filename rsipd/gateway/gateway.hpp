// SPDX-License-Identifier: GPL-2.0-or-later
// The server's side of RSIP: a message of a host in, its answer out, with the leases and the kernel changed in between.
//
// An answer promises only what the kernel has acknowledged. Where the kernel refuses, the lease table is as it was
// before, and the host is told INTERNAL_SERVER_ERROR. What answers promise is also written to the journal, where there
// is one; they may leave when it has been committed.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/authenticator.hpp"
#include "gateway/flow.hpp"
#include "gateway/kernel.hpp"
#include "gateway/last_answers.hpp"
#include "gateway/locality.hpp"
#include "gateway/observer.hpp"
#include "gateway/peer.hpp"
#include "gateway/policy.hpp"
#include "gateway/sessions.hpp"
#include "gateway/sole_steering.hpp"
#include "gateway/tunnels.hpp"
#include "lease/lease_table.hpp"
#include "steer/gathering.hpp"
#include "steer/queue.hpp"
#include "store/journal.hpp"
#include "wire/message.hpp"

namespace rsip::gateway {

class Gateway {
 public:
  Gateway(Policy policy, lease::Config config, lease::Random random, Kernel& kernel);

  /// Lets QUERY_RESPONSE say what is local and what is remote; without it, nothing is known.
  void set_locality(Locality locality) { locality_.emplace(std::move(locality)); }

  /// Demands authentication of the hosts that have a key in it.
  void set_authenticator(Authenticator authenticator) { authenticator_ = std::move(authenticator); }

  /// Tells `observer` all that happens from now on. It must outlive the gateway.
  void add_observer(Observer& observer) { observers_.push_back(&observer); }

  /// Writes to `journal` from now on. It must outlive the gateway.
  void keep_journal(store::Journal& journal) { journal_ = &journal; }
  /// While it is suspended, because the journal cannot be written to, nothing new is promised: requests that would
  /// change something are refused. What holds already ends at its time, without a word to the journal.
  void suspend(bool on) { suspended_ = on; }
  bool is_suspended() const { return suspended_; }
  /// Forgets all leases and takes those that the journal has instead, as far as this configuration has them; hosts are
  /// told what has ended. Then reinstate() has to make the kernel so.
  void restore(const store::Saved& saved, lease::Time now);

  /// Answers one whole message. Nothing where no answer is due: a response (which only gateways send, RFC 3103
  /// appendix B), or a datagram that arrives after it has been answered and superseded. `resolved`: the addresses of
  /// name_to_resolve()'s name, none where it has none.
  std::optional<Bytes> handle(const Peer& peer, std::span<const std::uint8_t> message, lease::Time now,
                              std::span<const Ipv4> resolved = {});

  /// While it gathers, handle() takes the kernel's consent for granted: what its requests change is committed together,
  /// by flush(). Where that fails the leases are ahead of the kernel, and restore() is the way back. Anything else that
  /// is changed meanwhile flushes first.
  void gather(bool on) { gathers_ = on; }
  Result<void> flush();
  bool has_gathered() const { return !gathered_.empty(); }

  /// The remote's name in a request that cannot be answered without its addresses: one of a registered host that is
  /// under a remote flow policy (RFC 3103 section 7.2), or listens for the IKE of this remote.
  std::optional<std::string> name_to_resolve(const Peer& peer, std::span<const std::uint8_t> message) const;

  /// The messages that answer no request and have come up since the last call. They may leave now: what they say holds.
  std::vector<Unasked> take_unasked() { return std::exchange(unasked_, {}); }

  bool is_registered(Ipv4 host) const { return leases_.find(host) != nullptr; }

  /// Judges an IKE packet with an initiator cookie that policing does not know (RFC 3104 section 6.1). `packet` is the
  /// IPv4 packet as the host sent it through its tunnel device `ifindex`; its payload may be cut off.
  steer::Verdict judge_ike(std::uint32_t ifindex, std::span<const std::uint8_t> packet, lease::Time now);
  /// Takes note of an IKE packet that policing has let through for its cookie prefix, to a peer that is new to it.
  void note_ike_peer(std::uint32_t ifindex, std::span<const std::uint8_t> packet, lease::Time now);

  /// Tells a host what is wrong with a packet that policing has dropped (RFC 3103 section 10.4). `packet` is as for
  /// judge_ike().
  void denied(std::uint32_t ifindex, std::span<const std::uint8_t> packet, lease::Time now);
  /// Tells a host what is wrong with its tunnel. `icmp_error` is the packet with which the kernel has answered what
  /// came through it, port or protocol unreachable.
  void tunnel_refused(std::span<const std::uint8_t> icmp_error, lease::Time now);

  /// Makes the kernel what the lease table says, whatever it is now: rules, tunnel devices, announcements, elements.
  /// What is in force already stays in force meanwhile, where that is possible.
  Result<void> reinstate(lease::Time now);
  /// Puts back these elements that somebody else has removed, as far as the lease table has them, and takes out those
  /// that somebody has added. Fails where that does not do; reinstate() does.
  Result<void> mend(const steer::Elements& removed, const steer::Elements& added, lease::Time now);

  /// Forgets leases that are over and tells their hosts.
  void expire(lease::Time now);
  /// Ends one of a host's bindings, or its registration and all of them, by the operator's word; the host is told (RFC
  /// 3103 sections 9.5.1, 9.13.1). ENOENT where there is none such.
  Result<void> revoke(Ipv4 host, std::optional<BindId> bind, lease::Time now);
  /// This machine has `address` instead of a shared one from now on: what hosts hold of that ends, and they are told.
  /// Then the kernel has to be made so. EEXIST where the pool has it already.
  Result<void> replace_address(Ipv4 former, Ipv4 address, lease::Time now);
  /// While this machine has not got a shared address, nothing of it is given; what hosts hold of it stays.
  void set_away(Ipv4 address, bool away) { leases_.set_away(address, away); }
  /// Tells all hosts that nothing of theirs holds any more (RFC 3103 section 9.5.3). What is in the kernel stays.
  void dismiss_all(lease::Time now);
  std::optional<lease::Time> next_expiry() const { return leases_.next_expiry(); }
  const lease::LeaseTable& leases() const { return leases_; }
  const Tunnels& tunnels() const { return tunnels_; }

  /// What the kernel should have of a host, in all.
  steer::Elements elements_of(const lease::Registration& registration, lease::Time now) const;

  /// While it drains, no binding is assigned any more; what hosts hold is extended and freed as ever.
  void drain(bool on) { draining_ = on; }
  bool is_draining() const { return draining_; }

  /// Removes one of the tunnel devices that no binding needs any more. Slow (the kernel waits for packets under way),
  /// so it is called when answers have left, and not for many at once.
  void remove_idle_tunnel() { tunnels_.remove_idle(); }
  bool has_idle_tunnels() const { return tunnels_.has_idle(); }

 private:
  using Answer = wire::Message;

  Answer answer(const Peer& peer, const wire::RegisterRequest& request, lease::Time now);
  Answer answer(const Peer& peer, const wire::DeregisterRequest& request, lease::Time now);
  Answer answer(const Peer& peer, const wire::ExtendRequest& request, lease::Time now);
  Answer answer(const Peer& peer, const wire::FreeRequest& request, lease::Time now);
  Answer answer(const Peer& peer, const wire::QueryRequest& request, lease::Time now);

  // assign.cpp: the messages that ask for a binding
  Answer answer(const Peer& peer, const wire::AssignRequestRsaIp& request, lease::Time now,
                std::span<const Ipv4> resolved);
  Answer answer(const Peer& peer, const wire::AssignRequestRsapIp& request, lease::Time now,
                std::span<const Ipv4> resolved);
  Answer answer(const Peer& peer, const wire::AssignRequestRsipsec& request, lease::Time now,
                std::span<const Ipv4> resolved);
  Answer answer(const Peer& peer, const wire::ListenRequest& request, lease::Time now, std::span<const Ipv4> resolved);

  /// Answers a message whose sender is who it says. A `repeated` one must not be served again.
  std::optional<Bytes> serve(const Peer& peer, std::span<const std::uint8_t> message, bool repeated, lease::Time now,
                             std::span<const Ipv4> resolved);
  std::optional<Bytes> deny(const Peer& peer, std::span<const std::uint8_t> message, std::string_view cause,
                            lease::Time now);
  std::optional<Answer> dispatch(const Peer& peer, const wire::Message& message, lease::Time now,
                                 std::span<const Ipv4> resolved);
  std::optional<Answer> serve_request(const Peer& peer, const wire::Message& message, lease::Time now,
                                      std::span<const Ipv4> resolved);
  /// The host speaks. Where its lease is all that is known of it, this says how it does.
  void hear(const Peer& peer);
  /// Whether the host keeps to the transport that it has registered with; if not, the error to answer.
  std::optional<wire::ErrorCode> check_transport(const Peer& peer, const wire::Message& message) const;

  bool offers_whole_addresses(Ipv4 host) const;

  /// What answers an ASSIGN or LISTEN request, in the terms that all four have in common.
  struct Assigned {
    const lease::Binding* binding = nullptr;
    RemoteParameters remote;
    std::optional<wire::Address> tunnel_endpoint;  ///< where it is not the address that the host asked
  };
  template <typename Response, typename Request>
  Answer grant(const Peer& peer, const Request& request, lease::Request wanted, std::span<const TunnelType> tunnels,
               lease::Time now, std::span<const Ipv4> resolved);
  /// `request` has all but its remotes and its tunnel.
  tl::expected<Assigned, wire::ErrorCode> assign(const Peer& peer, ClientId client, lease::Request request,
                                                 const RemoteParameters& remote,
                                                 std::span<const wire::TunnelType> tunnels, lease::Time now,
                                                 std::span<const Ipv4> resolved);
  wire::RemotePolicy remote_policy_for(Ipv4 host, lease::Kind kind, const wire::Address& remote) const;
  std::optional<wire::ErrorCode> forbidden(Ipv4 host, const lease::Request& request) const;
  void undo_assign(const lease::Registration& registration, BindId bind);
  /// Whether this machine's own IPsec has one of a binding's suggested SPIs.
  Result<bool> has_own(const lease::Binding& binding);
  Result<const TunnelDevice*> put_in_force(const Peer& peer, const lease::Registration& registration,
                                           const lease::Binding& binding, lease::Time now);

  // ike.cpp: what hosts' IKE tells
  bool learn_ike(const TunnelDevice& tunnel, const lease::IkeState& state, lease::Time now);
  Result<void> make_room_for_ike(const lease::Registration& registration, lease::Time now);
  Result<void> forget_ike(const lease::Registration& registration, lease::Time now);

  /// Out of the kernel and out of the lease table, or neither.
  Result<void> end_binding(const lease::Registration& registration, const lease::Binding& binding, End end,
                           lease::Time now);
  Result<void> end_registration(const lease::Registration& registration, End end, lease::Time now);
  /// A binding is out of the kernel's tables and out of the lease table: so are its route and its tunnel, where no
  /// other binding needs them. Where several end at once, all addresses go before the first tunnel, which some of them
  /// may be routed into.
  void clear_up(Ipv4 host, const lease::Binding& ended);
  Result<void> commit(const steer::Transaction& changes);
  store::Journal* record() const { return suspended_ ? nullptr : journal_; }
  // restore.cpp
  class Restoration;
  bool may_still_have(Ipv4 host, const lease::Binding& binding) const;
  bool needs_address_otherwise(Ipv4 host, const lease::Binding& binding) const;
  void release_address(Ipv4 host, const lease::Binding& ended);
  void release_tunnel(Ipv4 host, const lease::Binding& ended);
  bool needed(Ipv4 host, const std::function<bool(const lease::Binding&)>& needs_it) const;
  void tell(Ipv4 host, wire::Message message);
  void tell(const Peer& to, wire::Message message);
  /// At most once a second for each error.
  void complain(Ipv4 host, wire::ErrorResponse about, lease::Time now);

  void notify(const Event& event) const;
  void notify_answered(Ipv4 host, std::optional<wire::MessageType> request, const Answer& answer, lease::Time now);

  Policy policy_;
  lease::LeaseTable leases_;
  Kernel& kernel_;
  Tunnels tunnels_;
  SoleSteering sole_steering_;
  Sessions sessions_;
  LastAnswers last_answers_;
  std::optional<Locality> locality_;
  Authenticator authenticator_;
  std::vector<Unasked> unasked_;
  std::vector<Observer*> observers_;
  bool gathers_ = false;
  steer::Gathering gathered_;
  store::Journal* journal_ = nullptr;
  bool suspended_ = false;
  bool draining_ = false;
  std::string_view cause_;  ///< why the request that is being served is refused, where the error does not say it all
};

}  // namespace rsip::gateway
