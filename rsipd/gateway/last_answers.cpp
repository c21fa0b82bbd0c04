// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/last_answers.hpp"

namespace rsip::gateway {

LastAnswers::Verdict LastAnswers::check(Ipv4 host, std::uint16_t port, Counter counter) const {
  const auto found = index_.find(host);
  if (found == index_.end() || found->second->port != port) return {};
  const Entry& last = *found->second;
  if (last.counter == counter) return {Seen::duplicate, &last.answer};
  // Serial number arithmetic, because counters wrap (RFC 3103 section 10.1).
  const std::uint32_t ahead = number(counter) - number(last.counter);
  return {ahead < 0x80000000 ? Seen::fresh : Seen::stale, nullptr};
}

void LastAnswers::remember(Ipv4 host, std::uint16_t port, Counter counter, const Bytes& answer) {
  if (const auto found = index_.find(host); found != index_.end()) {
    *found->second = {host, port, counter, answer};
    entries_.splice(entries_.begin(), entries_, found->second);
    return;
  }
  if (entries_.size() >= capacity_) {
    index_.erase(entries_.back().host);
    entries_.pop_back();
  }
  entries_.push_front({host, port, counter, answer});
  index_.emplace(host, entries_.begin());
}

}  // namespace rsip::gateway
