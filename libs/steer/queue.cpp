// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/queue.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <array>
#include <string>

namespace rsip::steer {
namespace {

constexpr ClaimRemedies queue_remedies{"another program listens on this queue", "modprobe nfnetlink_queue"};

int netfilter_verdict(Verdict verdict) {
  switch (verdict) {
    case Verdict::accept:
      return NF_ACCEPT;
    case Verdict::refuse_cookie:
      return NF_REPEAT;  // the packet meets the rules once more, with its mark
    case Verdict::drop:
      break;
  }
  return NF_DROP;
}

}  // namespace

Result<Queue> Queue::open(std::uint16_t number) {
  Result<NetfilterSocket> socket = NetfilterSocket::open("listen on queue " + std::to_string(number));
  if (!socket) return tl::unexpected(socket.error());
  Queue queue(std::move(*socket), number);
  if (const Result<void> configured = queue.configure(); !configured) return tl::unexpected(configured.error());
  return queue;
}

Result<void> Queue::configure() {
  alignas(nlmsghdr) std::array<char, 256> buffer;
  nlmsghdr* bind = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, number_);
  nfq_nlmsg_cfg_put_cmd(bind, AF_INET, NFQNL_CFG_CMD_BIND);
  if (Result<void> bound = socket_.configure(bind, queue_remedies); !bound) return bound;

  nlmsghdr* parameters = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, number_);
  nfq_nlmsg_cfg_put_params(parameters, NFQNL_COPY_PACKET, static_cast<int>(copied));
  nfq_nlmsg_cfg_put_qmaxlen(parameters, length);
  if (Result<void> set = socket_.configure(parameters, queue_remedies); !set) return set;
  return socket_.stop_blocking();
}

Result<void> Queue::read(const std::function<Verdict(const QueuedPacket&)>& handler) {
  return socket_.read(batch, [&](const nlmsghdr* message) { return handle(message, handler); });
}

Result<void> Queue::handle(const nlmsghdr* message, const std::function<Verdict(const QueuedPacket&)>& handler) {
  if (message->nlmsg_type != (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)) return {};
  nlattr* attributes[NFQA_MAX + 1] = {};
  if (nfq_nlmsg_parse(message, attributes) < 0 || attributes[NFQA_PACKET_HDR] == nullptr) return {};
  const auto* header = static_cast<const nfqnl_msg_packet_hdr*>(mnl_attr_get_payload(attributes[NFQA_PACKET_HDR]));
  QueuedPacket packet{};
  if (const nlattr* device = attributes[NFQA_IFINDEX_INDEV]; device != nullptr) {
    packet.in_ifindex = ntohl(mnl_attr_get_u32(device));
  }
  if (const nlattr* payload = attributes[NFQA_PAYLOAD]; payload != nullptr) {
    packet.payload = {static_cast<const std::uint8_t*>(mnl_attr_get_payload(payload)),
                      mnl_attr_get_payload_len(payload)};
  }
  const Verdict verdict = handler(packet);

  alignas(nlmsghdr) std::array<char, 256> answer;
  nlmsghdr* reply = nfq_nlmsg_put(answer.data(), NFQNL_MSG_VERDICT, number_);
  nfq_nlmsg_verdict_put(reply, static_cast<int>(ntohl(header->packet_id)), netfilter_verdict(verdict));
  if (verdict == Verdict::refuse_cookie) nfq_nlmsg_verdict_put_mark(reply, cookie_refused_mark);
  return socket_.send(reply);
}

}  // namespace rsip::steer
