// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/host_end.hpp"

#include <algorithm>

namespace rsip::auth {

Bytes HostEnd::seal_request(std::span<const std::uint8_t> message, Stamp now) {
  constexpr std::chrono::microseconds tick{1};
  if (requested_ == Stamp{} || requested_ > now + window) {  // the first; or the clock was far ahead and was set back
    requested_ = now;
    answered_ = now - tick;
  } else {
    requested_ = std::max(now, requested_ + tick);
  }
  return seal(message, Kind::request, ends_, requested_, key_);
}

bool HostEnd::accepts(std::span<const std::uint8_t> message, Stamp now) {
  if (const std::optional<Stamp> stamp = verify(message, Kind::answer, ends_, key_)) {
    if (*stamp <= answered_ || *stamp > requested_) return false;
    answered_ = *stamp;
    return true;
  }
  const std::optional<Stamp> stamp = verify(message, Kind::notice, ends_, key_);
  if (!stamp || *stamp <= noticed_ || !is_timely(*stamp, now)) return false;
  noticed_ = *stamp;
  return true;
}

}  // namespace rsip::auth
