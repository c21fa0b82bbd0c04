// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/queue.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

namespace rsip::steer {
namespace {

using Buffer = std::array<char, 4096>;

/// Sends one configuration message and reads its acknowledgement.
Result<void> ask(mnl_socket* socket, nlmsghdr* message, const std::string& what) {
  message->nlmsg_flags |= NLM_F_ACK;
  if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0) return failure(errno, what);
  alignas(nlmsghdr) Buffer buffer;
  const ssize_t received = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
  if (received < 0) return failure(errno, what);
  if (mnl_cb_run(buffer.data(), static_cast<std::size_t>(received), 0, 0, nullptr, nullptr) >= 0) return {};
  switch (errno) {
    case EPERM:  // the kernel does not tell the two apart
      return failure(EPERM, what, "another program listens on this queue, or CAP_NET_ADMIN is missing");
    case EINVAL:
    case EOPNOTSUPP:
      return failure(errno, what, "modprobe nfnetlink_queue");
    default:
      return failure(errno, what);
  }
}

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

void Queue::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

int Queue::fd() const {
  return mnl_socket_get_fd(socket_.get());
}

Result<Queue> Queue::open(std::uint16_t number) {
  std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket) return failure(errno, "open a netlink socket for queued packets");
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) {
    return failure(errno, "bind a netlink socket for queued packets");
  }
  Queue queue(std::move(socket), number);
  if (const Result<void> configured = queue.configure(); !configured) return tl::unexpected(configured.error());
  return queue;
}

Result<void> Queue::configure() {
  const std::string what = "open queue " + std::to_string(number_);
  alignas(nlmsghdr) Buffer buffer;
  nlmsghdr* bind = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, number_);
  nfq_nlmsg_cfg_put_cmd(bind, AF_INET, NFQNL_CFG_CMD_BIND);
  if (Result<void> bound = ask(socket_.get(), bind, what); !bound) return bound;

  nlmsghdr* parameters = nfq_nlmsg_put(buffer.data(), NFQNL_MSG_CONFIG, number_);
  nfq_nlmsg_cfg_put_params(parameters, NFQNL_COPY_PACKET, static_cast<int>(copied));
  nfq_nlmsg_cfg_put_qmaxlen(parameters, length);
  if (Result<void> set = ask(socket_.get(), parameters, what); !set) return set;

  const int flags = ::fcntl(fd(), F_GETFL);
  if (flags < 0 || ::fcntl(fd(), F_SETFL, flags | O_NONBLOCK) != 0) return failure(errno, what);
  return {};
}

Result<void> Queue::read(const std::function<Verdict(const QueuedPacket&)>& handler) {
  alignas(nlmsghdr) Buffer buffer;
  for (int i = 0; i < batch; ++i) {
    const ssize_t received = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (received < 0) {
      if (errno == EAGAIN) return {};
      if (errno == EINTR) continue;
      if (errno == ENOBUFS) {  // the kernel has dropped the packets that did not fit; the rest is still there
        ++overruns_;
        continue;
      }
      return failure(errno, "read queue " + std::to_string(number_));
    }
    int left = static_cast<int>(received);
    const void* start = buffer.data();
    for (const auto* message = static_cast<const nlmsghdr*>(start); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (Result<void> handled = handle(message, handler); !handled) return handled;
    }
  }
  return {};
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
  if (mnl_socket_sendto(socket_.get(), reply, reply->nlmsg_len) < 0) {
    return failure(errno, "give a verdict on queue " + std::to_string(number_));
  }
  return {};
}

}  // namespace rsip::steer
