// SPDX-License-Identifier: GPL-2.0-or-later
#include "events/words.hpp"

namespace rsip {

std::string_view word_for(const gateway::Event& event) {
  using Kind = gateway::Event::Kind;
  switch (event.kind) {
    case Kind::registered:
      return "registered";
    case Kind::registration_ended:
      return "registration-ended";
    case Kind::assigned:
      return "assigned";
    case Kind::extended:
      return "extended";
    case Kind::binding_ended:
      return "ended";
    case Kind::answered:
      return event.error ? "refused" : "";
    case Kind::denied:
      return "denied";
    case Kind::ike_learned:
      return "ike-learned";
    case Kind::cookie_in_use:
      return "cookie-in-use";
  }
  return "";
}

std::string_view word_for(gateway::End end) {
  using gateway::End;
  switch (end) {
    case End::freed:
      return "freed";
    case End::deregistered:
      return "deregistered";
    case End::expired:
      return "expired";
    case End::revoked:
      return "revoked";
  }
  return "";
}

std::string_view word_for(lease::Kind kind) {
  using lease::Kind;
  switch (kind) {
    case Kind::rsa_ip:
      return "RSA-IP";
    case Kind::rsap_ip:
      return "RSAP-IP";
    case Kind::rsipsec:
      return "RSIPSEC";
    case Kind::listen_ike:
    case Kind::listen:
      return "LISTEN";
  }
  return "";
}

std::string_view word_for(TunnelType type) {
  switch (type) {
    case TunnelType::ip_ip:
      return "ipip";
    case TunnelType::gre:
      return "gre";
    case TunnelType::l2tp:
      return "l2tp";
  }
  return "";
}

}  // namespace rsip
