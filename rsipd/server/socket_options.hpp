// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "server/responder.hpp"
#include "types/result.hpp"

namespace rsip::server {

/// Binds a socket to the endpoint's interface and address. The error says which of them failed, and what to do.
Result<void> bind_to(int socket, const Endpoint& endpoint);

/// Room for datagrams that wait to be read, beyond what the administrator allows every program (net.core.rmem_max).
void enlarge_receive_buffer(int socket, int bytes);

/// Makes the kernel close a TCP connection whose other end has vanished without a word, after about two minutes.
void notice_dead_peer(int socket);

}  // namespace rsip::server
