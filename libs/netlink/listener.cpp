// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/listener.hpp"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>

namespace rsip::netlink {
namespace {

/// Room for thousands of messages while their receiver does something else.
constexpr int buffer_size = 1 << 20;  // bytes

}  // namespace

void Listener::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

Result<Listener> Listener::open(int bus, std::initializer_list<unsigned> groups) {
  std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!socket) return failure(errno, "open a netlink socket");
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) return failure(errno, "bind a netlink socket");
  for (unsigned group : groups) {
    if (mnl_socket_setsockopt(socket.get(), NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0) {
      return failure(errno, "join netlink group " + std::to_string(group));
    }
  }
  // A smaller buffer does, too: what it has no room for is asked for anew.
  (void)::setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVBUFFORCE, &buffer_size, sizeof(buffer_size));
  return Listener(std::move(socket));
}

Result<void> Listener::ignore(std::uint32_t port) {
  // The messages of one datagram are of one request. BPF reads in network byte order what is in ours.
  const std::uint32_t seen = htonl(port);
  std::array<sock_filter, 4> program = {
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(nlmsghdr, nlmsg_pid)},
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, seen},
      sock_filter{BPF_RET | BPF_K, 0, 0, 0},
      sock_filter{BPF_RET | BPF_K, 0, 0, ~std::uint32_t{0}},
  };
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (::setsockopt(descriptor(), SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0) return {};
  return failure(errno, "filter what a netlink socket hears");
}

int Listener::descriptor() const {
  return mnl_socket_get_fd(socket_.get());
}

Result<void> Listener::receive(const std::function<void(const Reply&)>& each) {
  alignas(nlmsghdr) std::array<std::uint8_t, 32768> buffer;
  while (true) {
    const ssize_t received = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (received < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return {};
      return failure(errno, "hear what the kernel tells");
    }
    int left = static_cast<int>(received);
    for (const auto* part = static_cast<const nlmsghdr*>(static_cast<const void*>(buffer.data()));
         mnl_nlmsg_ok(part, left); part = mnl_nlmsg_next(part, &left)) {
      each(Reply{part->nlmsg_type, Bytes(static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(part)),
                                         mnl_nlmsg_get_payload_len(part))});
    }
  }
}

}  // namespace rsip::netlink
