// SPDX-License-Identifier: GPL-2.0-or-later
// A host that asks for ever more bindings over one TCP connection, and times a batch of requests when few and when
// many are present. Run by tests/bench/assign.
#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <chrono>
#include <iomanip>
#include <iostream>
#include <string>

#include "wire/codec.hpp"

namespace {

using namespace rsip;

class Host {
 public:
  explicit Host(const std::string& gateway) : socket_(loop_) {
    socket_.connect({asio::ip::make_address(gateway), 4555});
    socket_.set_option(asio::ip::tcp::no_delay(true));
    client_ = std::get<wire::RegisterResponse>(ask(wire::RegisterRequest{})).client;
  }

  /// Asks for one SPI and no ports: the smallest RSIPSEC binding.
  void assign() {
    wire::AssignRequestRsipsec request;
    request.client = client_;
    request.spis = wire::AnySpis{1};
    (void)std::get<wire::AssignResponseRsipsec>(ask(request));
    ++bindings_;
  }

  void assign_until(int bindings) {
    while (bindings_ < bindings) assign();
  }

  /// Bindings per second over `count` more.
  double rate(int count) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) assign();
    return count / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

 private:
  wire::Message ask(const wire::Message& request) {
    asio::write(socket_, asio::buffer(wire::encode(request)));
    std::vector<std::uint8_t> bytes(wire::header_size);
    asio::read(socket_, asio::buffer(bytes));
    bytes.resize(*wire::framed_size(bytes));
    asio::read(socket_, asio::buffer(bytes) + wire::header_size);
    return *wire::decode(bytes);
  }

  asio::io_context loop_;
  asio::ip::tcp::socket socket_;
  ClientId client_{};
  int bindings_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: assign_load GATEWAY FEW MANY BATCH\n";
    return 2;
  }
  try {
    const int few = std::stoi(argv[2]);
    const int many = std::stoi(argv[3]);
    const int batch = std::stoi(argv[4]);
    Host host(argv[1]);
    host.assign_until(few);
    (void)host.rate(batch);  // warm up
    const double with_few = host.rate(batch);
    host.assign_until(many);
    const double with_many = host.rate(batch);
    std::cout << std::fixed << std::setprecision(0) << with_few << " assigns/s with about " << few + batch
              << " bindings present\n"
              << with_many << " assigns/s with " << many << " bindings present\n"
              << std::setprecision(3) << "ratio " << with_many / with_few << '\n';
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "assign_load: " << problem.what() << '\n';
    return 1;
  }
}
