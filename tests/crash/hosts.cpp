// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "each_of.hpp"
#include "gateway/assignment.hpp"
#include "steer/inspector.hpp"
#include "wire/codec.hpp"
#include "wire/error.hpp"

namespace rsip::test {

namespace {

using namespace std::chrono_literals;
using wire::ErrorCode;

constexpr auto patience = 30ms;  ///< after which a request is sent again

sockaddr_in socket_address(Ipv4 address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = htons(port);
  result.sin_addr.s_addr = htonl(address.value);
  return result;
}

int open_socket(Ipv4 host) {
  const int made = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const sockaddr_in own = socket_address(host, 0);
  const sockaddr_in gateway = socket_address(gateway_address, gateway_port);
  if (made < 0 || ::bind(made, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) != 0 ||
      ::connect(made, reinterpret_cast<const sockaddr*>(&gateway), sizeof(gateway)) != 0) {
    throw std::runtime_error("make a host's socket");
  }
  return made;
}

wire::Message decoded(const std::vector<std::uint8_t>& bytes) {
  auto message = wire::decode(bytes);
  if (!message) throw Broken("a message that cannot be read");
  return std::move(*message);
}

}  // namespace

Hosts::Hosts(std::uint64_t seed, std::vector<steer::Device> devices)
    : random_(static_cast<std::mt19937::result_type>(seed)), devices_(std::move(devices)), hosts_(host_count) {
  for (std::uint8_t n = 0; n < host_count; ++n) hosts_[n].socket = open_socket(host_address(n));
}

Hosts::~Hosts() {
  for (const Host& host : hosts_) ::close(host.socket);
}

void Hosts::ask() {
  for (Host& host : hosts_) {
    if (!host.waiting) send(host, next_request(host));
  }
}

wire::Message Hosts::next_request(const Host& host) {
  if (!host.client) return wire::RegisterRequest{};
  const std::uint32_t dice = any(100);
  if (dice < 45 || host.bindings.empty()) {
    wire::AssignRequestRsapIp ports;
    ports.client = *host.client;
    ports.local_ports = wire::AnyPorts{static_cast<std::uint8_t>(1 + any(4))};
    if (any(2) == 0) return ports;
    wire::AssignRequestRsipsec spis;
    spis.client = *host.client;
    spis.local_ports = wire::AnyPorts{1};
    spis.spis = wire::AnySpis{static_cast<std::uint16_t>(1 + any(4))};
    return spis;
  }
  const BindId bind = std::next(host.bindings.begin(), any(static_cast<std::uint32_t>(host.bindings.size())))->first;
  if (dice < 65) {
    wire::ExtendRequest extend;
    extend.client = *host.client;
    extend.bind = bind;
    return extend;
  }
  if (dice < 95) {
    wire::FreeRequest free;
    free.client = *host.client;
    free.bind = bind;
    return free;
  }
  wire::DeregisterRequest leave;
  leave.client = *host.client;
  return leave;
}

void Hosts::send(Host& host, wire::Message request) {
  std::visit([&host](auto& any) { any.counter = Counter{++host.counter}; }, request);
  host.request = wire::encode(request);
  host.answer.clear();
  host.asked = host.sent = Clock::now();
  host.waiting = true;
  (void)::send(host.socket, host.request.data(), host.request.size(), 0);  // lost where nobody listens
}

void Hosts::listen(std::chrono::milliseconds time) {
  std::vector<pollfd> sockets;
  for (const Host& host : hosts_) sockets.push_back({host.socket, POLLIN, 0});
  (void)::poll(sockets.data(), sockets.size(), static_cast<int>(time.count()));
  for (Host& host : hosts_) {
    Bytes answer(wire::max_message_size);
    ssize_t size = 0;
    while ((size = ::recv(host.socket, answer.data(), answer.size(), 0)) > 0) {
      take(host, {answer.begin(), answer.begin() + size});
    }
    if (host.waiting && Clock::now() - host.sent > patience) {
      host.sent = Clock::now();
      (void)::send(host.socket, host.request.data(), host.request.size(), 0);
    }
  }
}

bool Hosts::waiting() const {
  return std::ranges::any_of(hosts_, &Host::waiting);
}

void Hosts::take(Host& host, const Bytes& bytes) {
  const wire::Message answer = decoded(bytes);
  const wire::Message request = decoded(host.request);
  const auto counter = [](const wire::Message& message) {
    return std::visit([](const auto& any) { return any.counter; }, message);
  };
  if (counter(answer) != counter(request)) return;  // of an earlier request, once more
  if (!host.waiting) {
    if (!host.answer.empty() && bytes != host.answer) throw Broken("a repeated request has another answer");
    return;
  }
  host.waiting = false;
  host.answer = bytes;
  if (const auto* error = std::get_if<wire::ErrorResponse>(&answer)) {
    // The pool is full, or the kernel has refused twice.
    const bool may_be = error->error == ErrorCode::local_addrport_unavailable ||
                        error->error == ErrorCode::ipsec_spi_unavailable ||
                        error->error == ErrorCode::internal_server_error;
    if (!may_be) {
      throw Broken(std::string(wire::name(wire::type_of(request))) +
                   " was refused: " + std::string(wire::name(error->error)));
    }
    host.answer.clear();  // it may be granted, if it is repeated
    return;
  }
  ++granted_;
  granted(host, request, answer);
}

void Hosts::granted(Host& host, const wire::Message& request, const wire::Message& answer) {
  if (const auto* registered = std::get_if<wire::RegisterResponse>(&answer)) {
    host.client = registered->client;
  } else if (const auto* ports = std::get_if<wire::AssignResponseRsapIp>(&answer)) {
    Binding binding{each_of(gateway::wanted_ports(ports->local_ports).particular), {}};
    own(resting_ports_, binding.ports, host.asked);
    if (!host.bindings.emplace(ports->bind, binding).second) throw Broken("a bind ID is given twice");
  } else if (const auto* spis = std::get_if<wire::AssignResponseRsipsec>(&answer)) {
    Binding binding{each_of(gateway::wanted_ports(spis->local_ports).particular),
                    each_of(gateway::wanted_spis(spis->spis).particular)};
    own(resting_ports_, binding.ports, host.asked);
    own(resting_spis_, binding.spis, host.asked);
    if (!host.bindings.emplace(spis->bind, binding).second) throw Broken("a bind ID is given twice");
  } else if (std::holds_alternative<wire::FreeResponse>(answer)) {
    release(host, std::get<wire::FreeRequest>(request).bind, host.asked);
  } else if (std::holds_alternative<wire::DeregisterResponse>(answer)) {
    while (!host.bindings.empty()) release(host, host.bindings.begin()->first, host.asked);
    host.client.reset();
  } else if (!std::holds_alternative<wire::ExtendResponse>(answer)) {
    throw Broken("an answer to another request");
  }
}

/// Nobody else may have them, nor may they rest still.
template <typename Id>
void Hosts::own(std::map<Id, Clock::time_point>& resting, const std::set<Id>& ids, Clock::time_point) const {
  const Clock::time_point now = Clock::now();
  for (const Id id : ids) {
    for (const Host& other : hosts_) {
      for (const auto& [bind, binding] : other.bindings) {
        bool owned = false;
        if constexpr (std::is_same_v<Id, Port>) {
          owned = binding.ports.contains(id);
        } else {
          owned = binding.spis.contains(id);
        }
        if (owned) throw Broken(std::to_string(number(id)) + " has two owners");
      }
    }
    const auto rests = resting.find(id);
    if (rests != resting.end() && now < rests->second) throw Broken(std::to_string(number(id)) + " does not rest");
  }
}

void Hosts::release(Host& host, BindId bind, Clock::time_point asked) {
  const Binding& released = host.bindings.at(bind);
  // It was freed at the earliest when it was asked for.
  const Clock::time_point until = asked + lease_config().hold;
  for (const Port port : released.ports) resting_ports_[port] = until;
  for (const Spi spi : released.spis) resting_spis_[spi] = until;
  host.bindings.erase(bind);
}

void Hosts::compare_with_kernel() const {
  // Where each element should lead, of those that belong to one binding alone.
  std::set<std::string> wanted;
  const Ipv4 address = lease_config().pool.front();
  const auto want = [&wanted](const steer::Elements& elements) {
    for (const steer::Element& element : elements) {
      wanted.insert(steer::to_string(element) + " to " + std::to_string(element.device.value_or(0)));
    }
  };
  for (std::uint8_t n = 0; n < host_count; ++n) {
    for (const auto& [bind, binding] : hosts_[n].bindings) {
      const steer::Owner owner{*hosts_[n].client, bind, host_address(n)};
      for (const Port port : binding.ports) want(steer::port_elements(devices_[n], address, port, owner, 1s));
      for (const Spi spi : binding.spis) want(steer::spi_elements(devices_[n], address, spi, owner, 1s));
    }
  }
  Result<steer::Inspector> inspector = steer::Inspector::open();
  if (!inspector) throw std::runtime_error(inspector.error().text());
  std::set<std::string> there;
  while (true) {
    const Result<std::optional<steer::Elements>> some = inspector->next();
    if (!some) throw std::runtime_error(some.error().text());
    if (!*some) break;
    for (const steer::Element& element : **some) {
      if (element.comment.find(" bind ") == std::string::npos) continue;  // what all bindings of a host share
      there.insert(steer::to_string(element) + " to " + std::to_string(element.device.value_or(0)));
    }
  }
  for (const std::string& element : wanted) {
    if (!there.contains(element)) throw Broken("promised, but not in the kernel: " + element);
  }
  for (const std::string& element : there) {
    if (!wanted.contains(element)) throw Broken("in the kernel, but promised to nobody: " + element);
  }
}

void Hosts::repeat() {
  std::uint32_t n = any(host_count);
  for (int i = 0; i < host_count && hosts_[n].answer.empty(); ++i) n = (n + 1) % host_count;
  Host& host = hosts_[n];
  if (host.answer.empty()) return;
  (void)::send(host.socket, host.request.data(), host.request.size(), 0);
  pollfd wait{host.socket, POLLIN, 0};
  if (::poll(&wait, 1, 1000) != 1) return;  // it was stopped
  listen(0ms);
  ++repeated_;
}

void Hosts::lease_all() {
  const auto answered = [this] {
    const Clock::time_point end = Clock::now() + 10s;
    while (waiting()) {
      if (Clock::now() > end) throw Broken("no answer");
      listen(5ms);
    }
  };
  for (Host& host : hosts_) {
    if (!host.client) continue;
    wire::DeregisterRequest leave;
    leave.client = *host.client;
    send(host, leave);
  }
  answered();
  compare_with_kernel();
  ::usleep(static_cast<useconds_t>(std::chrono::microseconds(lease_config().hold + 100ms).count()));
  Host& one = hosts_.front();
  send(one, wire::RegisterRequest{});
  answered();
  wire::AssignRequestRsipsec all;
  all.client = *one.client;
  all.local_ports = wire::AnyPorts{static_cast<std::uint8_t>(lease_config().ports.count)};
  all.spis = wire::AnySpis{static_cast<std::uint16_t>(lease_config().spis.count)};
  send(one, all);
  answered();
  if (one.bindings.empty()) throw Broken("some of the pool is lost");
}

}  // namespace rsip::test
