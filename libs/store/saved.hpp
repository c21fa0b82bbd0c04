// SPDX-License-Identifier: GPL-2.0-or-later
// What the journal knows of an earlier run of the daemon.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "lease/binding.hpp"
#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::store {

/// How a host speaks to us: where what it has not asked for is sent.
struct Session {
  bool udp = false;
  std::uint16_t port = 0;      ///< the host's; 0: all of this is not known
  Ipv4 gateway;                ///< our address
  std::uint32_t endpoint = 0;  ///< number of the server's
  bool is_known() const { return port != 0; }
  friend bool operator==(const Session&, const Session&) = default;
};

struct SavedHost {
  lease::Registration registration;  ///< with bindings and IKE, without what the lease table derives from them
  Session session;
};

struct SavedRest {
  Ipv4 address;
  lease::Numbers numbers;
  lease::Time ended;  ///< when it was freed
};

/// The answer to a host's last request over UDP (RFC 3103 section 10.1).
struct SavedAnswer {
  Ipv4 host;
  std::uint16_t port = 0;
  Counter counter{};
  std::vector<std::uint8_t> answer;
};

/// What makes a replay of a host's last sealed message known as one.
struct SavedProof {
  Ipv4 host;
  std::chrono::sys_time<std::chrono::microseconds> stamp;
  std::vector<std::uint8_t> hmac;
};

struct Saved {
  std::vector<SavedHost> hosts;
  std::vector<SavedRest> rests;      ///< of the last `hold`, by their end
  std::vector<SavedAnswer> answers;  ///< oldest first
  std::vector<SavedProof> proofs;    ///< oldest first
};

}  // namespace rsip::store
