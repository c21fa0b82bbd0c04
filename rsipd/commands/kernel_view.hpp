// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "steer/counters.hpp"
#include "steer/element.hpp"
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
  /// Whether an element is in force with the same device.
  virtual Result<bool> has(const steer::Element& element) = 0;
  /// The elements of leases that are in force, some at each call; nothing at the end.
  using Walk = std::function<Result<std::optional<steer::Elements>>()>;
  virtual Result<Walk> walk() = 0;

  /// The queue for first IKE packets; nothing where the kernel does not say.
  virtual std::optional<steer::QueueState> queue() = 0;
};

}  // namespace rsip
