// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "pools"}: how much of each public address is in use.
#include "commands/reply.hpp"
#include "commands/verbs.hpp"
#include "lease/pool_use.hpp"

namespace rsip::commands {

using nlohmann::json;

namespace {

json counts_of(const lease::Use& use) {
  return {{"total", use.total}, {"leased", use.leased()}, {"on_hold", use.resting}, {"free", use.free}};
}

json counts_of(const std::optional<lease::Use>& use) {
  return use ? counts_of(*use) : json();
}

json item_of(const lease::PublicAddress& address, const lease::AddressUse& use) {
  return {{"address", to_string(address.address())},
          {"ports", counts_of(use.ports)},
          {"listen_ports", counts_of(use.listen_ports)},
          {"spis", counts_of(use.spis)},
          {"suggested_spis", counts_of(use.suggested_spis)},
          {"cookie_prefixes", counts_of(use.prefixes)},
          {"cookies", use.cookies}};
}

}  // namespace

void pools(const Context& context, const json& /*request*/, const control::AnswerPtr& answer) {
  list(*answer, [&context, next = std::size_t{0}]() mutable -> std::optional<json> {
    const lease::LeaseTable& leases = context.gateway.leases();
    const std::size_t index = next++;
    if (index < leases.addresses().size()) {
      const lease::PublicAddress& address = leases.addresses()[index];
      return item_of(address, lease::use_of(address, leases.config(), context.now()));
    }
    if (index == leases.addresses().size() && leases.whole_addresses().size() > 0) {
      return json{{"address", nullptr},
                  {"whole_addresses", counts_of(use_of(leases.whole_addresses(), context.now()))}};
    }
    return std::nullopt;
  });
}

}  // namespace rsip::commands
