// SPDX-License-Identifier: GPL-2.0-or-later
// The grammar of every message, written once: RFC 3103 section 9 and RFC 3104 section 6.2, parameters in the order
// printed there. Encoding, decoding and the decoder's checks all go through these functions, each with its own archive,
// a type with these members:
//   required(a, b, ...)              <a> <b>: once each, first of all, in this order
//   optional(a, b, ...)              [a] [b]: std::optional, once at most, in any order
//   repeated(a, b, ...)              [a]... [b]...: std::vector, any number of times
//   ports_may_be_absent()            'don't need' is allowed for this message's Ports
//   tuples(indicators, tuples)       the tuples of QUERY, whose indicators are 1 to `indicators`
#pragma once

#include <concepts>
#include <type_traits>

#include "wire/message.hpp"

namespace rsip::wire {

/// Lets one function take a message that is written to as well as one that is const.
template <typename M, typename MessageStruct>
concept Is = std::same_as<std::remove_const_t<M>, MessageStruct>;

void fields(auto& archive, Is<ErrorResponse> auto& m) {
  archive.required(m.error);
  archive.optional(m.counter, m.client, m.bind);
}

void fields(auto& archive, Is<RegisterRequest> auto& m) {
  archive.optional(m.counter);
}

void fields(auto& archive, Is<RegisterResponse> auto& m) {
  archive.required(m.client, m.lease, m.policy);
  archive.optional(m.counter);
  archive.repeated(m.methods, m.tunnels);
}

void fields(auto& archive, Is<DeregisterRequest> auto& m) {
  archive.required(m.client);
  archive.optional(m.counter);
}

void fields(auto& archive, Is<DeregisterResponse> auto& m) {
  archive.required(m.client);
  archive.optional(m.counter);
}

void fields(auto& archive, Is<AssignRequestRsaIp> auto& m) {
  archive.required(m.client, m.local, m.remote, m.remote_ports);
  archive.optional(m.counter, m.lease, m.tunnel);
}

void fields(auto& archive, Is<AssignResponseRsaIp> auto& m) {
  archive.required(m.client, m.bind, m.local, m.remote, m.remote_ports, m.lease, m.tunnel);
  archive.optional(m.tunnel_endpoint, m.counter);
}

void fields(auto& archive, Is<AssignRequestRsapIp> auto& m) {
  archive.required(m.client, m.local, m.local_ports, m.remote, m.remote_ports);
  archive.optional(m.counter, m.lease, m.tunnel);
}

void fields(auto& archive, Is<AssignResponseRsapIp> auto& m) {
  archive.required(m.client, m.bind, m.local, m.local_ports, m.remote, m.remote_ports, m.lease, m.tunnel);
  archive.optional(m.tunnel_endpoint, m.counter);
}

void fields(auto& archive, Is<AssignRequestRsipsec> auto& m) {
  archive.ports_may_be_absent();
  archive.required(m.client, m.local, m.local_ports, m.remote, m.remote_ports, m.spis);
  archive.optional(m.counter, m.lease, m.tunnel);
}

void fields(auto& archive, Is<AssignResponseRsipsec> auto& m) {
  archive.ports_may_be_absent();
  archive.required(m.client, m.bind, m.local, m.local_ports, m.remote, m.remote_ports, m.spis, m.lease, m.tunnel);
  archive.optional(m.tunnel_endpoint, m.counter);
}

void fields(auto& archive, Is<ExtendRequest> auto& m) {
  archive.required(m.client, m.bind);
  archive.optional(m.lease, m.counter);
}

void fields(auto& archive, Is<ExtendResponse> auto& m) {
  archive.required(m.client, m.bind, m.lease);
  archive.optional(m.counter);
}

void fields(auto& archive, Is<FreeRequest> auto& m) {
  archive.required(m.client, m.bind);
  archive.optional(m.counter);
}

void fields(auto& archive, Is<FreeResponse> auto& m) {
  archive.required(m.client, m.bind);
  archive.optional(m.counter);
}

void fields(auto& archive, Is<QueryRequest> auto& m) {
  archive.required(m.client);
  archive.optional(m.counter);
  archive.tuples(2, m.tuples);
}

void fields(auto& archive, Is<QueryResponse> auto& m) {
  archive.required(m.client);
  archive.optional(m.counter);
  archive.tuples(4, m.tuples);
}

void fields(auto& archive, Is<ListenRequest> auto& m) {
  archive.required(m.client, m.local, m.local_ports, m.remote, m.remote_ports);
  archive.optional(m.counter, m.lease);
  archive.repeated(m.tunnels);
}

void fields(auto& archive, Is<ListenResponse> auto& m) {
  archive.required(m.client, m.bind, m.local, m.local_ports, m.remote, m.remote_ports, m.tunnel, m.lease);
  archive.optional(m.tunnel_endpoint, m.counter);
}

/// All parameters of a message: its own, and the vendors', which may stand in each.
void all_fields(auto& archive, auto& message) {
  fields(archive, message);
  archive.repeated(message.vendor);
}

}  // namespace rsip::wire
