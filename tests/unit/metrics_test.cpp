// SPDX-License-Identifier: GPL-2.0-or-later
// What Prometheus is told, and how it gets it.
#include "metrics/metrics.hpp"

#include <doctest/doctest.h>
#include <prometheus/text_serializer.h>

#include <asio/local/stream_protocol.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <thread>

#include "commands_fixture.hpp"
#include "directory.hpp"
#include "metrics/http_server.hpp"
#include "metrics/snapshot.hpp"
#include "metrics/text_file.hpp"
#include "steer/queue_state.hpp"

namespace metrics_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;
using metrics::Families;
using metrics::HttpServer;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

/// A gateway that is measured, with nothing of the real world in it.
struct Measured : Operated {
  explicit Measured(const lease::Config& config = {})
      : Operated({}, config),
        server(loop, {}, {.may_register = [](Ipv4) { return true; }, .is_registered = [](Ipv4) { return false; }},
               [](const Peer&, std::span<const std::uint8_t>, const server::Reply& reply) { reply(std::nullopt); }) {
    gateway->add_observer(meter);
  }

  Families collect() {
    Families all = meter.collect();
    metrics::add_leases(all, *gateway, now);
    metrics::add_server(all, server);
    metrics::add_kernel(all, view);
    metrics::add_healing(all, 0);
    metrics::add_process(all, "1", std::chrono::system_clock::time_point(5s));
    return all;
  }

  /// The lines of the text that Prometheus gets.
  std::set<std::string> lines() {
    std::istringstream text(prometheus::TextSerializer().Serialize(collect()));
    std::set<std::string> all;
    for (std::string line; std::getline(text, line);) all.insert(line);
    return all;
  }

  asio::io_context loop;
  metrics::Metrics meter;
  server::Server server;
};

/// "rsipd_requests_total" of what a file's expressions name.
std::set<std::string> names_in(const std::string& path) {
  std::ifstream file(path);
  REQUIRE(file);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::regex name(R"((rsipd|process)_[a-z_]*[a-z])");
  std::set<std::string> names;
  for (auto found = std::sregex_iterator(text.begin(), text.end(), name); found != std::sregex_iterator(); ++found) {
    names.insert(std::regex_replace(found->str(), std::regex("_(bucket|sum|count)$"), ""));
  }
  return names;
}

}  // namespace

TEST_CASE("metrics: leases and requests") {
  Measured realm;
  CHECK(realm.lines().contains(R"(rsipd_requests_total{request="REGISTER_REQUEST",result="OK"} 0)"));
  const ClientId client = realm.enroll(x1);
  const auto granted = realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{4}));
  realm.ask<wire::AssignResponseRsapIp>(x1, rsap(client, wire::AnyPorts{1}));
  realm.ask<wire::ExtendResponse>(x1, extend_request(client, granted.bind, LeaseTime{100}));
  realm.ask<wire::FreeResponse>(x1, free_request(client, granted.bind));
  realm.refused(x1, free_request(client, granted.bind));
  const std::set<std::string> lines = realm.lines();
  for (const char* line : {
           "rsipd_hosts 1",
           "rsipd_hosts_limit 10000",
           "rsipd_bindings 1",
           "rsipd_draining 0",
           "rsipd_journal_failed 0",
           R"(rsipd_requests_total{request="REGISTER_REQUEST",result="OK"} 1)",
           R"(rsipd_requests_total{request="ASSIGN_REQUEST_RSAP-IP",result="OK"} 2)",
           R"(rsipd_requests_total{request="FREE_REQUEST",result="OK"} 1)",
           R"(rsipd_requests_total{request="FREE_REQUEST",result="BAD_BIND_ID"} 1)",
           R"(rsipd_leases_granted_total{method="RSAP-IP"} 2)",
           R"(rsipd_leases_granted_total{method="RSIPSEC"} 0)",
           "rsipd_leases_extended_total 1",
           R"(rsipd_leases_ended_total{end="freed"} 1)",
           R"(rsipd_leases_ended_total{end="expired"} 0)",
           R"(rsipd_pool_size{address="198.51.100.1",kind="ports"} 40000)",
           R"(rsipd_pool_leased{address="198.51.100.1",kind="ports"} 1)",
           R"(rsipd_pool_on_hold{address="198.51.100.1",kind="ports"} 4)",
           R"(rsipd_pool_free{address="198.51.100.1",kind="ports"} 39995)",
           "rsipd_requests_waiting 0",
           R"(rsipd_build_info{version="1"} 1)",
           "process_start_time_seconds 5",
       }) {
    CAPTURE(line);
    CHECK(lines.contains(line));
  }
}

TEST_CASE("metrics: times, verdicts, and what the kernel counts") {
  Measured realm;
  realm.meter.answered_after(300us);
  realm.meter.committed(150us, true);
  realm.meter.committed(3s, false);
  realm.meter.judged(steer::Verdict::accept);
  realm.meter.judged(steer::Verdict::refuse_cookie);
  realm.view.named = {{"denied_port", 3, 180}};
  CHECK(
      std::ranges::none_of(realm.collect(), [](const MetricFamily& one) { return one.name == "rsipd_queue_packets"; }));
  realm.view.queued = steer::QueueState{7, 2, 1};
  const std::set<std::string> lines = realm.lines();
  for (const char* line : {
           R"(rsipd_request_duration_seconds_bucket{le="0.0002"} 0)",
           R"(rsipd_request_duration_seconds_bucket{le="0.0005"} 1)",
           "rsipd_request_duration_seconds_count 1",
           R"(rsipd_nft_transaction_duration_seconds_bucket{le="1"} 1)",
           "rsipd_nft_transaction_duration_seconds_count 2",
           "rsipd_nft_transactions_failed_total 1",
           R"(rsipd_ike_verdicts_total{verdict="accept"} 1)",
           R"(rsipd_ike_verdicts_total{verdict="refuse_cookie"} 1)",
           R"(rsipd_ike_verdicts_total{verdict="drop"} 0)",
           R"(rsipd_ruleset_packets_total{counter="denied_port"} 3)",
           R"(rsipd_ruleset_bytes_total{counter="denied_port"} 180)",
           "rsipd_queue_packets 7",
           R"(rsipd_queue_dropped_total{cause="full"} 2)",
           R"(rsipd_queue_dropped_total{cause="socket"} 1)",
       }) {
    CAPTURE(line);
    CHECK(lines.contains(line));
  }
}

TEST_CASE("metrics: names follow Prometheus' conventions, and each has its help") {
  Measured realm;
  realm.view.queued = steer::QueueState{};
  for (const MetricFamily& family : realm.collect()) {
    CAPTURE(family.name);
    CHECK((family.name.starts_with("rsipd_") || family.name.starts_with("process_")));
    CHECK(family.name.ends_with("_total") == (family.type == MetricType::Counter));
    if (family.type == MetricType::Histogram) CHECK(family.name.ends_with("_seconds"));
    CHECK(family.help.ends_with("."));
  }
}

TEST_CASE("metrics: the alerts, the dashboard and the manual page name those there are") {
  lease::Config config;
  config.exclusive_pool = {Ipv4{0xc6336411}};
  Measured realm(config);
  realm.view.queued = steer::QueueState{};
  std::set<std::string> exported;
  for (const MetricFamily& family : realm.collect()) exported.insert(family.name);
  for (const char* file : {"/packaging/prometheus/rsipd.rules.yml", "/packaging/grafana/rsipd.json"}) {
    const std::set<std::string> named = names_in(std::string(RSIP_SOURCE_DIR) + file);
    CHECK(named.size() > 5);
    for (const std::string& name : named) {
      CAPTURE(name);
      CHECK(exported.contains(name));
    }
  }
  CHECK(names_in(std::string(RSIP_SOURCE_DIR) + "/man/rsipd.8.scd") == exported);
}

TEST_CASE("metrics: the command gives them as JSON") {
  Measured realm;
  realm.meter.answered_after(300us);
  realm.families = realm.collect();
  const std::vector<nlohmann::json> items = realm.items(R"({"command": "metrics"})");
  CHECK(items.size() == realm.families.size());
  const auto find = [&items](const char* name) {
    const auto found = std::ranges::find_if(items, [name](const auto& item) { return item.at("name") == name; });
    REQUIRE(found != items.end());
    return *found;
  };
  CHECK(find("rsipd_hosts").at("samples") == nlohmann::json{{{"labels", nlohmann::json::object()}, {"value", 0}}});
  const nlohmann::json latency = find("rsipd_request_duration_seconds");
  CHECK(latency.at("type") == "histogram");
  CHECK(latency.at("samples").at(0).at("count") == 1);
  CHECK(latency.at("samples").at(0).at("buckets").at(0) == nlohmann::json{{"le", 0.00005}, {"count", 0}});
}

TEST_CASE("metrics: HTTP") {
  asio::io_context loop;
  int made = 0;
  auto opened = HttpServer::open(loop, Ipv4{0x7f000001}, 0, [&made] {
    ++made;
    return std::string("text 1\n");
  });
  REQUIRE(opened);
  HttpServer& server = **opened;

  SUBCASE("what is answered") {
    const std::string good = server.answer("GET /metrics HTTP/1.1\r\nHost: n\r\n\r\n");
    CHECK(good.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(good.find("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n") != std::string::npos);
    CHECK(good.find("\r\nContent-Length: 7\r\n") != std::string::npos);
    CHECK(good.ends_with("\r\n\r\ntext 1\n"));
    CHECK(server.answer("GET /metrics?x=y HTTP/1.0\r\n\r\n") == good);
    CHECK(server.answer("HEAD /metrics HTTP/1.1\r\n\r\n").ends_with("\r\n\r\n"));
    CHECK(made == 1);  // all within a second
    for (const auto& [request, status] : std::map<std::string, std::string>{{"GET / HTTP/1.1\r\n\r\n", "404"},
                                                                            {"POST /metrics HTTP/1.1\r\n\r\n", "405"},
                                                                            {"GET /metrics\r\n\r\n", "400"},
                                                                            {"GET  HTTP/1.1\r\n\r\n", "404"},
                                                                            {"\r\n\r\n", "400"},
                                                                            {"GET /metrics FTP/1\r\n\r\n", "400"}}) {
      CAPTURE(request);
      CHECK(server.answer(request).starts_with("HTTP/1.1 " + status + " "));
    }
  }
  SUBCASE("over TCP, and no more than so many at a time") {
    using asio::ip::tcp;
    const auto run = [&loop] {
      loop.restart();
      loop.run_for(20ms);
    };
    const auto connect = [&] {
      tcp::socket socket(loop);
      socket.connect({asio::ip::address_v4::loopback(), server.port()});
      run();
      return socket;
    };
    const auto read = [](tcp::socket& socket) {
      socket.non_blocking(true);
      std::string text;
      std::error_code error;
      asio::read(socket, asio::dynamic_buffer(text), error);
      return error == asio::error::eof ? text + "EOF" : text;
    };
    std::vector<tcp::socket> silent;
    for (std::size_t i = 0; i < HttpServer::max_connections; ++i) silent.push_back(connect());
    tcp::socket too_many = connect();
    CHECK(read(too_many) == "EOF");
    asio::write(silent[0], asio::buffer(std::string("GET /metrics HTTP/1.1\r\nHost: n\r\n\r\n")));
    run();
    CHECK(read(silent[0]).ends_with("\r\n\r\ntext 1\nEOF"));
    tcp::socket large = connect();
    asio::write(large, asio::buffer(std::string(2 * HttpServer::max_request, 'x')));
    run();
    CHECK(read(large).starts_with("HTTP/1.1 431 "));
  }
}

TEST_CASE("metrics: the file is there as a whole, and goes with the daemon") {
  const Directory directory;
  const std::string path = directory.path + "/rsipd.prom";
  asio::io_context loop;
  {
    metrics::TextFile file(loop, path, [] { return std::string("text 1\n"); });
    REQUIRE(file.start());
    std::ifstream written(path);
    CHECK(std::string((std::istreambuf_iterator<char>(written)), {}) == "text 1\n");
    CHECK(directory.entries() == 1);
  }
  CHECK(directory.entries() == 0);
  metrics::TextFile nowhere(loop, directory.path + "/none/rsipd.prom", [] { return std::string(); });
  const Result<void> done = nowhere.start();
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ENOENT);
}

TEST_CASE("metrics: the kernel's list of queues") {
  std::istringstream table(
      "   17   4242     1 2   128     0     0       10  1\n"
      " 4555   4711    12 2   128     3     4      999  1\n");
  const std::optional<steer::QueueState> state = steer::read_queue_state(table, 4555);
  REQUIRE(state);
  CHECK(state->waiting == 12);
  CHECK(state->overflowed == 3);
  CHECK(state->undeliverable == 4);
  std::istringstream other("   17   4242     1 2   128     0     0       10  1\nnonsense\n");
  CHECK_FALSE(steer::read_queue_state(other, 4555));
}

}  // namespace metrics_test
