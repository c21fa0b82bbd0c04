// SPDX-License-Identifier: GPL-2.0-or-later
#include "events/event_log.hpp"

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace event_log_test {

using namespace rsip;
using gateway::End;
using gateway::Event;
using Kind = gateway::Event::Kind;

namespace {

constexpr Ipv4 host{0x0a00000b};
constexpr Ipv4 nb{0xc6336401};
constexpr lease::Time start{std::chrono::hours{1}};

lease::Binding some_binding() {
  lease::Binding binding;
  binding.id = BindId{3};
  binding.kind = lease::Kind::rsipsec;
  binding.address = nb;
  binding.ports = {{Port{40000}, 8}};
  binding.spis = {{Spi{0x10000010}, 16}};
  binding.remotes = {{Ipv4{0xc6336402}, Port{53}}};
  binding.expires = start + std::chrono::seconds{3600};
  return binding;
}

/// The lines of the log, as long as it lives.
class Captured {
 public:
  Captured() : former_(spdlog::default_logger()) {
    auto logger = std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_st>(text_));
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::info);
    spdlog::set_default_logger(logger);
  }
  Captured(const Captured&) = delete;
  Captured& operator=(const Captured&) = delete;
  ~Captured() { spdlog::set_default_logger(former_); }

  std::vector<std::string> take() {
    std::istringstream read(text_.str());
    text_.str("");
    std::vector<std::string> lines;
    for (std::string line; std::getline(read, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::shared_ptr<spdlog::logger> former_;
  std::ostringstream text_;
};

}  // namespace

TEST_CASE("events: a line says who had what") {
  const lease::Binding binding = some_binding();
  Event event{
      .kind = Kind::assigned, .at = start, .host = host, .client = ClientId{7}, .bind = BindId{3}, .binding = &binding};
  CHECK(logfmt(event) ==
        "event=assigned host=10.0.0.11 client=7 bind=3 method=RSIPSEC address=198.51.100.1 ports=40000-40007 "
        "spis=0x10000010-0x1000001f remotes=198.51.100.2:53 tunnel=ipip lease=3600");
  event.kind = Kind::binding_ended;
  event.end = End::expired;
  event.at = binding.expires + std::chrono::seconds{1};
  CHECK(logfmt(event) ==
        "event=ended end=expired host=10.0.0.11 client=7 bind=3 method=RSIPSEC address=198.51.100.1 ports=40000-40007 "
        "spis=0x10000010-0x1000001f remotes=198.51.100.2:53 tunnel=ipip lease=0");

  lease::Binding whole = binding;
  whole.kind = lease::Kind::rsa_ip;
  whole.remotes.clear();
  event = {.kind = Kind::assigned, .at = start, .host = host, .binding = &whole};
  CHECK(logfmt(event) ==
        "event=assigned host=10.0.0.11 method=RSA-IP address=198.51.100.1 ports=all spis=all tunnel=ipip lease=3600");

  event = {.kind = Kind::answered,
           .at = start,
           .host = host,
           .request = wire::MessageType::register_request,
           .error = wire::ErrorCode::registration_denied,
           .cause = "policy"};
  CHECK(logfmt(event) ==
        "event=refused host=10.0.0.11 request=REGISTER_REQUEST error=REGISTRATION_DENIED cause=policy");
}

TEST_CASE("events: one line for each lease, however many; refusals are limited and counted") {
  Captured captured;
  EventLog log;
  const lease::Binding binding = some_binding();
  for (std::size_t i = 0; i < 1000; ++i)
    log.happened({.kind = Kind::assigned, .at = start, .host = host, .binding = &binding});
  CHECK(captured.take().size() == 1000);

  log.happened({.kind = Kind::extended, .at = start, .host = host, .binding = &binding});
  log.happened({.kind = Kind::answered, .at = start, .host = host, .request = wire::MessageType::extend_request});
  CHECK(captured.take().empty());

  const Event refusal{
      .kind = Kind::answered, .at = start, .host = host, .error = wire::ErrorCode::local_addrport_unavailable};
  for (std::size_t i = 0; i < 1000; ++i) log.happened(refusal);
  CHECK(captured.take().size() == EventLog::refusals_at_once);
  Event later = refusal;
  later.at = start + std::chrono::seconds{1};
  log.happened(later);
  log.happened(later);
  const std::vector<std::string> lines = captured.take();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == logfmt(refusal) + " suppressed=" + std::to_string(1000 - EventLog::refusals_at_once));
}

}  // namespace event_log_test
