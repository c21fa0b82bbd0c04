// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's security associations, asked about and listened to. Skipped where the kernel has no IPsec.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "namespace.hpp"
#include "skip.hpp"
#include "xfrm/database.hpp"
#include "xfrm/monitor.hpp"

namespace xfrm_test {

using namespace rsip;
using namespace rsip::test;
using xfrm::Association;
using xfrm::Protocol;

namespace {

constexpr Ipv4 nb{0xc6336401};
constexpr Ipv4 y{0xc6336402};

netlink::Bytes bytes_of(const void* data, std::size_t size) {
  return {static_cast<const std::uint8_t*>(data), size};
}

/// A kernel's algorithm with a key behind it.
template <typename Algorithm>
std::vector<std::uint8_t> algorithm(std::string_view name, std::uint32_t key_bytes, std::uint32_t truncated = 0) {
  Algorithm head{};
  std::ranges::copy(name, head.alg_name);
  head.alg_key_len = key_bytes * 8;
  if constexpr (requires { head.alg_trunc_len; }) head.alg_trunc_len = truncated;
  std::vector<std::uint8_t> whole(sizeof(head) + key_bytes, 7);
  std::memcpy(whole.data(), &head, sizeof(head));
  return whole;
}

/// A host with IPsec, in a namespace of its own.
struct Ipsec {
  Ipsec() {
    Result<std::optional<xfrm::Database>> opened = xfrm::Database::open();
    REQUIRE(opened);
    database = std::move(*opened);
    Result<std::optional<xfrm::Monitor>> listening = xfrm::Monitor::open();
    REQUIRE(listening);
    monitor = std::move(*listening);
    CHECK(database.has_value() == monitor.has_value());
    if (!database) return;
    Result<netlink::Socket> raw = netlink::Socket::open(NETLINK_XFRM);
    REQUIRE(raw);
    socket.emplace(std::move(*raw));
  }

  /// As an IKE daemon does.
  void add(const Association& association) {
    const Result<void> done = try_add(association);
    REQUIRE_MESSAGE(done, done.error().text());
  }
  Result<void> try_add(const Association& association) {
    netlink::Message message(XFRM_MSG_NEWSA, NLM_F_CREATE | NLM_F_EXCL);
    auto& info = message.header<xfrm_usersa_info>();
    info.id.daddr.a4 = htonl(association.id.destination.value);
    info.id.spi = htonl(number(association.id.spi));
    info.id.proto = static_cast<std::uint8_t>(association.id.protocol);
    info.saddr.a4 = htonl(association.source.value);
    info.family = AF_INET;
    info.mode = XFRM_MODE_TRANSPORT;
    info.lft.soft_byte_limit = info.lft.hard_byte_limit = XFRM_INF;
    info.lft.soft_packet_limit = info.lft.hard_packet_limit = XFRM_INF;
    const auto auth = algorithm<xfrm_algo_auth>("hmac(sha256)", 32, 128);
    message.put_bytes(XFRMA_ALG_AUTH_TRUNC, auth);
    const auto crypt = algorithm<xfrm_algo>("cbc(aes)", 16);
    if (association.id.protocol == Protocol::esp) message.put_bytes(XFRMA_ALG_CRYPT, crypt);
    const xfrm_mark mark{association.mark.value, association.mark.mask};
    if (association.mark != xfrm::Mark{}) message.put_bytes(XFRMA_MARK, bytes_of(&mark, sizeof(mark)));
    return socket->request(message, "add an SA");
  }

  /// As an IKE daemon does before it proposes an SPI.
  void reserve(const Association& association) {
    netlink::Message message(XFRM_MSG_ALLOCSPI, 0);
    auto& range = message.header<xfrm_userspi_info>();
    range.info.id.daddr.a4 = htonl(association.id.destination.value);
    range.info.id.proto = static_cast<std::uint8_t>(association.id.protocol);
    range.info.saddr.a4 = htonl(association.source.value);
    range.info.family = AF_INET;
    range.min = range.max = number(association.id.spi);
    const Result<void> done = socket->request(message, "reserve an SPI");
    REQUIRE_MESSAGE(done, done.error().text());
  }

  void remove(const xfrm::SaId& id) {
    netlink::Message message(XFRM_MSG_DELSA, 0);
    auto& wire = message.header<xfrm_usersa_id>();
    wire.daddr.a4 = htonl(id.destination.value);
    wire.spi = htonl(number(id.spi));
    wire.family = AF_INET;
    wire.proto = static_cast<std::uint8_t>(id.protocol);
    REQUIRE(socket->request(message, "delete an SA"));
  }

  void flush(std::uint8_t protocol) {
    netlink::Message message(XFRM_MSG_FLUSHSA, 0);
    message.header<xfrm_usersa_flush>().proto = protocol;
    REQUIRE(socket->request(message, "flush SAs"));
  }

  std::vector<xfrm::Event> events() {
    Result<std::vector<xfrm::Event>> happened = monitor->events();
    REQUIRE_MESSAGE(happened, happened.error().text());
    return *happened;
  }

  bool has(const xfrm::SaId& id) {
    const Result<bool> there = database->has(id);
    REQUIRE_MESSAGE(there, there.error().text());
    return *there;
  }

  std::vector<Association> all() {
    Result<std::vector<Association>> listed = database->all();
    REQUIRE_MESSAGE(listed, listed.error().text());
    std::ranges::sort(*listed);
    return *listed;
  }

  Namespace space;
  Inside inside{space};
  std::optional<xfrm::Database> database;
  std::optional<xfrm::Monitor> monitor;
  std::optional<netlink::Socket> socket;
};

Association sa(std::uint32_t spi, Protocol protocol = Protocol::esp, xfrm::Mark mark = {}) {
  return {{nb, Spi{spi}, protocol}, y, mark};
}

/// What the running kernel lacks of IPsec; empty where it has all.
std::string_view missing() {
  static const std::string_view found = []() -> std::string_view {
    Ipsec ipsec;
    if (!ipsec.database) return "the kernel has no IPsec (NETLINK_XFRM)";
    const bool esp_and_ah = ipsec.try_add(sa(0x1000)) && ipsec.try_add(sa(0x1000, Protocol::ah));
    return esp_and_ah ? "" : "the kernel has no ESP and AH";
  }();
  return found;
}

/// Whether the test has to be skipped; says so.
bool lacks(std::string_view test) {
  if (!missing().empty()) skip(test, missing());
  return !missing().empty();
}

template <typename Kind>
const Kind& only(const std::vector<xfrm::Event>& events) {
  REQUIRE(events.size() == 1);
  REQUIRE(std::holds_alternative<Kind>(events.front()));
  return std::get<Kind>(events.front());
}

}  // namespace

TEST_CASE("xfrm: an SA is found by destination, SPI and protocol, and so is a reserved SPI") {
  if (lacks("xfrm: an SA is found")) return;
  Ipsec ipsec;
  const Association esp = sa(0xc0000001);
  CHECK_FALSE(ipsec.has(esp.id));
  ipsec.add(esp);
  CHECK(ipsec.has(esp.id));
  CHECK_FALSE(ipsec.has({nb, esp.id.spi, Protocol::ah}));
  CHECK_FALSE(ipsec.has({y, esp.id.spi, Protocol::esp}));
  CHECK_FALSE(ipsec.has({nb, Spi{0xc0000002}, Protocol::esp}));
  const Association reserved = sa(0xc0000003, Protocol::ah);
  ipsec.reserve(reserved);
  CHECK(ipsec.has(reserved.id));
  CHECK(ipsec.all() == std::vector{esp, reserved});
}

TEST_CASE("xfrm: what becomes of SAs is told in order") {
  if (lacks("xfrm: what becomes of SAs")) return;
  Ipsec ipsec;
  CHECK(ipsec.events().empty());
  ipsec.add(sa(0xc0000001));
  CHECK(only<xfrm::Appeared>(ipsec.events()).association == sa(0xc0000001));
  ipsec.add(sa(0xc0000002, Protocol::ah));
  ipsec.remove(sa(0xc0000001).id);
  const std::vector<xfrm::Event> two = ipsec.events();
  REQUIRE(two.size() == 2);
  REQUIRE(std::holds_alternative<xfrm::Appeared>(two[0]));
  CHECK(std::get<xfrm::Appeared>(two[0]).association == sa(0xc0000002, Protocol::ah));
  REQUIRE(std::holds_alternative<xfrm::Gone>(two[1]));
  CHECK(std::get<xfrm::Gone>(two[1]).id == sa(0xc0000001).id);
  ipsec.flush(51);
  CHECK(only<xfrm::Flushed>(ipsec.events()).protocol == Protocol::ah);
  ipsec.add(sa(0xc0000003));
  CHECK(ipsec.events().size() == 1);
  ipsec.flush(0);
  CHECK_FALSE(only<xfrm::Flushed>(ipsec.events()).protocol);
}

TEST_CASE("xfrm: an SA that is ended is gone, and its IKE daemon hears it as the end of its lifetime") {
  if (lacks("xfrm: an SA that is ended")) return;
  Ipsec ipsec;
  const Association marked = sa(0xc0000001, Protocol::esp, {42, 0xff});
  ipsec.add(marked);
  CHECK(only<xfrm::Appeared>(ipsec.events()).association == marked);
  REQUIRE(ipsec.database->expire(marked));
  CHECK(ipsec.all().empty());
  const std::vector<xfrm::Event> told = ipsec.events();
  CHECK(std::ranges::any_of(told, [&marked](const xfrm::Event& event) {
    const auto* gone = std::get_if<xfrm::Gone>(&event);
    return gone != nullptr && gone->id == marked.id;
  }));

  ipsec.reserve(sa(0xc0000002));
  REQUIRE(ipsec.database->expire(sa(0xc0000002)));
  CHECK(ipsec.all().empty());
  CHECK(ipsec.database->expire(sa(0xc0000002)));  // gone already
}

TEST_CASE("xfrm: other namespaces are not heard") {
  if (lacks("xfrm: other namespaces")) return;
  Ipsec ipsec;
  {
    Ipsec other;
    other.add(sa(0xc0000001));
    CHECK(other.events().size() == 1);
  }
  CHECK(ipsec.events().empty());
  CHECK(ipsec.all().empty());
}

TEST_CASE("xfrm: more than is received in time is said to be missed") {
  if (lacks("xfrm: more than is received in time")) return;
  Ipsec ipsec;
  const int tiny = 1;
  REQUIRE(::setsockopt(ipsec.monitor->descriptor(), SOL_SOCKET, SO_RCVBUFFORCE, &tiny, sizeof(tiny)) == 0);
  for (std::uint32_t i = 1; i <= 64; ++i) ipsec.add(sa(0xc0000000 + i));
  const std::vector<xfrm::Event> told = ipsec.events();
  CHECK(told.size() < 64);
  CHECK(std::ranges::any_of(told, [](const xfrm::Event& each) { return std::holds_alternative<xfrm::Missed>(each); }));
  CHECK(ipsec.all().size() == 64);
}

}  // namespace xfrm_test
