// SPDX-License-Identifier: GPL-2.0-or-later
// What becomes of a lease's elements in the kernel.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "realm.hpp"
#include "ruleset_view.hpp"
#include "steer/inspector.hpp"
#include "steer/ruleset.hpp"

namespace elements_test {

using namespace rsip;
using namespace rsip::test;
using namespace std::chrono_literals;

namespace {

const steer::Device tunnel{"rsip1", 7};
const steer::Device other_tunnel{"rsip2", 8};
const steer::Owner owner{ClientId{7}, BindId{3}, Ipv4{0x0a00000b}};
const steer::Owner other_owner{ClientId{8}, BindId{1}, Ipv4{0x0a00000c}};

/// The skeleton alone in a namespace, and a socket to put elements into it. Value 7 of a map is no device there.
class Tables {
 public:
  Tables() : inside_(space_) {
    const Result<void> loaded = steer::load(loadable_skeleton({"lo"}));
    REQUIRE_MESSAGE(loaded, loaded.error().text());
    Result<steer::Nft> opened = steer::Nft::open();
    REQUIRE(opened);
    nft_.emplace(std::move(*opened));
  }
  Result<void> commit(const steer::Transaction& transaction) { return nft_->commit(transaction); }

  Result<void> unload() { return nft_->delete_tables(); }

  Result<void> add(const steer::Elements& elements) {
    steer::Transaction transaction;
    transaction.add(elements);
    return commit(transaction);
  }
  Result<void> remove(const steer::Elements& elements) {
    steer::Transaction transaction;
    transaction.remove(elements);
    return commit(transaction);
  }

 private:
  Namespace space_;
  Inside inside_;
  std::optional<steer::Nft> nft_;
};

void check_ok(const Result<void>& result) {
  CHECK_MESSAGE(result, (result ? "" : result.error().text()));
}

/// 3 elements for each port.
steer::Elements ports(std::uint16_t first, std::uint16_t count, std::chrono::milliseconds timeout) {
  steer::Elements all;
  for (std::uint16_t i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(first + i);
    for (steer::Element& element : steer::port_elements(tunnel, gateway_public, Port{port}, owner, timeout)) {
      all.push_back(std::move(element));
    }
  }
  return all;
}

}  // namespace

TEST_CASE("elements: a port is two map entries and a permission, with lease and owner") {
  Tables tables;
  check_ok(tables.add(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h)));
  for (const char* set : {"netdev rsip port_in", "ip rsip port_in"}) {
    REQUIRE(elements_of(set).size() == 1);
    const SeenElement seen = elements_of(set).front();
    CHECK(seen.key.starts_with("198.51.100.1 . "));
    CHECK(seen.device == "7");
    CHECK(seen.timeout == 3600);
    CHECK(seen.expires > 3590);
    CHECK(seen.comment == "client 7 bind 3 10.0.0.11");
  }
  const SeenElement permission = element_of("ip rsip port_out", "rsip1 . 198.51.100.1 . 40000");
  CHECK(permission.timeout == 3600);
  CHECK(permission.comment == "client 7 bind 3 10.0.0.11");
}

TEST_CASE("elements: SPI, cookie and the permissions that bindings share") {
  Tables tables;
  check_ok(tables.add(steer::spi_elements(tunnel, gateway_public, Spi{0x10000010}, owner, 1h)));
  check_ok(tables.add(steer::cookie_elements(tunnel, gateway_public, Cookie{0x0123456789abcdef}, y_public, owner, 1h)));
  check_ok(tables.add(steer::ipsec_elements(tunnel, gateway_public, owner, 1h)));
  check_ok(tables.add(steer::echo_elements(tunnel, gateway_public, owner, 1h)));
  CHECK(element_of("netdev rsip spi_in", "198.51.100.1 . 268435472").device == "7");
  CHECK(element_of("ip rsip spi_in", "198.51.100.1 . 268435472").device == "7");
  CHECK(elements_of("netdev rsip cookie_in").size() == 1);
  CHECK(elements_of("ip rsip cookie_in").size() == 1);
  CHECK(elements_of("ip rsip cookie_out").size() == 1);
  CHECK(element_of("ip rsip ipsec_out", "rsip1 . 198.51.100.1").comment == "client 7 10.0.0.11");
  CHECK(element_of("ip rsip echo_out", "rsip1 . 198.51.100.1").comment == "client 7 10.0.0.11");
}

TEST_CASE("elements: a whole address is two map entries and a permission") {
  Tables tables;
  check_ok(tables.add(steer::address_elements(tunnel, x1_whole, owner, 1h)));
  for (const char* map : {"netdev rsip address_in", "ip rsip address_in"}) {
    const SeenElement seen = element_of(map, "198.51.100.9");
    CHECK(seen.device == "7");
    CHECK(seen.timeout == 3600);
    CHECK(seen.comment == "client 7 bind 3 10.0.0.11");
  }
  CHECK(element_of("ip rsip address_out", "rsip1 . 198.51.100.9").comment == "client 7 bind 3 10.0.0.11");
}

// The remote is 198.51.100.2: in halves 50739 and 25602. 2621440053 is the ports 40000 and 53 in one number.
TEST_CASE("elements: what is leased for one remote is legible, and on the slow path alone") {
  Tables tables;
  const std::optional<Remote> macro = Remote{y_public, std::nullopt};
  const std::optional<Remote> micro = Remote{y_public, Port{53}};
  for (const std::optional<Remote>& remote : {macro, micro}) {
    check_ok(tables.add(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h, remote)));
    check_ok(tables.add(steer::address_elements(tunnel, x1_whole, owner, 1h, remote)));
  }
  check_ok(tables.add(steer::spi_elements(tunnel, gateway_public, Spi{0x10000010}, owner, 1h, micro)));
  check_ok(tables.add(
      steer::cookie_elements(tunnel, gateway_public, Cookie{0x0123456789abcdef}, y_public, owner, 1h, micro)));
  check_ok(tables.add(steer::ipsec_elements(tunnel, gateway_public, owner, 1h, micro)));
  check_ok(tables.add(steer::echo_elements(tunnel, gateway_public, owner, 1h, micro)));

  struct Expected {
    const char* set;
    const char* key;
  };
  constexpr Expected maps[] = {
      {"port_in_macro", "198.51.100.1 . 40000 . 50739 . 25602"},
      {"port_in_micro", "198.51.100.1 . 40000 . 198.51.100.2 . 53"},
      {"quoted_in_micro", "198.51.100.1 . 50739 . 25602 . 2621440053"},
      {"spi_in_macro", "198.51.100.1 . 268435472 . 50739 . 25602"},
      {"cookie_in_macro", "198.51.100.1 . 81985529216486895 . 50739 . 25602"},
      {"address_in_macro", "198.51.100.9 . 50739 . 25602"},
      {"address_in_micro", "198.51.100.9 . 50739 . 25602 . 53"},
  };
  constexpr Expected sets[] = {
      {"port_out_macro", "rsip1 . 198.51.100.1 . 40000 . 198.51.100.2"},
      {"port_out_micro", "rsip1 . 198.51.100.1 . 40000 . 198.51.100.2 . 53"},
      {"ipsec_out_macro", "rsip1 . 198.51.100.1 . 198.51.100.2"},
      {"echo_out_macro", "rsip1 . 198.51.100.1 . 198.51.100.2"},
      {"cookie_out_macro", "rsip1 . 198.51.100.1 . 81985529216486895 . 198.51.100.2"},
      {"address_out_macro", "rsip1 . 198.51.100.9 . 198.51.100.2"},
      {"address_out_micro", "rsip1 . 198.51.100.9 . 198.51.100.2 . 53"},
  };
  const auto check = [](const Expected& expected, const char* device) {
    const std::vector<SeenElement> seen = elements_of(std::string("ip rsip ") + expected.set);
    REQUIRE(seen.size() == 1);
    CHECK(seen.front().key == std::string(expected.key));
    CHECK(seen.front().device == std::string(device));
    CHECK(seen.front().timeout == 3600);
    CHECK(seen.front().comment.starts_with("client 7 "));
  };
  for (const Expected& expected : maps) check(expected, "7");
  for (const Expected& expected : sets) check(expected, "");
  for (const char* map : {"port_in", "spi_in", "cookie_in", "address_in"}) {
    CHECK(elements_of(std::string("netdev rsip ") + map).empty());
    CHECK(elements_of(std::string("ip rsip ") + map).empty());
  }
}

TEST_CASE("elements: the kernel tells of each what was put in, and what is left of its time") {
  Tables tables;
  const Ipv4 peer = y_public;
  const std::optional<Remote> any;
  const std::optional<Remote> macro = Remote{peer, std::nullopt};
  const std::optional<Remote> micro = Remote{peer, Port{53}};
  steer::Elements all;
  const auto put = [&all](const steer::Elements& more) { all.insert(all.end(), more.begin(), more.end()); };
  for (const std::optional<Remote>& remote : {any, macro, micro}) {
    put(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h, remote));
    put(steer::address_elements(tunnel, x1_whole, owner, 1h, remote));
  }
  for (const std::optional<Remote>& remote : {any, macro}) {
    put(steer::spi_elements(tunnel, gateway_public, Spi{0x10000010}, owner, 1h, remote));
    put(steer::cookie_elements(tunnel, gateway_public, Cookie{0x0123456789abcdef}, peer, owner, 1h, remote));
    put(steer::prefix_elements(tunnel, gateway_public, {0xa5c30000, 16}, owner, 1h, remote));
    put(steer::ipsec_elements(tunnel, gateway_public, owner, 1h, remote));
    put(steer::echo_elements(tunnel, gateway_public, owner, 1h, remote));
    put(steer::listener_elements(tunnel, gateway_public, remote ? std::optional(peer) : std::nullopt, owner, 1h));
  }
  put(steer::peer_elements(tunnel, gateway_public, peer, owner, 1h));
  put(steer::sole_elements(tunnel, gateway_public, peer, owner, 1h));
  check_ok(tables.add(all));

  Result<steer::Inspector> inspector = steer::Inspector::open();
  REQUIRE(inspector);
  steer::Elements seen;
  Result<std::optional<steer::Elements>> some = inspector->next();
  for (; some && *some; some = inspector->next()) seen.insert(seen.end(), (*some)->begin(), (*some)->end());
  CHECK(some);
  CHECK(seen.size() == all.size());
  for (const steer::Element& element : all) {
    CAPTURE(to_string(element));
    const auto found = std::ranges::find_if(seen, [&](const auto& one) { return place_of(one) == place_of(element); });
    REQUIRE(found != seen.end());
    CHECK(found->device == element.device);
    CHECK(found->comment == element.comment);
    CHECK(found->timeout > 59min);
    CHECK(found->timeout <= 1h);
  }
}

TEST_CASE("elements: errors name them as people write them") {
  const std::optional<Remote> macro = Remote{y_public, std::nullopt};
  const std::optional<Remote> micro = Remote{y_public, Port{53}};
  const auto text = [](const steer::Elements& elements, std::size_t i) { return steer::to_string(elements.at(i)); };
  const steer::Elements port = steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h, micro);
  CHECK(text(port, 0) == "ip port_in_micro 198.51.100.1 . 40000 . 198.51.100.2 . 53");
  CHECK(text(port, 1) == "ip quoted_in_micro 198.51.100.1 . 198.51.100.2 . 40000 . 53");
  CHECK(text(port, 2) == "ip port_out_micro rsip1 . 198.51.100.1 . 40000 . 198.51.100.2 . 53");
  const steer::Elements spi = steer::spi_elements(tunnel, gateway_public, Spi{0x10000010}, owner, 1h, macro);
  CHECK(text(spi, 0) == "ip spi_in_macro 198.51.100.1 . 0x10000010 . 198.51.100.2");
  const steer::Elements cookie =
      steer::cookie_elements(tunnel, gateway_public, Cookie{0x123456789abcdef}, y_public, owner, 1h);
  CHECK(text(cookie, 0) == "netdev cookie_in 198.51.100.1 . 0x0123456789abcdef");
  const steer::Elements address = steer::address_elements(tunnel, x1_whole, owner, 1h, micro);
  CHECK(text(address, 0) == "ip address_in_micro 198.51.100.9 . 198.51.100.2 . 53");
  CHECK(text(address, 1) == "ip address_out_micro rsip1 . 198.51.100.9 . 198.51.100.2 . 53");
}

TEST_CASE("elements: a second owner of a key is refused, and nothing of that transaction happens") {
  Tables tables;
  check_ok(tables.add(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h)));
  steer::Transaction second;
  second.add(steer::port_elements(other_tunnel, gateway_public, Port{39999}, other_owner, 1h));
  second.add(steer::port_elements(other_tunnel, gateway_public, Port{40000}, other_owner, 1h));
  const Result<void> refused = tables.commit(second);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EEXIST);
  CHECK_MESSAGE(refused.error().what.find("198.51.100.1 . 40000 (client 8 bind 1 10.0.0.12)") != std::string::npos,
                refused.error().what);
  CHECK(elements_of("ip rsip port_in").size() == 1);
  CHECK(elements_of("ip rsip port_out").size() == 1);
  CHECK(elements_of("ip rsip port_in").front().device == "7");
}

TEST_CASE("elements: the same element twice is refused too") {
  Tables tables;
  const steer::Elements elements = steer::ipsec_elements(tunnel, gateway_public, owner, 1h);
  check_ok(tables.add(elements));
  const Result<void> refused = tables.add(elements);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EEXIST);
}

TEST_CASE("elements: replace renews a lease") {
  Tables tables;
  check_ok(tables.add(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 60s)));
  steer::Transaction renewal;
  renewal.replace(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 2h));
  check_ok(tables.commit(renewal));
  CHECK(elements_of("netdev rsip port_in").size() == 1);
  CHECK(elements_of("netdev rsip port_in").front().timeout == 7200);
  CHECK(element_of("ip rsip port_out", "rsip1 . 198.51.100.1 . 40000").expires > 7190);
}

TEST_CASE("elements: a key passes from one owner to the next in one transaction") {
  Tables tables;
  check_ok(tables.add(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h)));
  steer::Transaction change;
  change.add(steer::port_elements(other_tunnel, gateway_public, Port{40000}, other_owner, 1h));
  change.remove(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h));
  check_ok(tables.commit(change));
  REQUIRE(elements_of("ip rsip port_in").size() == 1);
  CHECK(elements_of("ip rsip port_in").front().device == "8");
  CHECK(elements_of("ip rsip port_out").front().key == "rsip2 . 198.51.100.1 . 40000");
}

TEST_CASE("elements: removal takes out what it names and no more") {
  Tables tables;
  check_ok(tables.add(ports(40000, 3, 1h)));
  check_ok(tables.remove(steer::port_elements(tunnel, gateway_public, Port{40001}, owner, 1h)));
  CHECK(elements_of("netdev rsip port_in").size() == 2);
  CHECK(element_of("ip rsip port_out", "rsip1 . 198.51.100.1 . 40001").key.empty());
  CHECK_FALSE(element_of("ip rsip port_out", "rsip1 . 198.51.100.1 . 40002").key.empty());
}

TEST_CASE("elements: removal of what is leased for one remote leaves nothing") {
  Tables tables;
  for (const std::optional<Port> port : {std::optional<Port>{}, std::optional(Port{53})}) {
    const std::optional<Remote> remote = Remote{y_public, port};
    for (const steer::Elements& elements :
         {steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h, remote),
          steer::address_elements(tunnel, x1_whole, owner, 1h, remote),
          steer::cookie_elements(tunnel, gateway_public, Cookie{1}, y_public, owner, 1h, remote)}) {
      check_ok(tables.add(elements));
      check_ok(tables.remove(elements));
      for (const steer::Element& element : elements) {
        CHECK(elements_of(std::string("ip rsip ") + element.set).empty());
      }
    }
  }
}

TEST_CASE("elements: the kernel ends a lease by itself, and the key is free for another") {
  Tables tables;
  check_ok(tables.add(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 2s)));
  CHECK(elements_of("netdev rsip port_in").size() == 1);
  std::this_thread::sleep_for(2100ms);
  CHECK(elements_of("netdev rsip port_in").empty());
  CHECK(elements_of("ip rsip port_in").empty());
  CHECK(elements_of("ip rsip port_out").empty());
  check_ok(tables.add(steer::port_elements(other_tunnel, gateway_public, Port{40000}, other_owner, 1h)));
  CHECK(elements_of("netdev rsip port_in").front().device == "8");
}

TEST_CASE("elements: what has timed out can be removed and replaced, beside what has not") {
  Tables tables;
  const steer::Elements gone = steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 200ms);
  const steer::Elements there = steer::port_elements(tunnel, gateway_public, Port{40001}, owner, 1h);
  const steer::Elements ended = steer::port_elements(tunnel, gateway_public, Port{40002}, owner, 200ms);
  const steer::Elements renewed = steer::port_elements(tunnel, gateway_public, Port{40002}, owner, 1h);
  for (const steer::Elements& elements : {gone, there, ended}) check_ok(tables.add(elements));
  std::this_thread::sleep_for(300ms);
  steer::Transaction mixed;
  mixed.remove(gone);
  mixed.remove(there);
  mixed.replace(renewed);
  check_ok(tables.commit(mixed));
  REQUIRE(elements_of("ip rsip port_out").size() == 1);
  CHECK(elements_of("ip rsip port_out").front().key == "rsip1 . 198.51.100.1 . 40002");
  CHECK(elements_of("netdev rsip port_in").size() == 1);
}

TEST_CASE("elements: a removal that names the wrong device is refused") {
  Tables tables;
  check_ok(tables.add(steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h)));
  steer::Element wrong = steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h).front();
  wrong.device = 99;
  steer::Transaction removal;
  removal.remove(wrong);
  removal.remove(steer::ipsec_elements(tunnel, gateway_public, owner, 1h));  // absent: makes the commit try again
  const Result<void> refused = tables.commit(removal);
  REQUIRE_FALSE(refused);
  // Linux 6.1 and 6.18 differ.
  CHECK((refused.error().code == EBUSY || refused.error().code == EEXIST));
  CHECK(elements_of("netdev rsip port_in").size() == 1);
}

TEST_CASE("elements: fifteen thousand in one transaction, in and out again") {
  Tables tables;
  constexpr std::uint16_t count = 5000;
  const auto start = std::chrono::steady_clock::now();
  check_ok(tables.add(ports(30000, count, 1h)));
  const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  MESSAGE("added in " << taken.count() << " ms");
  CHECK(elements_of("netdev rsip port_in").size() == count);
  CHECK(elements_of("ip rsip port_in").size() == count);
  CHECK(elements_of("ip rsip port_out").size() == count);

  steer::Elements again = ports(20000, 2000, 1h);
  const steer::Elements doubled = steer::port_elements(tunnel, gateway_public, Port{31234}, owner, 1h);
  again.insert(again.begin() + 3000, doubled.back());
  const Result<void> refused = tables.add(again);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == EEXIST);
  CHECK_MESSAGE(refused.error().what.starts_with("add ip port_out rsip1 . 198.51.100.1 . 31234"), refused.error().what);
  CHECK(elements_of("netdev rsip port_in").size() == count);

  check_ok(tables.remove(ports(30000, count, 1h)));
  CHECK(elements_of("netdev rsip port_in").empty());
  CHECK(elements_of("ip rsip port_out").empty());
}

TEST_CASE("elements: without the tables the error says so") {
  Tables tables;
  check_ok(tables.unload());
  const steer::Elements elements = steer::port_elements(tunnel, gateway_public, Port{40000}, owner, 1h);
  CHECK(tables.add(elements).error().code == ENOENT);
  CHECK(tables.remove(elements).error().code == ENOENT);
}

TEST_CASE("elements: an empty transaction asks nothing of the kernel") {
  Tables tables;
  check_ok(tables.unload());
  check_ok(tables.commit({}));
}

}  // namespace elements_test
