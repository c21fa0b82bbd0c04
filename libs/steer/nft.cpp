// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/nft.hpp"

#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>

#include "steer/batch.hpp"

namespace rsip::steer {
namespace {

constexpr int least_send_buffer = 1 << 20;  // bytes
constexpr int receive_buffer = 1 << 20;     // bytes; an answer is some hundred bytes for each message refused
constexpr int revivals = 3;

/// The first refusal in an answer.
struct Refusal {
  int code = 0;
  std::uint32_t sequence = 0;
  std::size_t offset = 0;  // of the attribute at fault in the message; 0 where the kernel does not say
};

struct Answer {
  bool complete = false;  // the message that asks for an acknowledgement has been answered
  std::optional<Refusal> refusal;
};

Refusal read_refusal(const nlmsghdr* message, const nlmsgerr& error) {
  Refusal refusal{-error.error, message->nlmsg_seq, 0};
  if ((message->nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
    const auto* start = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message)) + sizeof(nlmsgerr);
    const netlink::Attributes attributes(netlink::Bytes(start, mnl_nlmsg_get_payload_len(message) - sizeof(nlmsgerr)));
    refusal.offset = attributes.integer(NLMSGERR_ATTR_OFFS).value_or(0);
  }
  return refusal;
}

void read_messages(netlink::Bytes bytes, const Batch& batch, Answer& answer) {
  int left = static_cast<int>(bytes.size());
  const void* start = bytes.data();
  for (const auto* message = static_cast<const nlmsghdr*>(start); mnl_nlmsg_ok(message, left);
       message = mnl_nlmsg_next(message, &left)) {
    const bool ours = message->nlmsg_seq - batch.first_sequence() < batch.next_sequence() - batch.first_sequence();
    if (!ours || message->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(message) < sizeof(nlmsgerr)) continue;
    const auto& error = *static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
    if (error.error != 0 && !answer.refusal) answer.refusal = read_refusal(message, error);
    if (message->nlmsg_seq == batch.last_sequence()) answer.complete = true;
  }
}

/// The kernel works in the sender's context: when the batch is sent, the whole answer is in the receive buffer.
Result<Answer> read_answer(const mnl_socket* socket, const Batch& batch) {
  alignas(nlmsghdr) std::array<std::uint8_t, 65536> buffer;
  Answer answer;
  while (true) {
    const ssize_t received = ::recv(mnl_socket_get_fd(socket), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (received >= 0) {
      read_messages(netlink::Bytes(buffer.data(), static_cast<std::size_t>(received)), batch, answer);
    } else if (errno == EAGAIN) {
      return answer;
    } else if (errno != EINTR) {
      return failure(errno, "read the answer of nf_tables");
    }
  }
}

/// The counter in a NFT_MSG_NEWSETELEM message.
std::uint64_t read_packets(const netlink::Reply& reply) {
  const netlink::Attributes element = reply.attributes(sizeof(nfgenmsg))
                                          .nested(NFTA_SET_ELEM_LIST_ELEMENTS)
                                          .nested(NFTA_LIST_ELEM)
                                          .nested(NFTA_SET_ELEM_EXPR);
  if (element.text(NFTA_EXPR_NAME) != "counter") return 0;
  const std::optional<netlink::Bytes> value = element.nested(NFTA_EXPR_DATA).find(NFTA_COUNTER_PACKETS);
  std::uint64_t packets = 0;
  if (!value || value->size() != sizeof(packets)) return 0;
  for (const std::uint8_t byte : *value) packets = packets << 8 | byte;
  return packets;
}

}  // namespace

void Nft::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

/// Not bound yet.
Result<Nft::SocketPtr> Nft::open_socket() {
  SocketPtr socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket) return failure(errno, "open a netlink socket for nf_tables");
  int on = 1;
  for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK}) {
    if (mnl_socket_setsockopt(socket.get(), option, &on, sizeof(on)) != 0) {
      return failure(errno, "ask netlink for explanations of errors");
    }
  }
  if (::setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer,
                   sizeof(receive_buffer)) != 0) {
    return failure(errno, "enlarge the netlink receive buffer", "needs CAP_NET_ADMIN: start as root");
  }
  return socket;
}

Result<void> Nft::bind(std::uint32_t port) {
  if (mnl_socket_bind(socket_.get(), 0, static_cast<pid_t>(port)) == 0) return {};
  return failure(errno, "bind a netlink socket for nf_tables");
}

Result<Nft> Nft::open() {
  Result<SocketPtr> socket = open_socket();
  if (!socket) return tl::unexpected(socket.error());
  Result<netlink::Socket> queries = netlink::Socket::open(NETLINK_NETFILTER);
  if (!queries) return tl::unexpected(queries.error());
  Nft nft(std::move(*socket), *std::move(queries));
  if (const Result<void> bound = nft.bind(MNL_SOCKET_AUTOPID); !bound) return tl::unexpected(bound.error());
  return nft;
}

Result<void> Nft::own_tables() {
  return own_tables(false);
}

Result<void> Nft::try_to_own_tables() {
  return own_tables(true);
}

Result<void> Nft::own_tables(bool trial) {
  Result<void> done = send(Batch::owning_tables(sequence_, trial));
  if (done || (done.error().code != EOPNOTSUPP && done.error().code != EPERM)) return done;
  const std::string what = "own the rsip tables";
  if (done.error().code == EOPNOTSUPP) {
    const Result<void> others = send(Batch::owning_tables(sequence_, true, "rsip_probe"));
    if (!others) return failure(others.error().code, what, "needs Linux 6.9 or later");
    return failure(EOPNOTSUPP, what,
                   "they were made without an owner: nft delete table netdev rsip; nft delete table ip rsip");
  }
  return failure(EPERM, what, "another process owns them, or CAP_NET_ADMIN is missing");
}

/// The kernel lets an owner give up only by its end. The next socket has the same port, which the Watch ignores.
Result<void> Nft::disown_tables() {
  const std::uint32_t former = port();
  Result<SocketPtr> next = open_socket();
  if (!next) return tl::unexpected(next.error());
  socket_.reset();
  socket_ = std::move(*next);
  send_buffer_ = 0;
  if (bind(former)) return {};
  return bind(MNL_SOCKET_AUTOPID);  // somebody was faster
}

Result<void> Nft::delete_tables() {
  for (const Family family : {Family::netdev, Family::ip}) {
    Result<void> done = send(Batch::deleting_table(family, sequence_));
    if (!done && done.error().code != ENOENT) return done;
  }
  return {};
}

std::uint32_t Nft::port() const {
  return mnl_socket_get_portid(socket_.get());
}

Result<void> Nft::commit(const Transaction& transaction) {
  if (transaction.empty()) return {};
  Result<void> result = send(Batch(transaction, sequence_, false));
  // An element to be removed may have timed out. Linux 6.1 has no "remove if there", so it is added first; and it may
  // time out between the two, hence more than once.
  for (int i = 0; i < revivals && !result && result.error().code == ENOENT && !transaction.removals().empty(); ++i) {
    result = send(Batch(transaction, sequence_, true));
  }
  return result;
}

Result<std::uint64_t> Nft::packets(const Element& element) {
  netlink::Message query(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM, 0);
  auto& header = query.header<nfgenmsg>();
  header.nfgen_family = protocol_family(element.family);
  header.version = NFNETLINK_V0;
  query.put_text(NFTA_SET_ELEM_LIST_TABLE, "rsip").put_text(NFTA_SET_ELEM_LIST_SET, element.set);
  query.begin(NFTA_SET_ELEM_LIST_ELEMENTS).begin(NFTA_LIST_ELEM).begin(NFTA_SET_ELEM_KEY);
  query.put_bytes(NFTA_DATA_VALUE, element.key).end().end().end();
  std::uint64_t packets = 0;
  const Result<void> done =
      queries_.request(query, "look up " + to_string(element),
                       [&packets](const netlink::Reply& reply) { packets = read_packets(reply); });
  if (!done) return tl::unexpected(done.error());
  return packets;
}

Result<void> Nft::send(const Batch& batch) {
  sequence_ = batch.next_sequence();
  // The kernel takes a batch only as a whole and counts some of its own overhead.
  const int needed = std::max(least_send_buffer, static_cast<int>(2 * batch.size()));
  const int fd = mnl_socket_get_fd(socket_.get());
  if (needed > send_buffer_) {
    if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &needed, sizeof(needed)) != 0) {
      return failure(errno, "enlarge the netlink send buffer", "needs CAP_NET_ADMIN: start as root");
    }
    send_buffer_ = needed;
  }
  if (mnl_socket_sendto(socket_.get(), batch.data(), batch.size()) < 0) {
    return failure(errno, "send a transaction to nf_tables");
  }
  const Result<Answer> answer = read_answer(socket_.get(), batch);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->refusal) {
    const Refusal& refusal = *answer->refusal;
    return failure(refusal.code, batch.describe(refusal.sequence, refusal.offset));
  }
  if (!answer->complete) return failure(EPROTO, "nf_tables did not acknowledge a transaction");
  return {};
}

}  // namespace rsip::steer
