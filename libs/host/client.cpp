// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/client.hpp"

namespace rsip::host {

Client::Client(const Settings& settings, Events events)
    : settings_(settings),
      events_(std::move(events)),
      session_(settings.peer.protocol, settings.wish, settings.spread) {}

Result<std::unique_ptr<Client>> Client::create(asio::io_context& io, const Settings& settings, Events events) {
  std::unique_ptr<Client> client(new Client(settings, std::move(events)));
  Client* self = client.get();
  const Endpoints endpoints{settings.local, settings.peer.gateway, settings.peer.port};
  Transport::Events transport_events{[self](std::span<const std::uint8_t> bytes) { self->received(bytes); },
                                     [self] { self->act(self->session_.connection_failed(BootClock::now())); }};
  if (settings.peer.protocol == Protocol::tcp) {
    client->transport_ = open_tcp(io, endpoints, std::move(transport_events));
  } else {
    Result<std::unique_ptr<Transport>> udp = open_udp(io, endpoints, std::move(transport_events));
    if (!udp) return tl::unexpected(udp.error());
    client->transport_ = std::move(*udp);
  }
  Result<std::unique_ptr<BootTimer>> timer =
      BootTimer::create(io, [self] { self->act(self->session_.tick(BootClock::now())); });
  if (!timer) return tl::unexpected(timer.error());
  client->timer_ = std::move(*timer);
  return client;
}

void Client::start() {
  act(session_.start(BootClock::now()));
}

void Client::stop() {
  act(session_.stop(BootClock::now()));
}

void Client::command(Command command) {
  act(session_.command(std::move(command), BootClock::now()));
}

std::string Client::explain(const Failure& failure) const {
  return explain_failure(failure, settings_.peer, complaint());
}

void Client::act(const Actions& actions) {
  for (const Action& action : actions) {
    std::visit([this](const auto& each) { act(each); }, action);
  }
  const std::optional<TimePoint> deadline = session_.deadline();
  const Result<void> armed = deadline ? timer_->set(*deadline) : timer_->cancel();
  if (!armed) events_.notice(armed.error().text());
}

void Client::received(std::span<const std::uint8_t> bytes) {
  ignored_ = settings_.authentication && !settings_.authentication->accepts(bytes);
  if (ignored_) return;
  act(session_.received(bytes, BootClock::now()));
}

std::string Client::complaint() const {
  if (!ignored_) return transport_->complaint();
  return "what came was not authenticated: does the gateway have the same key for " + to_string(settings_.local) +
         ", and the same time?";
}

void Client::act(const Transmit& transmit) {
  transport_->send(settings_.authentication ? settings_.authentication->seal(transmit.bytes) : transmit.bytes);
}

void Client::act(const Notice& notice) {
  const std::string reason = complaint();
  events_.notice(reason.empty() ? notice.text : notice.text + " (" + reason + ")");
}

void Client::act(const Ended& ended) {
  transport_->disconnect();
  events_.ended(ended.reason, host::explain(ended.reason, settings_.peer, complaint()));
}

}  // namespace rsip::host
