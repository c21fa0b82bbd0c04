// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/socket_options.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace rsip::server {

namespace {

std::string remedy_for(int code) {
  switch (code) {
    case EADDRINUSE:
      return "another program serves this port: stop it, or give another with --listen";
    case EADDRNOTAVAIL:
      return "give an address that this machine has with --listen";
    default:
      return "";
  }
}

}  // namespace

Result<void> bind_to(int socket, const Endpoint& endpoint) {
  if (setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, endpoint.interface.c_str(),
                 static_cast<socklen_t>(endpoint.interface.size() + 1)) != 0) {
    return failure(errno, "bind to interface " + endpoint.interface, "start rsipd as root");
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(endpoint.address.value);
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int code = errno;
    return failure(code, "serve " + to_string(endpoint), remedy_for(code));
  }
  return {};
}

void enlarge_receive_buffer(int socket, int bytes) {
  // The smaller one that is there works, too.
  if (setsockopt(socket, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) == 0) return;
  (void)setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

void notice_dead_peer(int socket) {
  const auto set = [socket](int level, int option, int value) {
    (void)setsockopt(socket, level, option, &value, sizeof value);  // the connection works without
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

}  // namespace rsip::server
