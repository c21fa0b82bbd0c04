// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire_random.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rsip::test {

using namespace rsip::wire;

std::uint32_t any_of(Random& random, std::uint32_t low, std::uint32_t high) {
  return std::uniform_int_distribution<std::uint32_t>(low, high)(random);
}

namespace {

constexpr std::uint32_t max32 = 0xffffffff;

bool coin(Random& random) {
  return any_of(random, 0, 1) == 1;
}
std::uint8_t octet(Random& random) {
  return static_cast<std::uint8_t>(any_of(random, 0, 0xff));
}
std::uint16_t word(Random& random) {
  return static_cast<std::uint16_t>(any_of(random, 0, 0xffff));
}

void fill(Random& random, ClientId& value) {
  value = ClientId{any_of(random, 0, max32)};
}
void fill(Random& random, BindId& value) {
  value = BindId{any_of(random, 0, max32)};
}
void fill(Random& random, Counter& value) {
  value = Counter{any_of(random, 0, max32)};
}
void fill(Random& random, LeaseTime& lease) {
  lease = LeaseTime{any_of(random, 0, max32)};
}
void fill(Random& random, TunnelType& tunnel) {
  tunnel = TunnelType{octet(random)};
}
void fill(Random& random, Method& method) {
  method = Method{octet(random)};
}
void fill(Random& random, ErrorCode& error) {
  error = ErrorCode{word(random)};
}
void fill(Random& random, FlowPolicy& policy) {
  policy.local = coin(random) ? LocalPolicy::macro : LocalPolicy::micro;
  policy.remote = static_cast<RemotePolicy>(any_of(random, 1, 3));
}
void fill(Random& random, Vendor& vendor) {
  vendor.vendor = word(random);
  vendor.subtype = word(random);
  vendor.value.resize(any_of(random, 0, 40));
  for (std::uint8_t& byte : vendor.value) byte = octet(random);
}

Fqdn name(Random& random) {
  const std::uint32_t size = coin(random) ? any_of(random, 1, 12) : any_of(random, 1, max_name_size);
  Fqdn fqdn;
  for (std::uint32_t i = 0; i < size; ++i) fqdn.name += static_cast<char>(any_of(random, '!', '~'));
  return fqdn;
}

/// Never one of zeros, which decodes to AnyAddress where it is a required parameter.
void fill(Random& random, Address& address) {
  switch (any_of(random, 0, 4)) {
    case 0:
      address = AnyAddress{};
      break;
    case 1:
      address = Ipv4{any_of(random, 1, max32)};
      break;
    case 2:
      address = Ipv4Netmask{Ipv4{any_of(random, 0, max32)}};
      break;
    case 3: {
      Ipv6 six;
      for (std::uint8_t& byte : six.bytes) byte = octet(random);
      six.bytes.back() |= 1;
      address = six;
      break;
    }
    default:
      address = name(random);
  }
}

/// A run of ports or SPIs, which may end at the highest there is.
template <typename Id>
Run<Id> run(Random& random, std::uint32_t highest, std::uint32_t most) {
  const std::uint32_t count = any_of(random, 1, most);
  const std::uint32_t top = highest - (count - 1);
  const std::uint32_t first = coin(random) ? top : any_of(random, 1, top);
  return Run<Id>{static_cast<Id>(first), count};
}

template <typename Id>
std::vector<Id> list(Random& random, std::uint32_t highest, std::uint32_t most) {
  const std::size_t size = any_of(random, 2, most);
  std::vector<Id> ids;
  while (ids.size() < size) {
    const Id id = static_cast<Id>(any_of(random, 1, highest));
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

void fill(Random& random, Ports& ports) {
  switch (any_of(random, 0, 2)) {
    case 0:
      ports = AnyPorts{static_cast<std::uint8_t>(any_of(random, 1, 0xff))};
      break;
    case 1:
      ports = run<Port>(random, 0xffff, 0xff);
      break;
    default:
      ports = list<Port>(random, 0xffff, coin(random) ? 5 : 0xff);
  }
}

void fill_or_none(Random& random, Ports& ports) {
  if (coin(random)) {
    ports = NoPorts{};
  } else {
    fill(random, ports);
  }
}

void fill(Random& random, Spis& spis) {
  switch (any_of(random, 0, 2)) {
    case 0:
      spis = AnySpis{static_cast<std::uint16_t>(any_of(random, 1, 0xffff))};
      break;
    case 1:
      spis = run<Spi>(random, max32, 0xffff);
      break;
    default:
      spis = list<Spi>(random, max32, 30);
  }
}

QueryTuple tuple(Random& random, bool may_be_remote) {
  QueryTuple tuple;
  tuple.remote = may_be_remote && coin(random);
  fill(random, tuple.address);
  if (coin(random) && !std::holds_alternative<Fqdn>(tuple.address)) {
    tuple.netmask = Ipv4Netmask{Ipv4{any_of(random, 0, max32)}};
  }
  return tuple;
}

template <typename T>
void fill(Random& random, std::optional<T>& value) {
  if (coin(random)) fill(random, value.emplace());
}

template <typename T>
void fill(Random& random, std::vector<T>& values) {
  values.resize(any_of(random, 0, 3));
  for (T& value : values) fill(random, value);
}

template <typename... T>
void fill_all(Random& random, T&... members) {
  (fill(random, members), ...);
}

// Members, not grammar: this is on purpose apart from libs/wire/fields.hpp, which it tests.
void fill(Random& random, ErrorResponse& m) {
  fill_all(random, m.error, m.client, m.bind);
}
void fill(Random& /*random*/, RegisterRequest& /*m*/) {}
void fill(Random& random, RegisterResponse& m) {
  fill_all(random, m.client, m.lease, m.policy, m.methods, m.tunnels);
}
void fill(Random& random, DeregisterRequest& m) {
  fill_all(random, m.client);
}
void fill(Random& random, DeregisterResponse& m) {
  fill_all(random, m.client);
}
void fill(Random& random, AssignRequestRsaIp& m) {
  fill_all(random, m.client, m.local, m.remote, m.remote_ports, m.lease, m.tunnel);
}
void fill(Random& random, AssignResponseRsaIp& m) {
  fill_all(random, m.client, m.bind, m.local, m.remote, m.remote_ports, m.lease, m.tunnel, m.tunnel_endpoint);
}
void fill(Random& random, AssignRequestRsapIp& m) {
  fill_all(random, m.client, m.local, m.local_ports, m.remote, m.remote_ports, m.lease, m.tunnel);
}
void fill(Random& random, AssignResponseRsapIp& m) {
  fill_all(random, m.client, m.bind, m.local, m.local_ports, m.remote, m.remote_ports, m.lease, m.tunnel,
           m.tunnel_endpoint);
}
void fill(Random& random, AssignRequestRsipsec& m) {
  fill_all(random, m.client, m.local, m.remote, m.spis, m.lease, m.tunnel);
  fill_or_none(random, m.local_ports);
  fill_or_none(random, m.remote_ports);
}
void fill(Random& random, AssignResponseRsipsec& m) {
  fill_all(random, m.client, m.bind, m.local, m.remote, m.spis, m.lease, m.tunnel, m.tunnel_endpoint);
  fill_or_none(random, m.local_ports);
  fill_or_none(random, m.remote_ports);
}
void fill(Random& random, ExtendRequest& m) {
  fill_all(random, m.client, m.bind, m.lease);
}
void fill(Random& random, ExtendResponse& m) {
  fill_all(random, m.client, m.bind, m.lease);
}
void fill(Random& random, FreeRequest& m) {
  fill_all(random, m.client, m.bind);
}
void fill(Random& random, FreeResponse& m) {
  fill_all(random, m.client, m.bind);
}
void fill(Random& random, QueryRequest& m) {
  fill_all(random, m.client);
  for (std::uint32_t n = any_of(random, 0, 4); n > 0; --n) m.tuples.push_back(tuple(random, false));
}
void fill(Random& random, QueryResponse& m) {
  fill_all(random, m.client);
  for (std::uint32_t n = any_of(random, 0, 4); n > 0; --n) m.tuples.push_back(tuple(random, true));
}
void fill(Random& random, ListenRequest& m) {
  fill_all(random, m.client, m.local, m.local_ports, m.remote, m.remote_ports, m.lease, m.tunnels);
}
void fill(Random& random, ListenResponse& m) {
  fill_all(random, m.client, m.bind, m.local, m.local_ports, m.remote, m.remote_ports, m.tunnel, m.lease,
           m.tunnel_endpoint);
}

template <std::size_t... Index>
Message blank(std::size_t index, std::index_sequence<Index...> /*unused*/) {
  Message message;
  ((index == Index ? static_cast<void>(message.emplace<Index>()) : static_cast<void>(0)), ...);
  return message;
}

}  // namespace

Message random_message(Random& random) {
  constexpr std::size_t types = std::variant_size_v<Message>;
  Message message = blank(any_of(random, 0, types - 1), std::make_index_sequence<types>());
  std::visit(
      [&random](auto& each) {
        fill(random, each.counter);
        fill(random, each.vendor);
        fill(random, each);
      },
      message);
  return message;
}

}  // namespace rsip::test
