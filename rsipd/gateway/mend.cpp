// SPDX-License-Identifier: GPL-2.0-or-later
// Single elements that somebody else has removed or added.
#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

#include "gateway/gateway.hpp"
#include "gateway/steering.hpp"

namespace rsip::gateway {

namespace {

/// What the kernel has only once.
class Places {
 public:
  void insert(const steer::Element& element) { places_.insert(place_of(element)); }
  bool contains(const steer::Element& element) const { return places_.contains(place_of(element)); }

 private:
  using Place = std::tuple<steer::Family, std::string_view, std::vector<std::uint8_t>>;
  static Place place_of(const steer::Element& element) { return {element.family, element.set, element.key}; }

  std::set<Place> places_;
};

/// The host that an element's comment names: "client 7 bind 3 10.0.0.11".
std::optional<Ipv4> host_of(const steer::Element& element) {
  const std::string_view comment = element.comment;
  return parse_ipv4(comment.substr(comment.rfind(' ') + 1));
}

/// These depend on more than one host.
bool is_sole(const steer::Element& element) {
  return std::string_view(element.set) == "sole_in";
}

}  // namespace

Result<void> Gateway::mend(const steer::Elements& removed, const steer::Elements& added, lease::Time now) {
  Places hurt;
  std::set<Ipv4> hosts;
  steer::Transaction changes;
  Places taken_out;
  for (const steer::Elements* elements : {&removed, &added}) {
    for (const steer::Element& element : *elements) {
      if (is_sole(element)) return failure(0, "mend " + to_string(element));
      hurt.insert(element);
      if (const std::optional<Ipv4> host = host_of(element)) hosts.insert(*host);
    }
  }
  for (const steer::Element& element : added) {
    if (!taken_out.contains(element)) changes.remove(element);
    taken_out.insert(element);
  }
  for (const Ipv4 host : hosts) {
    const lease::Registration* registration = leases_.find(host);
    if (registration == nullptr) continue;
    steer::Transaction wanted;
    steer_host(wanted, tunnels_, *registration, now);
    for (const steer::Element& element : wanted.additions()) {
      if (hurt.contains(element)) changes.add(element);
    }
  }
  return commit(changes);
}

}  // namespace rsip::gateway
