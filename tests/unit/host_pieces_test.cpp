// SPDX-License-Identifier: GPL-2.0-or-later
// The small parts of libs/host: routing rules, the strongSwan snippet, remedies, files.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "directory.hpp"
#include "host/atomic_file.hpp"
#include "host/network.hpp"
#include "host/remedy.hpp"
#include "host/strongswan.hpp"

namespace host_pieces_test {

using namespace rsip;
using test::Directory;
using namespace rsip::host;

namespace {

Ipv4 ip(const char* text) {
  return *parse_ipv4(text);
}

Network network(bool default_route) {
  Network network;
  network.device = "rsip0";
  network.gateway = ip("10.0.0.1");
  network.local = ip("10.0.0.11");
  network.remote = ip("10.0.0.1");
  network.addresses = {ip("198.51.100.1")};
  network.default_route = default_route;
  return network;
}

std::vector<std::string> texts(const std::vector<Rule>& rules) {
  std::vector<std::string> all;
  for (const Rule& rule : rules) all.push_back(to_string(rule));
  return all;
}

Grant grant() {
  Grant granted;
  granted.address = ip("198.51.100.1");
  granted.ports = {{Port{40008}, 8}};
  granted.spis = {{Spi{0x20}, 2}, {Spi{0x10000010}, 16}};
  return granted;
}

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("network: only the leased source address chooses the tunnel") {
  CHECK(texts(rules_of(network(false))) == std::vector<std::string>{"rule 4555 from 198.51.100.1 lookup 4555"});
}

TEST_CASE("network: with the default route, everything but the way to the gateway") {
  CHECK(texts(rules_of(network(true))) ==
        std::vector<std::string>{"rule 4555 from 198.51.100.1 lookup 4555", "rule 4556 from 10.0.0.11 lookup main",
                                 "rule 4557 to 10.0.0.1 lookup main", "rule 4558 lookup main suppress_prefixlength 0",
                                 "rule 4559 lookup 4555"});
}

TEST_CASE("network: another address changes one rule, another tunnel endpoint one other") {
  const Network before = network(true);
  Network after = before;
  CHECK(rules_missing_in(after, before).empty());
  after.addresses = {ip("198.51.100.2")};
  CHECK(texts(rules_missing_in(after, before)) == std::vector<std::string>{"rule 4555 from 198.51.100.1 lookup 4555"});
  CHECK(texts(rules_missing_in(before, after)) == std::vector<std::string>{"rule 4555 from 198.51.100.2 lookup 4555"});
  after = before;
  after.remote = ip("10.0.0.2");
  CHECK(texts(rules_missing_in(before, after)) == std::vector<std::string>{"rule 4557 to 10.0.0.2 lookup main"});
}

TEST_CASE("strongswan: assigned ports and the longest run of SPIs") {
  const std::string text = strongswan_snippet(grant(), ip("10.0.0.1"), IkePort::assigned);
  CHECK(text ==
        "# Written by rsip for its lease of 198.51.100.1 from the gateway 10.0.0.1; removed when the lease ends.\n"
        "# Include it from /etc/strongswan.conf. Connections in swanctl.conf need local_addrs = 198.51.100.1\n"
        "# Both IKE ports are leased ones, so mobike may stay on.\n"
        "charon {\n"
        "  port = 40008\n"
        "  port_nat_t = 40009\n"
        "  spi_min = 0x10000010\n"
        "  spi_max = 0x1000001f\n"
        "}\n");
}

TEST_CASE("strongswan: port 500 stays, and mobike must go") {
  const std::string text = strongswan_snippet(grant(), ip("10.0.0.1"), IkePort::well_known);
  CHECK(text.find("port") != std::string::npos);
  CHECK(text.find("  port") == std::string::npos);
  CHECK(text.find("# and mobike = no") != std::string::npos);
  CHECK(text.find("spi_min = 0x10000010") != std::string::npos);
}

TEST_CASE("strongswan: port 500 stays, and the prefix is the upper half of a cookie") {
  Grant granted = grant();
  granted.cookie_prefix = CookiePrefix{0xa5c30000, 16};
  const std::string text = strongswan_snippet(granted, ip("10.0.0.1"), IkePort::prefix);
  CHECK(
      text.ends_with("# The gateway knows this host by its cookies, on port 4500 too, so mobike may stay on.\n"
                     "charon {\n"
                     "  spi_mask = 0xffff000000000000\n"
                     "  spi_label = 0xa5c3000000000000\n"
                     "  spi_min = 0x10000010\n"
                     "  spi_max = 0x1000001f\n"
                     "}\n"));
}

TEST_CASE("strongswan: ports from two runs, no SPIs") {
  Grant granted = grant();
  granted.ports = {{Port{40000}, 1}, {Port{40005}, 2}};
  granted.spis.clear();
  const std::string text = strongswan_snippet(granted, ip("10.0.0.1"), IkePort::assigned);
  CHECK(text.find("  port = 40000\n  port_nat_t = 40005\n}\n") != std::string::npos);
  CHECK(text.find("spi") == std::string::npos);
}

TEST_CASE("remedy: every error of RFC 3103 and 3104 has one of its own") {
  const std::string_view other = remedy(wire::ErrorCode{999});
  const std::pair<unsigned, unsigned> ranges[] = {{102, 106}, {201, 208}, {301, 315}, {401, 403}};
  for (const auto& [first, last] : ranges) {
    for (unsigned code = first; code <= last; ++code) {
      CAPTURE(code);
      const std::string_view text = remedy(static_cast<wire::ErrorCode>(code));
      CHECK_FALSE(text.empty());
      CHECK(text != other);
    }
  }
}

TEST_CASE("remedy: an error about packets says what was dropped, and by which binding") {
  wire::ErrorResponse report;
  report.error = wire::ErrorCode::remote_addr_unallowed;
  report.bind = BindId{3};
  CHECK(explain_report(report) ==
        "the gateway reports REMOTE_ADDR_UNALLOWED (314), binding 3: dropped what went to another host than the lease "
        "is for; 'rsip assign --remote ADDR' gets one for it");
  report.bind.reset();
  for (const auto code : {wire::ErrorCode::local_addr_unallowed, wire::ErrorCode::local_addrport_unallowed,
                          wire::ErrorCode::remote_addrport_unallowed, wire::ErrorCode::bad_tunnel_type,
                          wire::ErrorCode::register_first}) {
    report.error = code;
    CHECK(explain_report(report).find(": dropped what ") != std::string::npos);
  }
  report.error = wire::ErrorCode::internal_server_error;
  CHECK(explain_report(report) ==
        "the gateway reports INTERNAL_SERVER_ERROR (104): " + std::string(remedy(report.error)));
}

TEST_CASE("remedy: a failure is one line with the error's name and what to do") {
  const Peer peer{ip("10.0.0.1"), 4555, Protocol::tcp};
  CHECK(explain(Refused{wire::ErrorCode::ipsec_unallowed, wire::MessageType::assign_request_rsipsec}, peer, "") ==
        "10.0.0.1 refused ASSIGN_REQUEST_RSIPSEC: IPSEC_UNALLOWED (401); ask the gateway's administrator for "
        "--ipsec-allow, or do without IPsec: --spis 0");
  CHECK(explain(NoAnswer{wire::MessageType::register_request}, peer, "Connection refused") ==
        "no answer to REGISTER_REQUEST from 10.0.0.1, TCP port 4555 (Connection refused); is rsipd running at "
        "10.0.0.1, and this host on its private side?");
  CHECK(explain(NotUnderstood{"no cookie prefix (--ike-port 500 does without)"}, peer, "") ==
        "10.0.0.1 granted no cookie prefix (--ike-port 500 does without); the lease was given back, ask the gateway's "
        "administrator");
  for (const EndReason& reason : {EndReason(Stopped{}), EndReason(NotUnderstood{"1 ports instead of 8"}),
                                  EndReason(Revoked{wire::MessageType::free_response}), EndReason(Expired{})}) {
    const std::string text = explain(reason, peer, "");
    CHECK_FALSE(text.empty());
    CHECK(text.find('\n') == std::string::npos);
  }
}

TEST_CASE("atomic file: replaced as a whole, readable, nothing left over") {
  const Directory directory;
  const std::string path = directory.path + "/rsip.conf";
  REQUIRE(write_atomically(path, "first\n").has_value());
  REQUIRE(write_atomically(path, "second\n").has_value());
  CHECK(read(path) == "second\n");
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
  CHECK(directory.entries() == 1);
  REQUIRE(remove_file(path).has_value());
  REQUIRE(remove_file(path).has_value());
  CHECK(directory.entries() == 0);
}

TEST_CASE("atomic file: what cannot be written is an error that names it") {
  const Directory directory;
  const Result<void> done = write_atomically(directory.path + "/absent/rsip.conf", "text");
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().code == ENOENT);
  CHECK(done.error().what.find("/absent/rsip.conf") != std::string::npos);

  REQUIRE(std::filesystem::create_directory(directory.path + "/taken"));
  CHECK_FALSE(write_atomically(directory.path + "/taken", "text").has_value());
  CHECK(directory.entries() == 1);
}

}  // namespace host_pieces_test
