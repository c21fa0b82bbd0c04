// SPDX-License-Identifier: GPL-2.0-or-later
#include <doctest/doctest.h>

#include "gateway/tunnels.hpp"
#include "memory_kernel.hpp"

namespace gateway_tunnels_test {

using namespace rsip;

namespace {

constexpr Ipv4 na{0x0a000001};
constexpr Ipv4 other_na{0x0a000002};
constexpr Ipv4 x1{0x0a00000b};
constexpr Ipv4 x2{0x0a00000c};
constexpr TunnelType ip_ip = TunnelType::ip_ip;

}  // namespace

TEST_CASE("tunnels: one that is idle is taken back, if our end is the same") {
  test::MemoryKernel kernel;
  gateway::Tunnels tunnels(kernel);
  const std::uint32_t index = tunnels.obtain(ClientId{1}, x1, ip_ip, na).value()->device.index;
  tunnels.retire(x1, ip_ip);
  CHECK(tunnels.find(x1, ip_ip) == nullptr);
  CHECK(tunnels.find(index) == nullptr);
  CHECK(tunnels.has_idle());

  CHECK(tunnels.obtain(ClientId{2}, x1, ip_ip, na).value()->device.index == index);
  CHECK(tunnels.find(index) != nullptr);
  CHECK_FALSE(tunnels.has_idle());

  tunnels.retire(x1, ip_ip);
  CHECK(tunnels.obtain(ClientId{3}, x1, ip_ip, other_na).value()->device.index != index);
  CHECK(kernel.tunnels.size() == 1);
  CHECK(kernel.tunnels.begin()->second.gateway == other_na);
  CHECK_FALSE(tunnels.has_idle());
}

TEST_CASE("tunnels: idle ones are removed one at a time, the longest idle first") {
  test::MemoryKernel kernel;
  gateway::Tunnels tunnels(kernel);
  for (const Ipv4 host : {x1, x2}) REQUIRE(tunnels.obtain(ClientId{1}, host, ip_ip, na));
  tunnels.retire(x2, ip_ip);
  tunnels.retire(x1, ip_ip);
  tunnels.remove_idle();
  REQUIRE(kernel.tunnels.size() == 1);
  CHECK(kernel.tunnels.begin()->second.host == x1);
  tunnels.remove_idle();
  CHECK(kernel.tunnels.empty());
  CHECK_FALSE(tunnels.has_idle());
}

}  // namespace gateway_tunnels_test
