// SPDX-License-Identifier: GPL-2.0-or-later
// Who has leased what, and until when. Pure: time and randomness come in, nothing goes out but values.
//
// A binding is over at `expires`; the kernel ends its elements then, by their own timeouts. The table forgets it
// `grace` later, so that nothing is given out anew, nor added to the kernel, while an element may still be there.
// A registration lasts at least as long as its longest binding (RFC 3103 section 6).
//
// Ports and SPIs are owned by exactly one binding, or free, or resting; whole addresses likewise by one host. Cookies
// are owned by one binding.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "lease/binding.hpp"
#include "lease/config.hpp"
#include "lease/public_address.hpp"
#include "lease/refusal.hpp"
#include "lease/whole_addresses.hpp"

namespace rsip::lease {

inline constexpr std::chrono::seconds grace{1};

template <typename T>
using Granted = tl::expected<T, Refusal>;

class LeaseTable {
 public:
  LeaseTable(Config config, Random random);

  const Config& config() const { return config_; }
  /// One like this, in which nobody has anything.
  LeaseTable emptied() const;
  /// In the order of their addresses, so that a long list can be read in pieces while leases come and go.
  const std::map<Ipv4, Registration>& registrations() const { return registrations_; }
  /// Of all hosts.
  std::size_t binding_count() const { return due_.size() - registrations_.size(); }

  /// RFC 3103 section 9.2: too_many_hosts, already_registered.
  Granted<const Registration*> register_host(Ipv4 host, Time now);

  /// The host's registration where `client` is its client ID, else not_registered or bad_client_id.
  Granted<const Registration*> registration(Ipv4 host, ClientId client) const;
  /// Nothing where the host is not registered.
  const Registration* find(Ipv4 host) const;
  /// The host's binding, or bad_bind_id where it has none such at `now`.
  Granted<const Binding*> binding(const Registration& registration, BindId bind, Time now) const;

  /// Takes the resources and makes the binding. The host must be registered. All or nothing.
  Granted<const Binding*> assign(Ipv4 host, const Request& request, Time now);
  /// Takes back an assignment that never came into force; nothing rests. The registration's lease stays extended.
  void undo_assign(Ipv4 host, BindId bind);

  /// `address` takes the place of a shared one, of which no binding may have anything any more. What rests of that goes
  /// on resting, should it come back.
  void replace_address(Ipv4 former, Ipv4 address, Time now);
  /// While an address is away, nothing of it is given; what hosts have of it they keep.
  void set_away(Ipv4 address, bool away);

  /// The lease a host gets that suggests `suggested`.
  LeaseTime granted_lease(std::optional<LeaseTime> suggested) const;
  /// Moves the end of a binding, and that of the registration where it comes earlier.
  void extend(Ipv4 host, BindId bind, Time expires);

  /// Ends a binding: its ports and SPIs rest for `hold` from `now` on.
  void free(Ipv4 host, BindId bind, Time now);
  /// Ends a registration and all its bindings.
  void deregister(Ipv4 host, Time now);

  struct CookieCheck {
    enum class Verdict {
      known,       ///< the host's own, in force already
      unused,      ///< nobody's: `binding` may have it
      in_use,      ///< another's on this address (RFC 3104 section 6.1): a host's, or a binding's for another remote
      no_binding,  ///< the host holds no RSIPSEC binding on this address
    };
    Verdict verdict = Verdict::no_binding;
    const Binding* binding = nullptr;
  };
  /// May this host use this initiator cookie on this address, towards this remote, through a tunnel of this type? A
  /// known one becomes the most recently used.
  CookieCheck check_cookie(Ipv4 host, const Scope& scope, Cookie cookie, Time now);
  /// The host's binding whose prefix this cookie begins with; null where it has none such on this address.
  const Binding* prefix_binding(Ipv4 host, Ipv4 address, Cookie cookie) const;

  /// The IKE state that has to go before the host may have another: the least recently used. Null where it has room.
  const IkeState* ike_to_forget(const Registration& registration) const;
  /// The one to go has been used after all, for so many packets in all; it becomes the most recently used.
  void ike_was_used(Ipv4 host, std::uint64_t packets);
  void forget_ike(Ipv4 host);
  /// Gives a host a cookie that a check has found unused, or a peer that is new under a prefix.
  void learn_ike(Ipv4 host, const IkeState& state);

  /// Who has IKE with whom from a shared address of the pool.
  const SharedIke& ike(Ipv4 address) const;

  // What an earlier run of the daemon has granted is put back as it was, whatever the limits are now. False, and
  // nothing is changed, where this configuration does not have it, or somebody else has.

  /// Without bindings and IKE; those come after it.
  bool restore_registration(const Registration& saved);
  /// Its registration must be there. It may be over already: expire() ends it then.
  bool restore_binding(Ipv4 host, const Binding& saved, Time now);
  /// Least recently used first. Its binding must be there.
  bool restore_ike(Ipv4 host, const IkeState& saved);
  /// What was freed goes on resting; what cannot be taken does not. Calls must come with `until` not decreasing, and
  /// after all bindings.
  void restore_rest(Ipv4 address, const Numbers& numbers, Time until, Time now);

  struct Ended {
    ClientId client{};
    Ipv4 host;
    std::optional<Binding> binding;  ///< nothing: the registration itself
    std::vector<Ipv4> ike_peers;     ///< of the binding, each once
  };
  /// Forgets what ended `grace` or longer ago. At most `most` entries a call; the rest at the next.
  std::vector<Ended> expire(Time now, std::size_t most = 1024);
  /// When there is something to expire next.
  std::optional<Time> next_expiry() const;

  // Who has what, for tests that add up.
  const std::vector<PublicAddress>& addresses() const { return addresses_; }
  const WholeAddresses& whole_addresses() const { return whole_; }

 private:
  /// Bindings before their registration where both end at the same time: BindId{0} is the registration's.
  struct Due {
    Time at;
    bool registration = false;
    Ipv4 host;
    BindId bind{};
    friend constexpr auto operator<=>(const Due&, const Due&) = default;
  };

  Granted<Binding> take(const Registration& registration, const Request& request, Time now);
  Granted<Binding> take_whole(const Registration& registration, const Request& request, Time now);
  Granted<Binding> take_held(const Registration& registration, const Request& request, Time now);
  const Binding* enter(Registration& registration, Binding made);
  Granted<Binding> take_shared(const Registration& registration, const Request& request, Time now);
  Granted<Binding> take_from(PublicAddress& from, Ipv4 host, const Request& request, Time now);
  Granted<Binding> take_numbers(PublicAddress& from, const Request& request, Time now);
  static Binding without_numbers(const Request& request);
  static const Binding* oldest(const Registration& registration, const std::set<std::pair<Time, BindId>>& among,
                               Time now);
  PublicAddress& usual_address(const Registration& registration);
  void extend_registration(Registration& registration, Time expires);
  void remove_binding(Registration& registration, std::map<BindId, Binding>::iterator position);
  void remove_registration(Registration& registration, Time now);
  PublicAddress& public_address(Ipv4 address);

  Config config_;
  Random random_;
  std::vector<PublicAddress> addresses_;
  std::unordered_map<Ipv4, std::size_t> address_index_;
  std::set<Ipv4> away_;
  std::map<Ipv4, PublicAddress> former_;  ///< not in the pool, but some of it rests
  WholeAddresses whole_;
  std::map<Ipv4, Registration> registrations_;
  std::unordered_set<ClientId> clients_;
  std::set<Due> due_;
};

}  // namespace rsip::lease
