// SPDX-License-Identifier: GPL-2.0-or-later
// What becomes of the kernel's security associations, in the network namespace that we are in.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "netlink/listener.hpp"
#include "xfrm/association.hpp"

namespace rsip::xfrm {

/// It is there, or has changed. An SPI that was merely reserved is not told.
struct Appeared {
  Association association;
};
/// It was deleted, or its lifetime is over.
struct Gone {
  SaId id;
};
/// All are gone.
struct Flushed {
  std::optional<Protocol> protocol;  ///< nothing: of both protocols
};
/// More happened than could be told: Database::all() knows.
struct Missed {};

using Event = std::variant<Appeared, Gone, Flushed, Missed>;

class Monitor {
 public:
  /// Nothing where the kernel has no IPsec that could be asked.
  static Result<std::optional<Monitor>> open();

  /// Readable when something has happened.
  int descriptor() const { return listener_.descriptor(); }
  /// What has happened since the last call, in order.
  Result<std::vector<Event>> events();

 private:
  explicit Monitor(netlink::Listener listener) : listener_(std::move(listener)) {}

  netlink::Listener listener_;
};

}  // namespace rsip::xfrm
