// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <vector>

#include "steer/counters.hpp"
#include "steer/queue_state.hpp"
#include "steer/tunnel.hpp"
#include "types/result.hpp"

namespace rsip {

/// What operators want to know of the kernel, and the gateway does not.
class KernelView {
 public:
  KernelView() = default;
  KernelView(const KernelView&) = delete;
  KernelView& operator=(const KernelView&) = delete;
  virtual ~KernelView() = default;

  virtual Result<steer::Traffic> traffic(const steer::Device& tunnel) = 0;
  virtual Result<std::vector<steer::NamedCounter>> counters() = 0;
  /// The queue for first IKE packets; nothing where the kernel does not say.
  virtual std::optional<steer::QueueState> queue() = 0;
};

}  // namespace rsip
