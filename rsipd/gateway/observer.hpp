// SPDX-License-Identifier: GPL-2.0-or-later
// What happens to hosts and to what they lease, for those who keep account of it: log, history, metrics, operators who
// watch. Told in the order in which it happens, each thing once and when the kernel has it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lease/binding.hpp"
#include "wire/error.hpp"
#include "wire/message.hpp"

namespace rsip::gateway {

/// How a registration or a binding has come to its end.
enum class End : std::uint8_t {
  freed,         ///< FREE_REQUEST
  deregistered,  ///< DE-REGISTER_REQUEST, which ends all bindings as well
  expired,
  revoked,  ///< by the operator
};

/// What it points to is there during the call only.
struct Event {
  enum class Kind : std::uint8_t {
    registered,
    registration_ended,  ///< `end`; its bindings have ended before
    assigned,            ///< `binding`
    extended,            ///< `binding`, whose lease is the new one
    binding_ended,       ///< `binding`, `end`
    answered,            ///< `request` where it is one; `error` where it was refused, `cause` where that says more
    denied,              ///< packets of the host: it has been told `error` (RFC 3103 section 10.4)
    ike_learned,         ///< `ike`, of `binding`
    cookie_in_use,       ///< `ike`, with another's cookie on `address` (RFC 3104 section 6.1)
  };

  Kind kind{};
  lease::Time at;
  Ipv4 host;
  std::optional<ClientId> client{};
  std::optional<BindId> bind{};
  std::optional<End> end{};
  const lease::Binding* binding = nullptr;
  std::optional<wire::MessageType> request{};
  std::optional<wire::ErrorCode> error{};
  std::string_view cause{};
  std::optional<Ipv4> address{};
  const lease::IkeState* ike = nullptr;
};

class Observer {
 public:
  Observer() = default;
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  virtual ~Observer() = default;

  /// Must not call the gateway.
  virtual void happened(const Event& event) = 0;
};

}  // namespace rsip::gateway
