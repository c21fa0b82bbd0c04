// SPDX-License-Identifier: GPL-2.0-or-later
// Both sides of tests/bench/fairness: polite hosts whose answers are timed, and one host that floods.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/connect.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/ip/udp.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <deque>
#include <iomanip>
#include <iostream>
#include <string>

#include "wire/codec.hpp"

namespace {

using namespace rsip;
using namespace std::chrono_literals;
using asio::use_awaitable;
using Clock = std::chrono::steady_clock;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t rsip_port = 4555;

/// What all polite hosts have seen.
struct Seen {
  std::vector<double> milliseconds;  ///< from a request to its answer, lost datagrams included
  int retransmissions = 0;
  int errors = 0;  ///< answers that were not the ones asked for
};

/// How a host and the gateway exchange one message each.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;
  virtual asio::awaitable<Bytes> exchange(Bytes request) = 0;
};

class Tcp : public Transport {
 public:
  Tcp(asio::io_context& loop, const asio::ip::address& host, const asio::ip::address& gateway)
      : socket_(loop, asio::ip::tcp::endpoint(host, 0)) {
    socket_.connect({gateway, rsip_port});
    socket_.set_option(asio::ip::tcp::no_delay(true));
  }

  asio::awaitable<Bytes> exchange(Bytes request) override {
    co_await asio::async_write(socket_, asio::buffer(request), use_awaitable);
    Bytes bytes(wire::header_size);
    co_await asio::async_read(socket_, asio::buffer(bytes), use_awaitable);
    bytes.resize(*wire::framed_size(bytes));
    co_await asio::async_read(socket_, asio::buffer(bytes) + wire::header_size, use_awaitable);
    co_return bytes;
  }

 private:
  asio::ip::tcp::socket socket_;
};

class Udp : public Transport {
 public:
  Udp(asio::io_context& loop, const asio::ip::address& host, const asio::ip::address& gateway, Seen& seen)
      : socket_(loop, asio::ip::udp::endpoint(host, 0)), timer_(loop), seen_(seen) {
    socket_.connect({gateway, rsip_port});
  }

  asio::awaitable<Bytes> exchange(Bytes request) override {
    socket_.send(asio::buffer(request));
    send_again_later(request);
    Bytes bytes(wire::max_message_size);
    bytes.resize(co_await socket_.async_receive(asio::buffer(bytes), use_awaitable));
    timer_.cancel();
    co_return bytes;
  }

 private:
  void send_again_later(const Bytes& request) {
    timer_.expires_after(1s);
    timer_.async_wait([this, request](asio::error_code code) {
      if (code) return;
      ++seen_.retransmissions;
      socket_.send(asio::buffer(request));
      send_again_later(request);
    });
  }

  asio::ip::udp::socket socket_;
  asio::steady_timer timer_;
  Seen& seen_;
};

/// Registers, assigns, extends a few times, frees and de-registers, again and again, with a pause after each answer.
asio::awaitable<void> be_polite(asio::io_context& loop, std::unique_ptr<Transport> transport,
                                std::chrono::milliseconds start, Clock::time_point end, Seen& seen) {
  asio::steady_timer pause(loop, start);
  co_await pause.async_wait(use_awaitable);
  Counter counter{0};
  const auto ask = [&](auto request) -> asio::awaitable<wire::Message> {
    counter = Counter{number(counter) + 1};
    request.counter = counter;
    const Clock::time_point sent = Clock::now();
    const Bytes answer = co_await transport->exchange(wire::encode(request));
    seen.milliseconds.push_back(std::chrono::duration<double, std::milli>(Clock::now() - sent).count());
    pause.expires_after(200ms);
    co_await pause.async_wait(use_awaitable);
    wire::Message message = wire::decode(answer).value();
    seen.errors += std::holds_alternative<wire::ErrorResponse>(message);
    co_return message;
  };
  while (Clock::now() < end) {
    const ClientId client = std::get<wire::RegisterResponse>(co_await ask(wire::RegisterRequest{})).client;
    wire::AssignRequestRsipsec assign;
    assign.client = client;
    assign.spis = wire::AnySpis{16};
    const BindId bind = std::get<wire::AssignResponseRsipsec>(co_await ask(assign)).bind;
    wire::ExtendRequest extend;
    extend.client = client;
    extend.bind = bind;
    for (int i = 0; i < 5 && Clock::now() < end; ++i) (void)co_await ask(extend);
    wire::FreeRequest free;
    free.client = client;
    free.bind = bind;
    (void)co_await ask(free);
    wire::DeregisterRequest deregister;
    deregister.client = client;
    (void)co_await ask(deregister);
  }
}

double percentile(const std::vector<double>& sorted, double share) {
  return sorted.at(static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1)));
}

/// `count` hosts with the addresses from `first` on, every other one over UDP.
int polite(const asio::ip::address& gateway, asio::ip::address_v4 first, unsigned count, std::chrono::seconds time) {
  asio::io_context loop;
  Seen seen;
  const Clock::time_point end = Clock::now() + time;
  int failed = 0;
  for (unsigned i = 0; i < count; ++i) {
    const asio::ip::address host = asio::ip::address_v4(first.to_uint() + i);
    std::unique_ptr<Transport> transport;
    if (i % 2 == 0) {
      transport = std::make_unique<Tcp>(loop, host, gateway);
    } else {
      transport = std::make_unique<Udp>(loop, host, gateway, seen);
    }
    asio::co_spawn(loop, be_polite(loop, std::move(transport), 20ms * i, end, seen),
                   [&](const std::exception_ptr& problem) { failed += problem != nullptr; });
  }
  loop.run();
  std::ranges::sort(seen.milliseconds);
  if (seen.milliseconds.empty()) return 1;
  std::cout << std::fixed << std::setprecision(1) << seen.milliseconds.size() << " answers to " << count
            << " hosts: p50 " << percentile(seen.milliseconds, 0.5) << " ms, p99 "
            << percentile(seen.milliseconds, 0.99) << " ms, longest " << seen.milliseconds.back() << " ms, "
            << seen.retransmissions << " retransmitted, " << seen.errors << " errors, " << failed << " hosts failed\n";
  return seen.errors == 0 && failed == 0 ? 0 : 1;
}

/// What the flood sends: a request that is cheap to make.
Bytes flood_request(std::uint32_t counter) {
  wire::RegisterRequest request;
  request.counter = Counter{counter};
  return wire::encode(request);
}

void print_rate(std::uint64_t count, std::chrono::seconds time, const std::string& what) {
  std::cout << "flood: " << count / static_cast<std::uint64_t>(time.count()) << ' ' << what << " per second\n";
}

/// Datagrams as fast as they can be sent.
void flood_udp(const asio::ip::address& gateway, const asio::ip::address& host, std::chrono::seconds time) {
  asio::io_context loop;
  asio::ip::udp::socket socket(loop, asio::ip::udp::endpoint(host, 0));
  socket.connect({gateway, rsip_port});
  constexpr std::size_t batch = 64;
  std::array<Bytes, batch> requests;
  std::array<iovec, batch> buffers{};
  std::array<mmsghdr, batch> headers{};
  for (std::size_t i = 0; i < batch; ++i) {
    requests[i] = flood_request(static_cast<std::uint32_t>(i + 1));
    buffers[i] = {requests[i].data(), requests[i].size()};
    headers[i].msg_hdr.msg_iov = &buffers[i];
    headers[i].msg_hdr.msg_iovlen = 1;
  }
  std::uint64_t sent = 0;
  for (const Clock::time_point end = Clock::now() + time; Clock::now() < end;) {
    const int count = ::sendmmsg(socket.native_handle(), headers.data(), batch, 0);
    if (count > 0) sent += static_cast<std::uint64_t>(count);
  }
  print_rate(sent, time, "datagrams");
}

/// Eight connections, each full of requests at all times.
void flood_tcp(const asio::ip::address& gateway, const asio::ip::address& host, std::chrono::seconds time) {
  asio::io_context loop;
  Bytes many;
  for (std::uint32_t i = 1; i <= 1000; ++i) {
    const Bytes one = flood_request(i);
    many.insert(many.end(), one.begin(), one.end());
  }
  std::uint64_t received = 0;
  const auto send = [&](asio::ip::tcp::socket& socket) -> asio::awaitable<void> {
    for (;;) co_await asio::async_write(socket, asio::buffer(many), use_awaitable);
  };
  const auto receive = [&](asio::ip::tcp::socket& socket) -> asio::awaitable<void> {
    Bytes bytes(65536);
    for (;;) received += co_await socket.async_read_some(asio::buffer(bytes), use_awaitable);
  };
  std::vector<asio::ip::tcp::socket> sockets;
  for (int i = 0; i < 8; ++i) {
    sockets.emplace_back(loop, asio::ip::tcp::endpoint(host, 0)).connect({gateway, rsip_port});
  }
  for (asio::ip::tcp::socket& socket : sockets) {
    asio::co_spawn(loop, send(socket), asio::detached);
    asio::co_spawn(loop, receive(socket), asio::detached);
  }
  loop.run_for(time);
  print_rate(received, time, "bytes of answers");
}

/// Connections that are left open, as fast as they can be made.
void flood_connections(const asio::ip::address& gateway, const asio::ip::address& host, std::chrono::seconds time) {
  asio::io_context loop;
  std::deque<asio::ip::tcp::socket> open;
  std::uint64_t made = 0;
  for (const Clock::time_point end = Clock::now() + time; Clock::now() < end; ++made) {
    open.emplace_back(loop, asio::ip::tcp::endpoint(host, 0)).connect({gateway, rsip_port});
    if (open.size() > 500) open.pop_front();
  }
  print_rate(made, time, "connections");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (argc < 5 || (what == "polite") != (argc == 6)) {
    std::cerr << "usage: fairness_load polite GATEWAY FIRST-HOST SECONDS COUNT\n"
                 "       fairness_load udp|tcp|connections GATEWAY HOST SECONDS\n";
    return 2;
  }
  try {
    const asio::ip::address gateway = asio::ip::make_address(argv[2]);
    const asio::ip::address_v4 host = asio::ip::make_address_v4(argv[3]);
    const std::chrono::seconds time{std::stoi(argv[4])};
    if (what == "polite") return polite(gateway, host, static_cast<unsigned>(std::stoul(argv[5])), time);
    if (what == "udp") flood_udp(gateway, host, time);
    if (what == "tcp") flood_tcp(gateway, host, time);
    if (what == "connections") flood_connections(gateway, host, time);
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "fairness_load: " << problem.what() << '\n';
    return 1;
  }
}
