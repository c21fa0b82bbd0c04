// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/http_server.hpp"

#include <spdlog/fmt/fmt.h>

#include <asio/buffer.hpp>
#include <asio/read_until.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>
#include <utility>

namespace rsip::metrics {

namespace {

using asio::ip::tcp;

std::string response(std::string_view status, std::string_view type, std::string_view body, bool with_body = true) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", status,
                     type, body.size(), with_body ? body : "");
}

std::string refusal(std::string_view status) {
  return response(status, "text/plain", std::string(status) + "\n");
}

/// One request, its answer, and no more. Lives as long as one of its operations.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, std::shared_ptr<std::size_t> count)
      : socket_(std::move(socket)), timer_(socket_.get_executor()), count_(std::move(count)) {
    ++*count_;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { --*count_; }

  void serve(HttpServer& server) {
    close_later();
    asio::async_read_until(socket_, asio::dynamic_buffer(request_, HttpServer::max_request), "\r\n\r\n",
                           [self = shared_from_this(), &server](const std::error_code& error, std::size_t size) {
                             if (error == asio::error::operation_aborted) return;
                             if (error == asio::error::not_found)
                               return self->send(refusal("431 Request Header Fields Too Large"));
                             if (!error) self->send(server.answer(self->request_.substr(0, size)));
                           });
  }

 private:
  void send(std::string answer) {
    answer_ = std::move(answer);
    close_later();
    asio::async_write(socket_, asio::buffer(answer_), [self = shared_from_this()](const std::error_code&, std::size_t) {
      std::error_code ignored;  // it is gone either way
      self->socket_.shutdown(tcp::socket::shutdown_both, ignored);
    });
  }

  void close_later() {
    timer_.expires_after(HttpServer::patience);
    timer_.async_wait([weak = weak_from_this()](const std::error_code& error) {
      const std::shared_ptr<Connection> self = weak.lock();
      std::error_code ignored;  // it is gone either way
      if (!error && self) self->socket_.close(ignored);
    });
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  std::shared_ptr<std::size_t> count_;
  std::string request_;
  std::string answer_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::open(asio::io_context& loop, Ipv4 address, std::uint16_t port,
                                                     Text text) {
  const std::string what = "serve metrics at " + to_string(address) + ":" + std::to_string(port);
  tcp::acceptor acceptor(loop);
  asio::error_code code;
  (void)acceptor.open(tcp::v4(), code);
  if (!code) (void)acceptor.set_option(tcp::acceptor::reuse_address(true), code);
  if (!code) (void)acceptor.bind({asio::ip::address_v4(address.value), port}, code);
  if (!code) (void)acceptor.listen(static_cast<int>(max_connections), code);
  if (code) {
    return failure(
        code.value(), what,
        code.value() == EADDRINUSE ? "choose another port for --metrics" : "choose an address of this machine");
  }
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(acceptor), std::move(text)));
  server->accept();
  return server;
}

HttpServer::HttpServer(tcp::acceptor acceptor, Text text)
    : acceptor_(std::move(acceptor)), make_text_(std::move(text)) {}

std::uint16_t HttpServer::port() const {
  asio::error_code ignored;  // of an open one
  return acceptor_.local_endpoint(ignored).port();
}

/// One that is too many is closed at once.
void HttpServer::accept() {
  acceptor_.async_accept([this](const std::error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error && *connections_ < max_connections) {
      std::make_shared<Connection>(std::move(socket), connections_)->serve(*this);
    }
    accept();
  });
}

std::string HttpServer::answer(const std::string& request) {
  const std::string line = request.substr(0, request.find("\r\n"));
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.find(' ', method_end == std::string::npos ? 0 : method_end + 1);
  if (target_end == std::string::npos || !line.substr(target_end + 1).starts_with("HTTP/1.")) {
    return refusal("400 Bad Request");
  }
  const std::string method = line.substr(0, method_end);
  std::string target = line.substr(method_end + 1, target_end - method_end - 1);
  target = target.substr(0, target.find('?'));
  if (method != "GET" && method != "HEAD") return refusal("405 Method Not Allowed");
  if (target != "/metrics") return refusal("404 Not Found");
  return response("200 OK", "text/plain; version=0.0.4; charset=utf-8", text(), method == "GET");
}

const std::string& HttpServer::text() {
  const auto now = std::chrono::steady_clock::now();
  if (text_.empty() || now - made_at_ >= max_age) {
    text_ = make_text_();
    made_at_ = now;
  }
  return text_;
}

}  // namespace rsip::metrics
