// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/log.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_log/libnetfilter_log.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <array>
#include <string>

namespace rsip::steer {
namespace {

constexpr ClaimRemedies log_remedies{"another program listens on this log group", "modprobe nfnetlink_log"};

/// The kernel collects packets for this long; without it, a single one would wait for a second.
constexpr std::uint32_t flush_after = 1;  // hundredths of a second

void handle(const nlmsghdr* message, const std::function<void(const LoggedPacket&)>& handler) {
  if (message->nlmsg_type != (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET)) return;
  nlattr* attributes[NFULA_MAX + 1] = {};
  if (nflog_nlmsg_parse(message, attributes) < 0) return;
  LoggedPacket packet{};
  if (const nlattr* device = attributes[NFULA_IFINDEX_INDEV]; device != nullptr) {
    packet.in_ifindex = ntohl(mnl_attr_get_u32(device));
  }
  if (const nlattr* payload = attributes[NFULA_PAYLOAD]; payload != nullptr) {
    packet.payload = {static_cast<const std::uint8_t*>(mnl_attr_get_payload(payload)),
                      mnl_attr_get_payload_len(payload)};
  }
  if (const nlattr* prefix = attributes[NFULA_PREFIX]; prefix != nullptr) {
    const std::size_t size = mnl_attr_get_payload_len(prefix);
    if (size > 0) packet.prefix = {mnl_attr_get_str(prefix), size - 1};  // it ends in a zero
  }
  handler(packet);
}

}  // namespace

Result<Log> Log::open(std::uint16_t group) {
  Result<NetfilterSocket> socket = NetfilterSocket::open("listen on log group " + std::to_string(group));
  if (!socket) return tl::unexpected(socket.error());
  Log log(std::move(*socket));
  if (const Result<void> configured = log.configure(group); !configured) return tl::unexpected(configured.error());
  return log;
}

Result<void> Log::configure(std::uint16_t group) {
  alignas(nlmsghdr) std::array<char, 256> buffer;
  nlmsghdr* bind = nflog_nlmsg_put_header(buffer.data(), NFULNL_MSG_CONFIG, AF_INET, group);
  nflog_attr_put_cfg_cmd(bind, NFULNL_CFG_CMD_BIND);
  if (Result<void> bound = socket_.configure(bind, log_remedies); !bound) return bound;

  nlmsghdr* parameters = nflog_nlmsg_put_header(buffer.data(), NFULNL_MSG_CONFIG, AF_INET, group);
  nflog_attr_put_cfg_mode(parameters, NFULNL_COPY_PACKET, copied);
  mnl_attr_put_u32(parameters, NFULA_CFG_TIMEOUT, htonl(flush_after));
  if (Result<void> set = socket_.configure(parameters, log_remedies); !set) return set;
  return socket_.stop_blocking();
}

Result<void> Log::read(const std::function<void(const LoggedPacket&)>& handler) {
  return socket_.read(batch, [&](const nlmsghdr* message) -> Result<void> {
    handle(message, handler);
    return {};
  });
}

}  // namespace rsip::steer
