// SPDX-License-Identifier: GPL-2.0-or-later
// Leases for an IKE daemon that chooses its own SPIs: which SPI to lease, to give back, and which security association
// has to go, given what the host's kernel tells of them. No I/O and no clock of its own.
//
// Followed is each SPI of an inbound association, ESP or AH, whose destination is a leased address. ESP and AH with the
// same SPI share a lease. An SPI that another binding has needs none. Where the gateway answers IPSEC_SPI_INUSE,
// packets with this SPI would never come here, so the association is of no use; its IKE daemon negotiates another one.
//
// A lease goes a moment after its last association, so that one which is replaced by itself, with the same SPI, keeps
// it: a freed SPI rests at the gateway.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "host/bindings.hpp"
#include "host/command.hpp"
#include "xfrm/association.hpp"

namespace rsip::host {

class FollowedSas {
 public:
  /// How long a lease stays when its last association has gone.
  static constexpr std::chrono::seconds linger{1};
  /// How long an association stays whose SPI was refused. Its IKE daemon may not be done with making it, and would take
  /// no notice of its end.
  static constexpr std::chrono::seconds settling{1};

  /// What the kernel tells. `bindings` are the session's, those for followed SPIs included.
  void appeared(const xfrm::Association& association, const Bindings& bindings, TimePoint now);
  void gone(const xfrm::SaId& id, TimePoint now);
  void flushed(std::optional<xfrm::Protocol> protocol, TimePoint now);
  /// `all` that there are, after a start or when events were missed.
  void resync(std::span<const xfrm::Association> all, const Bindings& bindings, TimePoint now);

  /// Bindings of the session have gone or changed other than by an order of ours.
  void bindings_changed(const Bindings& bindings, TimePoint now);
  /// The gateway is there again: what failed is worth another try.
  void recovered(TimePoint now);

  /// The next thing to ask the session for, if it is time for one and the last has been answered.
  std::optional<Order> next(const Bindings& bindings, TimePoint now);
  /// When there may be a next order without anything else happening.
  std::optional<TimePoint> deadline() const;

  /// What comes of the last order.
  struct Answer {
    std::optional<Spi> leased{};
    std::chrono::nanoseconds took{};  ///< since the kernel told of the association
    std::optional<Spi> failed{};      ///< not leased, will be asked for again
  };
  Answer answered(const Outcome& outcome, TimePoint now);

  /// The associations that have to go now, since the gateway has given their SPI to another. Each is named once.
  std::vector<xfrm::Association> refused(TimePoint now);

  /// The associations that are followed, or covered by another binding.
  std::size_t size() const { return spis_.size(); }

 private:
  struct Key {
    Ipv4 address;
    Spi spi{};
    friend constexpr auto operator<=>(const Key&, const Key&) = default;
  };
  enum class Phase {
    wanted,   ///< in wanted_
    asked,    ///< the request is under way
    leased,   ///< in unused_ where its associations have gone
    covered,  ///< another binding has it
    refused,  ///< in refused_
  };
  struct Followed {
    std::map<xfrm::Protocol, xfrm::Association> associations;
    TimePoint since;  ///< when the kernel told of the first
    Phase phase = Phase::wanted;
    TimePoint due{};  ///< its place in wanted_, unused_ or refused_
    Backoff backoff{0};
  };
  using Spis = std::map<Key, Followed>;
  using Due = std::set<std::pair<TimePoint, Key>>;

  void remove(Spis::iterator position, xfrm::Protocol protocol, TimePoint now);
  static void enter(Due& list, Spis::iterator position, TimePoint due);
  static void leave(Due& list, Spis::iterator position) { list.erase({position->second.due, position->first}); }
  void want(Spis::iterator position, TimePoint due);
  std::optional<Order> next_lease(const Bindings& bindings, TimePoint now);
  std::optional<Order> next_free(const Bindings& bindings, TimePoint now);

  Spis spis_;
  Due wanted_;
  Due unused_;
  Due refused_;
  std::optional<Key> asked_;
  bool freeing_ = false;
};

}  // namespace rsip::host
