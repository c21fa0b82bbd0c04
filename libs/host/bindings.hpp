// SPDX-License-Identifier: GPL-2.0-or-later
// The bindings of a session, and when the gateway is to be asked about each.
//
// The first one is there from the start, granted or not, and its life is the session's. Further ones come when they are
// granted and go when they are freed, revoked, expired, or not to be had again. A binding is extended when half of its
// lease is over. When the gateway has lost it, it is asked for anew with the same resources (RFC 3103 section 10.2.2);
// until the old lease is over the host goes on with what it had.
#pragma once

#include <optional>
#include <vector>

#include "host/backoff.hpp"
#include "host/grant.hpp"

namespace rsip::host {

/// A grant and how long it may be used.
struct Held {
  Grant grant;
  TimePoint expires;
  TimePoint renew;  ///< the next EXTEND_REQUEST
};

/// `grant`, whose lease the gateway cannot have begun to count before `start`.
Held held_since(Grant grant, TimePoint start);

/// Tells the bindings of a session apart while their bind IDs change.
enum class Serial : std::uint32_t {};

struct Binding {
  enum class Need { assign, extend };

  Serial serial{};
  Wish wish;
  std::optional<Held> held;  ///< only the first binding can be without
  Need need = Need::assign;
  bool suggest = false;  ///< need is assign: ask for just what was held
  TimePoint due{};       ///< when to ask
  Backoff backoff;       ///< after the gateway has declined
};

class Bindings {
 public:
  Bindings(Wish first, double spread);

  const Binding& first() const { return all_.front(); }
  Binding& first() { return all_.front(); }
  const std::vector<Binding>& all() const { return all_; }
  std::size_t size() const { return all_.size(); }
  /// What the host may use, the first binding's before the others in the order in which they came.
  std::vector<Grant> grants() const;

  /// Null where there is none, any more.
  Binding* find(Serial serial);
  /// One that belongs to the registration `client` rather than to an earlier one, which may have had the same bind ID.
  const Binding* find(BindId bind, std::optional<ClientId> client) const;
  bool is_first(const Binding& binding) const { return &binding == &all_.front(); }

  void add(const Wish& wish, Held held);
  /// The first one cannot be removed.
  void remove(Serial serial);
  /// The gateway granted or extended: next is the extension.
  static void hold(Binding& binding, Held held);
  /// The gateway does not have it any more.
  static void lost(Binding& binding, TimePoint now);
  /// It has none of them.
  void all_lost(TimePoint now);
  /// Withdraws the grant of the first one and removes the others.
  void clear();

  /// The first one that the gateway is to be asked about now, or null.
  const Binding* due(TimePoint now) const;
  /// One whose lease is over, or null.
  const Binding* expired(TimePoint now) const;
  TimePoint next_due() const;
  std::optional<TimePoint> next_expiry() const;

 private:
  double spread_;
  std::uint32_t serials_ = 0;
  std::vector<Binding> all_;
};

}  // namespace rsip::host
