// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "gateway/peer.hpp"
#include "types/ids.hpp"
#include "types/ipv4.hpp"

namespace rsip::gateway {

/// The "last message" buffers of RFC 3103 section 10.1, one for each host that speaks UDP: what was answered to the
/// counter it used last. Holds at most `capacity` hosts; the one that was silent longest is forgotten first.
class LastAnswers {
 public:
  explicit LastAnswers(std::size_t capacity) : capacity_(capacity) {}

  enum class Seen {
    fresh,      ///< a counter not seen before: work to do
    duplicate,  ///< the last one again: `answer` is to be sent again
    stale,      ///< older than the last one: a late copy from the network, whose answer nobody waits for
  };
  struct Verdict {
    Seen seen = Seen::fresh;
    const Bytes* answer = nullptr;
  };
  Verdict check(Ipv4 host, std::uint16_t port, Counter counter) const;

  void remember(Ipv4 host, std::uint16_t port, Counter counter, const Bytes& answer);

  void forget_all() {
    index_.clear();
    entries_.clear();
  }

 private:
  struct Entry {
    Ipv4 host;
    std::uint16_t port;  ///< another source port is another run of the host's client: its counters start anew
    Counter counter;
    Bytes answer;
  };

  std::size_t capacity_;
  std::list<Entry> entries_;  ///< most recent first
  std::unordered_map<Ipv4, std::list<Entry>::iterator> index_;
};

}  // namespace rsip::gateway
