// SPDX-License-Identifier: GPL-2.0-or-later
// Carries whole messages to the gateway and back. Events come from the event loop, never from within a call.
#pragma once

#include <asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace rsip::host {

/// The two ends. Messages come from nowhere but the gateway's address and port (the socket is connected); ours come
/// from `local` always, as a registration belongs to the host's address.
struct Endpoints {
  Ipv4 local;
  Ipv4 gateway;
  std::uint16_t gateway_port = 4555;
};

class Transport {
 public:
  struct Events {
    std::function<void(std::span<const std::uint8_t>)> received;  ///< one message, still to be decoded
    /// TCP: there is no connection any more. UDP: never, its errors pass.
    std::function<void()> lost;
  };

  virtual ~Transport() = default;
  virtual void send(std::vector<std::uint8_t> message) = 0;
  /// TCP: closes the connection; the next send() makes a new one. UDP: nothing.
  virtual void disconnect() = 0;
  /// What the system last complained of since the last message arrived, or empty.
  const std::string& complaint() const { return complaint_; }

 protected:
  std::string complaint_;
};

Result<std::unique_ptr<Transport>> open_udp(asio::io_context& io, const Endpoints& endpoints, Transport::Events events);
std::unique_ptr<Transport> open_tcp(asio::io_context& io, const Endpoints& endpoints, Transport::Events events);

/// This host's address on the way to `gateway`, as its routing has it now.
Result<Ipv4> address_towards(Ipv4 gateway);

}  // namespace rsip::host
