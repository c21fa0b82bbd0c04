// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include "types/ids.hpp"
#include "types/ipv4.hpp"
#include "types/result.hpp"

namespace types_test {

using namespace rsip;

TEST_CASE("an IPv4 address is a dotted quad and nothing else") {
  CHECK(parse_ipv4("10.0.0.1") == Ipv4{0x0a000001});
  CHECK(parse_ipv4("0.0.0.0") == Ipv4{0});
  CHECK(parse_ipv4("255.255.255.255") == Ipv4{0xffffffff});
  for (const char* wrong : {"", "10.0.0", "10.0.0.1.2", "10.0.0.256", "10.0.0.-1", "10.0.0.1 ", " 10.0.0.1", "10.0.0.x",
                            "0x0a.0.0.1", "10.0.0.01x", "::1", "host", "10.0.0.1/32"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_ipv4(wrong).has_value());
  }
  CHECK(to_string(Ipv4{0xc0000201}) == "192.0.2.1");
}

TEST_CASE("a prefix has a length of 0 to 32 and no host bits") {
  CHECK(parse_prefix("10.0.0.0/8") == Prefix{Ipv4{0x0a000000}, 8});
  CHECK(parse_prefix("10.0.0.1") == Prefix{Ipv4{0x0a000001}, 32});
  CHECK(parse_prefix("10.0.0.1/32") == Prefix{Ipv4{0x0a000001}, 32});
  CHECK(parse_prefix("0.0.0.0/0") == Prefix{Ipv4{0}, 0});
  CHECK(parse_prefix("10.0.0.254/31") == Prefix{Ipv4{0x0a0000fe}, 31});
  for (const char* wrong : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/256", "10.0.0.0/", "10.0.0.0/ 8", "10.0.0.0/+8",
                            "10.0.0.0/8 ", "10.0.0.0/-1", "10.0.0.0/8/8", "/8", "", "1.0.0.0/0", "10.0.0.255/31"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_prefix(wrong).has_value());
  }
  CHECK(to_string(Prefix{Ipv4{0x0a000000}, 8}) == "10.0.0.0/8");
}

TEST_CASE("what a prefix contains") {
  const Prefix ten{Ipv4{0x0a000000}, 8};
  CHECK(ten.contains(Ipv4{0x0a000000}));
  CHECK(ten.contains(Ipv4{0x0affffff}));
  CHECK_FALSE(ten.contains(Ipv4{0x0b000000}));
  CHECK_FALSE(ten.contains(Ipv4{0x09ffffff}));
  CHECK(Prefix{Ipv4{0}, 0}.contains(Ipv4{0xffffffff}));
  CHECK(Prefix{Ipv4{7}, 32}.contains(Ipv4{7}));
  CHECK_FALSE(Prefix{Ipv4{7}, 32}.contains(Ipv4{6}));
}

TEST_CASE("runs include both ends, up to the highest number there is") {
  const Run<Port> ports{Port{20000}, 16};
  CHECK(ports.last() == Port{20015});
  CHECK(ports.contains(Port{20000}));
  CHECK(ports.contains(Port{20015}));
  CHECK_FALSE(ports.contains(Port{19999}));
  CHECK_FALSE(ports.contains(Port{20016}));

  const Run<Port> top{Port{65535}, 1};
  CHECK(top.last() == Port{65535});
  CHECK(top.contains(Port{65535}));
  CHECK_FALSE(top.contains(Port{0}));
  CHECK(Run<Port>{Port{0}, 65536}.last() == Port{65535});

  const Run<Spi> spis{Spi{0xfffffff0}, 16};
  CHECK(spis.last() == Spi{0xffffffff});
  CHECK(spis.contains(Spi{0xfffffff0}));
  CHECK_FALSE(spis.contains(Spi{0xffffffef}));
}

TEST_CASE("an error reads as one line") {
  CHECK(Error{ENOENT, "open /x", ""}.text() == "open /x: No such file or directory");
  CHECK(Error{ENOTSUP, "add device rsip3", "modprobe ipip"}.text() ==
        "add device rsip3: Operation not supported; modprobe ipip");
  CHECK(Error{0, "no pool", ""}.text() == "no pool");
  const Result<int> failed = failure(EBUSY, "bind");
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().code == EBUSY);
}

TEST_CASE("an address ends where its text does") {
  CHECK_FALSE(rsip::parse_ipv4(std::string_view("10.0.0.1\0x", 10)));
}

}  // namespace types_test
