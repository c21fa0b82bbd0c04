// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/remedy.hpp"

#include <array>
#include <utility>

namespace rsip::host {
namespace {

using wire::ErrorCode;

constexpr std::array<std::pair<ErrorCode, std::string_view>, 32> remedies{{
    {ErrorCode::unknown_error, "look into the gateway's log"},
    {ErrorCode::use_tcp, "the gateway serves TCP only: use --tcp"},
    {ErrorCode::flow_policy_violation,
     "the gateway wants to know the remote host, and perhaps its port: --remote ADDR:PORT"},
    {ErrorCode::internal_server_error, "look into the gateway's log, then try again"},
    {ErrorCode::message_counter_required, "report this: rsip always sends a counter over UDP; --tcp does without"},
    {ErrorCode::unsupported_rsip_version, "the gateway does not speak RSIP version 1 (RFC 3103)"},
    {ErrorCode::missing_param, "report this: the gateway misses something in a request of rsip"},
    {ErrorCode::duplicate_param, "report this: the gateway finds something twice in a request of rsip"},
    {ErrorCode::extra_param, "report this: the gateway finds something too much in a request of rsip"},
    {ErrorCode::illegal_param, "the gateway does not know a parameter; without IPsec support try --spis 0"},
    {ErrorCode::bad_param, "the gateway does not accept a value; try fewer --ports or --spis"},
    {ErrorCode::illegal_message, "the gateway does not know the request; without IPsec support try --spis 0"},
    {ErrorCode::bad_message, "report this: the gateway cannot read a request of rsip"},
    {ErrorCode::unsupported_message, "the gateway does not serve this request; without IPsec support try --spis 0"},
    {ErrorCode::register_first, "the gateway lost the registration meanwhile: try again"},
    {ErrorCode::already_registered, "another program registers this host's address with the gateway: stop it"},
    {ErrorCode::already_unregistered, "the gateway had removed the registration before: try again"},
    {ErrorCode::registration_denied, "ask the gateway's administrator to --allow this host's address"},
    {ErrorCode::bad_client_id, "another program registers this host's address with the gateway: stop it"},
    {ErrorCode::bad_bind_id, "the gateway lost the lease meanwhile: try again"},
    {ErrorCode::bad_tunnel_type, "the gateway does not offer this type of tunnel: try another with --tunnel"},
    {ErrorCode::local_addr_unavailable, "the gateway's pool has no free address: try again later"},
    {ErrorCode::local_addrport_unavailable, "the gateway has not that many free ports: ask for fewer with --ports"},
    {ErrorCode::local_addr_inuse, "another host has the address: ask for any, without --address"},
    {ErrorCode::local_addrport_inuse, "another host has the ports: ask for others, or for any"},
    {ErrorCode::local_addr_unallowed, "the gateway's policy keeps this host from the address: ask its administrator"},
    {ErrorCode::local_addrport_unallowed,
     "the gateway's policy keeps this host from the ports: ask for others, or for any"},
    {ErrorCode::remote_addr_unallowed, "the gateway's policy keeps this host from that remote address"},
    {ErrorCode::remote_addrport_unallowed, "the gateway's policy keeps this host from that remote address and port"},
    {ErrorCode::ipsec_unallowed, "ask the gateway's administrator for --ipsec-allow, or do without IPsec: --spis 0"},
    {ErrorCode::ipsec_spi_unavailable, "the gateway has not that many free SPIs: ask for fewer with --spis"},
    {ErrorCode::ipsec_spi_inuse, "another host has the SPIs: try again"},
}};

/// About packets, as opposed to requests.
constexpr std::array<std::pair<ErrorCode, std::string_view>, 6> packet_remedies{{
    {ErrorCode::local_addr_unallowed,
     "dropped what came from an address that this host has not leased; 'rsip status' shows those it has"},
    {ErrorCode::local_addrport_unallowed,
     "dropped what came from a port or of a protocol that this host has not leased, or IKE with a cookie of another "
     "host's; 'rsip status' shows what it has, 'rsip assign' gets more"},
    {ErrorCode::remote_addr_unallowed,
     "dropped what went to another host than the lease is for; 'rsip assign --remote ADDR' gets one for it"},
    {ErrorCode::remote_addrport_unallowed,
     "dropped what went to another port than the lease is for; 'rsip assign --remote ADDR:PORT' gets one for it"},
    {ErrorCode::bad_tunnel_type,
     "dropped what came through a tunnel of another type than the lease's; use the device of 'rsip status', no other"},
    {ErrorCode::register_first,
     "dropped what came through a tunnel, for it does not know this host; 'rsip down' and 'rsip up' register it"},
}};

struct Explainer {
  const Peer& peer;
  const std::string& detail;

  std::string gateway() const { return to_string(peer.gateway); }

  std::string operator()(const Stopped&) const { return "stopped"; }
  std::string operator()(const Refused& refused) const {
    return gateway() + " refused " + std::string(wire::name(refused.request)) + ": " +
           std::string(wire::name(refused.code)) + " (" + std::to_string(static_cast<unsigned>(refused.code)) + "); " +
           std::string(remedy(refused.code));
  }
  std::string operator()(const NoAnswer& none) const {
    const std::string transport = peer.protocol == Protocol::tcp ? "TCP" : "UDP";
    return "no answer to " + std::string(wire::name(none.request)) + " from " + gateway() + ", " + transport +
           " port " + std::to_string(peer.port) + (detail.empty() ? "" : " (" + detail + ")") +
           "; is rsipd running at " + gateway() + ", and this host on its private side?";
  }
  std::string operator()(const NotUnderstood& grant) const {
    return gateway() + " granted " + grant.text + "; the lease was given back, ask the gateway's administrator";
  }
  std::string operator()(const Revoked& revoked) const {
    return gateway() + " ended the lease (" + std::string(wire::name(revoked.by)) +
           "); ask the gateway's administrator";
  }
  std::string operator()(const NoSuchBinding& none) const {
    return "no binding " + std::to_string(number(none.bind)) + "; 'rsip status' lists them";
  }
  std::string operator()(const FirstBinding& first) const {
    return "binding " + std::to_string(number(first.bind)) +
           " is the one that 'rsip up' made; 'rsip down' gives it back";
  }
  std::string operator()(const TooManyBindings&) const {
    return "this host holds " + std::to_string(max_bindings) + " bindings, no more are possible; free one first";
  }
  std::string operator()(const TooManyCommands&) const {
    return std::to_string(max_commands) + " commands are waiting for the gateway already; try again later";
  }
  std::string operator()(const NotRegistered&) const {
    return "not registered with " + gateway() + " at the moment, it does not answer" +
           (detail.empty() ? "" : " (" + detail + ")") + "; is rsipd running there?";
  }
  std::string operator()(const SessionOver&) const { return "rsip is ending; 'rsip up' starts it again"; }
  std::string operator()(const Expired&) const {
    return "the lease from " + gateway() + " ended and could not be renewed" +
           (detail.empty() ? "" : " (" + detail + ")") + "; is rsipd running at " + gateway() + "?";
  }
};

}  // namespace

std::string_view remedy(ErrorCode code) {
  for (const auto& [known, text] : remedies) {
    if (known == code) return text;
  }
  return "look into the gateway's log";
}

std::string explain_report(const wire::ErrorResponse& report) {
  std::string_view what = remedy(report.error);
  for (const auto& [known, text] : packet_remedies) {
    if (known == report.error) what = text;
  }
  const std::string binding = report.bind ? ", binding " + std::to_string(number(*report.bind)) : "";
  return "the gateway reports " + std::string(wire::name(report.error)) + " (" +
         std::to_string(static_cast<unsigned>(report.error)) + ")" + binding + ": " + std::string(what);
}

std::string explain(const EndReason& reason, const Peer& peer, const std::string& detail) {
  return std::visit(Explainer{peer, detail}, reason);
}

std::string explain_failure(const Failure& failure, const Peer& peer, const std::string& detail) {
  return std::visit(Explainer{peer, detail}, failure);
}

}  // namespace rsip::host
