// SPDX-License-Identifier: GPL-2.0-or-later
// From wishes to requests and from responses to grants, as values and as what a user writes.
#include <doctest/doctest.h>

#include "host/grant.hpp"
#include "wire/cookie_prefix.hpp"

namespace host_grant_test {

using namespace rsip;
using namespace rsip::host;

namespace {

constexpr ClientId client{7};

Ipv4 ip(const char* text) {
  return *parse_ipv4(text);
}

/// The request for a wish, of the type it must have.
template <typename Request>
Request request(const Wish& wish, const Grant* old = nullptr) {
  const wire::Message message = assign_request(client, wish, old);
  REQUIRE(std::holds_alternative<Request>(message));
  return std::get<Request>(message);
}

template <typename Response>
Response response() {
  Response granted;
  granted.client = client;
  granted.bind = BindId{3};
  granted.local = ip("198.51.100.1");
  granted.lease = LeaseTime(60);
  if constexpr (requires { granted.local_ports; }) granted.local_ports = Run<Port>{Port{40000}, 4};
  return granted;
}

Wish four_ports(const char* remote = nullptr) {
  Wish wish{.kind = Kind::rsap_ip, .ports = 4, .spis = 0};
  if (remote != nullptr) wish.remote = parse_remote(remote);
  return wish;
}

std::string why_not(const wire::Message& message, const Wish& wish) {
  const tl::expected<Grant, std::string> grant = understand(message, wish);
  return grant ? "" : grant.error();
}

}  // namespace

TEST_CASE("wish: a remote host in all its forms") {
  CHECK(parse_remote("198.51.100.2") == RemoteHost{ip("198.51.100.2"), std::nullopt});
  CHECK(parse_remote("198.51.100.2:80") == RemoteHost{ip("198.51.100.2"), Run<Port>{Port{80}, 1}});
  CHECK(parse_remote("Y.Example.ORG:8000-8010") == RemoteHost{std::string("y.example.org"), Run<Port>{Port{8000}, 11}});
  for (const char* text : {"198.51.100.2", "198.51.100.2:80", "y.example.org:8000-8010"}) {
    CHECK(to_string(*parse_remote(text)) == text);
  }
  for (const char* wrong : {"", ":80", "198.51.100.2:", "198.51.100.2:0", "198.51.100.2:80-79", "198.51.100.2:1-256",
                            "198.51.100.2:65536", "198.51.100", "0.0.0.0", "y example", ".org", "y:80:90"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_remote(wrong).has_value());
  }
  CHECK_FALSE(parse_remote(std::string(256, 'a')).has_value());
  CHECK(parse_remote(std::string(255, 'a')).has_value());
}

TEST_CASE("wish: names of kinds and tunnels, both ways") {
  for (const Kind kind : {Kind::rsa_ip, Kind::rsap_ip, Kind::rsipsec, Kind::listen})
    CHECK(parse_kind(name(kind)) == kind);
  for (const TunnelType tunnel : {TunnelType::ip_ip, TunnelType::gre}) CHECK(parse_tunnel(name(tunnel)) == tunnel);
  CHECK_FALSE(parse_kind("RSA-IP").has_value());
  CHECK_FALSE(parse_tunnel("l2tp").has_value());
}

TEST_CASE("request: particular address and ports, remote host, tunnel, lease") {
  Wish wish = four_ports("198.51.100.2:80");
  wish.address = ip("198.51.100.1");
  wish.local_ports = {{Port{40000}, 3}, {Port{40009}, 1}};
  wish.tunnel = TunnelType::gre;
  wish.lease = LeaseTime(300);
  const auto asked = request<wire::AssignRequestRsapIp>(wish);
  CHECK(asked.client == client);
  CHECK(asked.local == wire::Address(ip("198.51.100.1")));
  CHECK(asked.local_ports == wire::Ports(std::vector{Port{40000}, Port{40001}, Port{40002}, Port{40009}}));
  CHECK(asked.remote == wire::Address(ip("198.51.100.2")));
  CHECK(asked.remote_ports == wire::Ports(Run<Port>{Port{80}, 1}));
  CHECK(asked.tunnel == TunnelType::gre);
  CHECK(asked.lease == LeaseTime(300));
}

TEST_CASE("request: LISTEN offers its tunnel in a list, RSA-IP has no local ports") {
  Wish server = four_ports("y.example.org");
  server.kind = Kind::listen;
  const auto listen = request<wire::ListenRequest>(server);
  CHECK(listen.tunnels == std::vector{TunnelType::ip_ip});
  CHECK(listen.remote == wire::Address(wire::Fqdn{"y.example.org"}));
  CHECK(std::holds_alternative<wire::AnyPorts>(listen.remote_ports));

  const auto whole = request<wire::AssignRequestRsaIp>({.kind = Kind::rsa_ip, .ports = 0, .spis = 0});
  CHECK(std::holds_alternative<wire::AnyAddress>(whole.local));
  CHECK(std::holds_alternative<wire::AnyAddress>(whole.remote));
  CHECK(whole.tunnel == TunnelType::ip_ip);
}

TEST_CASE("request: what was held before takes the place of what was wished for") {
  Grant old;
  old.address = ip("198.51.100.1");
  old.ports = {{Port{40004}, 4}};
  const auto again = request<wire::AssignRequestRsapIp>(four_ports("198.51.100.2"), &old);
  CHECK(again.local == wire::Address(ip("198.51.100.1")));
  CHECK(again.local_ports == wire::Ports(Run<Port>{Port{40004}, 4}));
  CHECK(again.remote == wire::Address(ip("198.51.100.2")));
}

TEST_CASE("request: a cookie prefix, any or the one held before") {
  Wish wish;
  CHECK(request<wire::AssignRequestRsipsec>(wish).vendor.empty());
  wish.cookie_prefix = true;
  CHECK(request<wire::AssignRequestRsipsec>(wish).vendor == std::vector{wire::cookie_prefix_wish()});
  Grant old;
  old.address = ip("198.51.100.1");
  old.spis = {{Spi{0x10000000}, 16}};
  old.ports = {{Port{40000}, 8}};
  old.cookie_prefix = CookiePrefix{0xa5c30000, 16};
  CHECK(request<wire::AssignRequestRsipsec>(wish, &old).vendor ==
        std::vector{wire::cookie_prefix_wish(*old.cookie_prefix)});
}

TEST_CASE("response: a cookie prefix only where one was asked for, and then it must be there") {
  auto granted = response<wire::AssignResponseRsipsec>();
  granted.spis = Run<Spi>{Spi{0x10000000}, 16};
  Wish wish{.ports = 4};
  wish.cookie_prefix = true;
  CHECK(why_not(granted, wish) == "no cookie prefix (--ike-port 500 does without)");
  granted.vendor = {{32473, 4, {16, 0, 0, 0, 0}}};
  CHECK(why_not(granted, wish) == "no cookie prefix (--ike-port 500 does without)");
  granted.vendor = {wire::cookie_prefix_grant({0xa5c30000, 16})};
  REQUIRE(understand(granted, wish).has_value());
  CHECK(understand(granted, wish)->cookie_prefix == CookiePrefix{0xa5c30000, 16});
  wish.cookie_prefix = false;
  CHECK_FALSE(understand(granted, wish)->cookie_prefix.has_value());
}

TEST_CASE("response: the remote parameters of every remote flow policy (RFC 3103 section 9.9.3)") {
  const Wish wish = four_ports("198.51.100.2:80");
  auto granted = response<wire::AssignResponseRsapIp>();
  SUBCASE("none: 'don't care'") {
    CHECK(understand(granted, wish)->remote == std::nullopt);
  }
  SUBCASE("none, in the form of zeros") {
    granted.remote = Ipv4{};
    CHECK(understand(granted, wish)->remote == std::nullopt);
  }
  SUBCASE("macro: the address") {
    granted.remote = ip("198.51.100.2");
    CHECK(understand(granted, wish)->remote == RemoteHost{ip("198.51.100.2"), std::nullopt});
  }
  SUBCASE("micro: address and ports") {
    granted.remote = ip("198.51.100.2");
    granted.remote_ports = Run<Port>{Port{80}, 1};
    CHECK(understand(granted, wish)->remote == wish.remote);
  }
  SUBCASE("another address") {
    granted.remote = ip("198.51.100.3");
    CHECK(why_not(granted, wish) == "another remote host than 198.51.100.2:80");
  }
  SUBCASE("other ports") {
    granted.remote = ip("198.51.100.2");
    granted.remote_ports = Run<Port>{Port{81}, 1};
    CHECK(why_not(granted, wish) == "other remote ports than those of 198.51.100.2:80");
  }
  SUBCASE("ports without an address") {
    granted.remote_ports = Run<Port>{Port{80}, 1};
    CHECK(why_not(granted, wish) == "another remote host than 198.51.100.2:80");
  }
  SUBCASE("ports that were not asked for") {
    granted.remote = ip("198.51.100.2");
    granted.remote_ports = Run<Port>{Port{80}, 1};
    CHECK(why_not(granted, four_ports("198.51.100.2")) == "other remote ports than those of 198.51.100.2");
  }
}

TEST_CASE("response: a name is answered with the same name") {
  auto granted = response<wire::AssignResponseRsapIp>();
  granted.remote = wire::Fqdn{"y.example.org"};
  CHECK(understand(granted, four_ports("y.example.org"))->remote == parse_remote("y.example.org"));
  CHECK(why_not(granted, four_ports("z.example.org")) == "another remote host than z.example.org");
}

TEST_CASE("response: what was asked for in particular must be what was granted") {
  Wish wish = four_ports();
  auto granted = response<wire::AssignResponseRsapIp>();
  SUBCASE("the address") {
    wish.address = ip("198.51.100.9");
    CHECK(why_not(granted, wish) == "another address than 198.51.100.9");
    wish.address = ip("198.51.100.1");
    CHECK(why_not(granted, wish).empty());
  }
  SUBCASE("the ports") {
    wish.local_ports = {{Port{40002}, 2}, {Port{41000}, 2}};
    CHECK(why_not(granted, wish) == "other ports than 41000-41001");
    granted.local_ports = std::vector{Port{41001}, Port{40003}, Port{40002}, Port{41000}};
    CHECK(understand(granted, wish)->ports == wish.local_ports);
  }
  SUBCASE("the tunnel") {
    wish.tunnel = TunnelType::gre;
    CHECK(why_not(granted, wish) == "a tunnel type other than gre");
    granted.tunnel = TunnelType::gre;
    CHECK(understand(granted, wish)->tunnel == TunnelType::gre);
  }
}

TEST_CASE("response: the kind must be the one that was asked for") {
  CHECK(understand(response<wire::AssignResponseRsaIp>(), {.kind = Kind::rsa_ip, .ports = 0, .spis = 0})->kind ==
        Kind::rsa_ip);
  CHECK(understand(response<wire::ListenResponse>(), {.kind = Kind::listen, .ports = 4, .spis = 0})->kind ==
        Kind::listen);
  CHECK(why_not(response<wire::ListenResponse>(), four_ports()) == "a lease of another kind than rsap-ip");
}

}  // namespace host_grant_test
