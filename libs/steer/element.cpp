// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/element.hpp"

#include <linux/if.h>

#include <cstddef>
#include <string_view>
#include <type_traits>

#include "steer/key_reader.hpp"

namespace rsip::steer {
namespace {

using std::chrono::milliseconds;

/// A key under construction. The kernel keeps each part of a concatenation in registers of 4 bytes.
class Key {
 public:
  Key& device_name(const std::string& name) {
    std::vector<std::uint8_t> part(name.begin(), name.end());
    part.resize(IFNAMSIZ);
    return append(part);
  }
  Key& address(Ipv4 value) { return integer(value.value); }

  /// Network byte order, zeros behind.
  template <typename Integer>
  Key& integer(Integer value) {
    static_assert(std::is_unsigned_v<Integer>);
    std::vector<std::uint8_t> part;
    for (std::size_t byte = sizeof(Integer); byte-- > 0;) {
      part.push_back(static_cast<std::uint8_t>(value >> (8 * byte)));
    }
    return append(part);
  }

  /// As many bytes as the prefix has.
  Key& prefix(CookiePrefix prefix) {
    std::vector<std::uint8_t> part;
    for (unsigned bits = 0; bits < prefix.bits; bits += 8) {
      part.push_back(static_cast<std::uint8_t>(prefix.value >> (24 - bits)));
    }
    return append(part);
  }

  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  Key& append(const std::vector<std::uint8_t>& part) {
    bytes_.insert(bytes_.end(), part.begin(), part.end());
    bytes_.resize((bytes_.size() + 3) / 4 * 4);
    return *this;
  }

  std::vector<std::uint8_t> bytes_;
};

std::string comment_of(const Owner& owner) {
  return "client " + std::to_string(number(owner.client)) + " bind " + std::to_string(number(owner.bind)) + " " +
         to_string(owner.host);
}

/// Of a cookie, whose key need not have the peer.
std::string comment_of(const Owner& owner, Ipv4 peer) {
  return "client " + std::to_string(number(owner.client)) + " bind " + std::to_string(number(owner.bind)) + " peer " +
         to_string(peer) + " " + to_string(owner.host);
}

/// Of an element that several bindings share.
std::string comment_of_host(const Owner& owner) {
  return "client " + std::to_string(number(owner.client)) + " " + to_string(owner.host);
}

/// A remote address in a map's key: in two halves, because the same map is also asked about an address that ICMP
/// quotes, which nft does not take for a whole one.
Key& halves(Key& key, Ipv4 address) {
  return key.integer(static_cast<std::uint16_t>(address.value >> 16))
      .integer(static_cast<std::uint16_t>(address.value & 0xffff));
}

Elements element_of(const char* set, Key& key, std::optional<std::uint32_t> device, milliseconds timeout,
                    const Owner& owner) {
  return {{Family::ip, set, key.take(), device, timeout, comment_of(owner)}};
}

enum class Paths { both, slow };

/// The elements of one resource, in the making: what they have in common is said once.
class Maker {
 public:
  Maker(const Device& tunnel, Ipv4 address, std::string comment, milliseconds timeout,
        const std::optional<Remote>& remote)
      : tunnel_(tunnel), address_(address), comment_(std::move(comment)), timeout_(timeout), remote_(remote) {}

  /// A map's `name` on its paths; under a remote flow policy `macro` or `micro`, on the slow path. A null `micro`: the
  /// remote's port is of no account. `identify` appends what tells the resource apart.
  template <typename Identify>
  Maker& steering(const char* name, const char* macro, const char* micro, Identify identify,
                  Paths paths = Paths::both) {
    Key key;
    identify(key.address(address_));
    if (!remote_) {
      std::vector<std::uint8_t> bytes = key.take();
      if (paths == Paths::both) add(Family::netdev, name, bytes, tunnel_.index);
      add(Family::ip, name, std::move(bytes), tunnel_.index);
      return *this;
    }
    halves(key, remote_->address);
    const bool by_port = remote_->port && micro != nullptr;
    if (by_port) key.integer(number(*remote_->port));
    add(Family::ip, by_port ? micro : macro, key.take(), tunnel_.index);
    return *this;
  }

  /// One port of the remote, for one port of ours. nft cannot compare ports in the order in which ICMP quotes them with
  /// a key for what comes from the remote, nor can a key have the parts that would do for both (nft-rules/rsip.nft).
  Maker& steering_between(Port ours, const Remote& remote, Port theirs) {
    Key direct;
    direct.address(address_).integer(number(ours)).address(remote.address).integer(number(theirs));
    add(Family::ip, "port_in_micro", direct.take(), tunnel_.index);
    Key quoted;
    const auto both = static_cast<std::uint32_t>(number(ours)) << 16 | number(theirs);
    halves(quoted.address(address_), remote.address).integer(both);
    add(Family::ip, "quoted_in_micro", quoted.take(), tunnel_.index);
    return *this;
  }

  /// A set's `name`, likewise.
  template <typename Identify>
  Maker& permission(const char* name, const char* macro, const char* micro, Identify identify) {
    Key key;
    identify(key.device_name(tunnel_.name).address(address_));
    const bool by_port = remote_ && remote_->port && micro != nullptr;
    if (remote_) key.address(remote_->address);
    if (by_port) key.integer(number(*remote_->port));
    const char* restricted = by_port ? micro : macro;
    add(Family::ip, remote_ ? restricted : name, key.take(), std::nullopt);
    return *this;
  }

  Elements take() { return std::move(elements_); }

 private:
  void add(Family family, const char* set, std::vector<std::uint8_t> key, std::optional<std::uint32_t> device) {
    elements_.push_back({family, set, std::move(key), device, timeout_, comment_});
  }

  const Device& tunnel_;
  Ipv4 address_;
  std::string comment_;
  milliseconds timeout_;
  const std::optional<Remote>& remote_;
  Elements elements_;
};

}  // namespace

Elements port_elements(const Device& tunnel, Ipv4 address, Port port, const Owner& owner, milliseconds timeout,
                       const std::optional<Remote>& remote) {
  const auto identify = [port](Key& key) { key.integer(number(port)); };
  Maker maker(tunnel, address, comment_of(owner), timeout, remote);
  if (remote && remote->port) {
    maker.steering_between(port, *remote, *remote->port);
  } else {
    maker.steering("port_in", "port_in_macro", nullptr, identify);
  }
  return maker.permission("port_out", "port_out_macro", "port_out_micro", identify).take();
}

Elements spi_elements(const Device& tunnel, Ipv4 address, Spi spi, const Owner& owner, milliseconds timeout,
                      const std::optional<Remote>& remote) {
  return Maker(tunnel, address, comment_of(owner), timeout, remote)
      .steering("spi_in", "spi_in_macro", nullptr, [spi](Key& key) { key.integer(number(spi)); })
      .take();
}

Elements ipsec_elements(const Device& tunnel, Ipv4 address, const Owner& owner, milliseconds timeout,
                        const std::optional<Remote>& remote) {
  return Maker(tunnel, address, comment_of_host(owner), timeout, remote)
      .permission("ipsec_out", "ipsec_out_macro", nullptr, [](Key&) {})
      .take();
}

Elements echo_elements(const Device& tunnel, Ipv4 address, const Owner& owner, milliseconds timeout,
                       const std::optional<Remote>& remote) {
  return Maker(tunnel, address, comment_of_host(owner), timeout, remote)
      .permission("echo_out", "echo_out_macro", nullptr, [](Key&) {})
      .take();
}

Elements cookie_elements(const Device& tunnel, Ipv4 address, Cookie cookie, Ipv4 peer, const Owner& owner,
                         milliseconds timeout, const std::optional<Remote>& remote) {
  const auto identify = [cookie](Key& key) { key.integer(number(cookie)); };
  return Maker(tunnel, address, comment_of(owner, peer), timeout, remote)
      .steering("cookie_in", "cookie_in_macro", nullptr, identify)
      .permission("cookie_out", "cookie_out_macro", nullptr, identify)
      .take();
}

Elements prefix_elements(const Device& tunnel, Ipv4 address, CookiePrefix prefix, const Owner& owner,
                         milliseconds timeout, const std::optional<Remote>& remote) {
  const auto identify = [prefix](Key& key) { key.prefix(prefix); };
  return Maker(tunnel, address, comment_of(owner), timeout, remote)
      .steering("prefix_in", "prefix_in_macro", nullptr, identify, Paths::slow)
      .permission("prefix_out", "prefix_out_macro", nullptr, identify)
      .take();
}

Elements peer_elements(const Device& tunnel, Ipv4 address, Ipv4 peer, const Owner& owner, milliseconds timeout) {
  Key key;
  key.device_name(tunnel.name).address(address).address(peer);
  return element_of("peer_out", key, std::nullopt, timeout, owner);
}

Elements sole_elements(const Device& tunnel, Ipv4 address, Ipv4 peer, const Owner& owner, milliseconds timeout) {
  Key key;
  key.address(address).address(peer);
  return element_of("sole_in", key, tunnel.index, timeout, owner);
}

Elements listener_elements(const Device& tunnel, Ipv4 address, std::optional<Ipv4> peer, const Owner& owner,
                           milliseconds timeout) {
  Key key;
  key.address(address);
  if (peer) key.address(*peer);
  return element_of(peer ? "listener_in" : "any_listener_in", key, tunnel.index, timeout, owner);
}

Elements address_elements(const Device& tunnel, Ipv4 address, const Owner& owner, milliseconds timeout,
                          const std::optional<Remote>& remote) {
  return Maker(tunnel, address, comment_of(owner), timeout, remote)
      .steering("address_in", "address_in_macro", "address_in_micro", [](Key&) {})
      .permission("address_out", "address_out_macro", "address_out_micro", [](Key&) {})
      .take();
}

std::string to_string(const Element& element) {
  const std::string_view set = element.set;
  const bool permission = set.find("_out") != std::string_view::npos;
  std::string text = (element.family == Family::netdev ? "netdev " : "ip ") + std::string(set);
  KeyReader key(element.key);
  if (permission) text += " " + key.text(IFNAMSIZ) + " .";
  text += " " + to_string(key.address());
  if (set.starts_with("port")) text += " . " + std::to_string(key.port());
  if (set.starts_with("spi")) text += " . " + key.hex(4);
  if (set.starts_with("cookie")) text += " . " + key.hex(8);
  if (set.starts_with("prefix")) text += " . " + key.hex(4);
  if (key.at_end()) return text;
  const bool whole = permission || set == "port_in_micro" || set == "sole_in" || set == "listener_in";
  text += " . " + to_string(whole ? key.address() : key.address_in_halves());
  if (set.starts_with("quoted")) {
    const std::uint64_t both = key.number(4);
    return text + " . " + std::to_string(both >> 16) + " . " + std::to_string(both & 0xffff);
  }
  if (!key.at_end()) text += " . " + std::to_string(key.port());
  return text;
}

std::string place_of(const Element& element) {
  std::string place(element.set);
  place += element.family == Family::ip ? '4' : 'n';
  place.append(element.key.begin(), element.key.end());
  return place;
}

std::optional<Ipv4> host_of(const Element& element) {
  const std::string_view comment = element.comment;
  return parse_ipv4(comment.substr(comment.rfind(' ') + 1));
}

}  // namespace rsip::steer
