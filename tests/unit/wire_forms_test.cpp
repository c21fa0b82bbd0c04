// SPDX-License-Identifier: GPL-2.0-or-later
// Every form a parameter's value can take, and those it cannot: RFC 3103 section 8, RFC 3104 section 6.2.
#include <doctest/doctest.h>

#include "hex.hpp"
#include "wire/codec.hpp"

namespace wire_forms_test {

using namespace rsip;
using namespace rsip::wire;
using rsip::test::from_hex;
using rsip::test::to_hex;

namespace {

/// A whole message: the header with the right length, and these parameters.
std::vector<std::uint8_t> message(MessageType type, std::string_view parameters) {
  std::vector<std::uint8_t> bytes{rsip_version, static_cast<std::uint8_t>(type), 0, 0};
  const std::vector<std::uint8_t> rest = from_hex(parameters);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  bytes[2] = static_cast<std::uint8_t>(bytes.size() >> 8);
  bytes[3] = static_cast<std::uint8_t>(bytes.size() & 0xff);
  return bytes;
}

const std::string client = "04 0004 00000001";
const std::string any = "01 0001 01";
const std::string no_ports = "02 0000";

template <typename M>
tl::expected<M, ErrorCode> decoded_as(std::string_view parameters) {
  const auto decoded = decode(message(M::type, parameters));
  if (!decoded) return tl::unexpected(decoded.error().code);
  return std::get<M>(*decoded);
}

/// The remote address of a LISTEN_REQUEST that has this one.
tl::expected<Address, ErrorCode> address(const std::string& parameter) {
  return decoded_as<ListenRequest>(client + any + "02 0001 01" + parameter + "02 0001 01")
      .map([](const ListenRequest& request) { return request.remote; });
}

/// The local ports of a LISTEN_REQUEST that has these.
tl::expected<Ports, ErrorCode> ports(const std::string& parameter) {
  return decoded_as<ListenRequest>(client + any + parameter + any + "02 0001 01").map([](const ListenRequest& request) {
    return request.local_ports;
  });
}

tl::expected<Spis, ErrorCode> spis(const std::string& parameter) {
  return decoded_as<AssignRequestRsipsec>(client + any + no_ports + any + no_ports + parameter)
      .map([](const AssignRequestRsipsec& request) { return request.spis; });
}

template <typename T>
struct Form {
  std::string bytes;
  std::optional<T> value;  ///< nothing: BAD_PARAM
};

template <typename T, typename Decode>
void check_forms(const std::vector<Form<T>>& forms, const Decode& decode_one) {
  for (const Form<T>& form : forms) {
    CAPTURE(form.bytes);
    const tl::expected<T, ErrorCode> decoded = decode_one(form.bytes);
    REQUIRE(decoded.has_value() == form.value.has_value());
    if (form.value) {
      CHECK(*decoded == *form.value);
    } else {
      CHECK(name(decoded.error()) == "BAD_PARAM");
    }
  }
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string whole;
  for (std::size_t i = 0; i < times; ++i) whole += text;
  return whole;
}

}  // namespace

TEST_CASE("address") {
  const Ipv6 six{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}};
  check_forms<Address>(
      {
          {"01 0001 00", AnyAddress{}},
          {"01 0001 01", AnyAddress{}},
          {"01 0001 02", AnyAddress{}},
          {"01 0001 03", AnyAddress{}},
          {"01 0001 04", AnyAddress{}},
          {"01 0001 05", {}},
          {"01 0001 ff", {}},
          {"01 0000", {}},
          {"01 0005 01 c0000201", Ipv4{0xc0000201}},
          {"01 0005 01 00000000", AnyAddress{}},  // section 9.8.3, "a value of all 0's"
          {"01 0004 01 c00002", {}},
          {"01 0006 01 c000020100", {}},
          {"01 0005 00 c0000201", {}},
          {"01 0005 05 c0000201", {}},
          {"01 0005 02 ffffff00", Ipv4Netmask{Ipv4{0xffffff00}}},
          {"01 0003 02 ffff", {}},
          {"01 0011 03 20010db8000000000000000000000007", six},
          {"01 0011 03 00000000000000000000000000000000", AnyAddress{}},
          {"01 0010 03 20010db80000000000000000000000", {}},
          {"01 0012 03 20010db800000000000000000000000700", {}},
          {"01 0002 04 79", Fqdn{"y"}},
          {"01 000a 04 792e6578616d706c65", Fqdn{"y.example"}},
          {"01 0003 04 79 00", {}},  // "no terminating character"
          {"01 0003 04 79 20", {}},
          {"01 0003 04 79 7f", {}},
          {"01 0003 04 c3 a9", {}},
          {"01 0100 04" + repeat("79", 255), Fqdn{std::string(255, 'y')}},
          {"01 0101 04" + repeat("79", 256), {}},
      },
      address);
}

TEST_CASE("an address of zeros is 'don't care' only where a message requires an address") {
  const auto response = decoded_as<ListenResponse>("04 0004 00000001 05 0004 00000002" + any + "02 0001 01" + any +
                                                   "02 0001 01 06 0001 01 03 0004 00000e10 01 0005 01 00000000");
  REQUIRE(response.has_value());
  CHECK(response->tunnel_endpoint == Address{Ipv4{}});
}

TEST_CASE("ports") {
  check_forms<Ports>(
      {
          {"02 0001 01", AnyPorts{1}},
          {"02 0001 ff", AnyPorts{255}},
          {"02 0001 00", {}},
          {"02 0000", {}},  // 'don't need' is RFC 3104's
          {"02 0003 01 0050", Run<Port>{Port{80}, 1}},
          {"02 0003 10 4e20", Run<Port>{Port{20000}, 16}},
          {"02 0003 01 ffff", Run<Port>{Port{65535}, 1}},
          {"02 0003 02 ffff", {}},
          {"02 0003 ff ff01", Run<Port>{Port{65281}, 255}},
          {"02 0003 ff ff02", {}},
          {"02 0003 00 0050", {}},
          {"02 0003 00 0000", AnyPorts{1}},  // section 9.8.3, "a value of all 0's"
          {"02 0003 01 0000", AnyPorts{1}},
          {"02 0003 04 0000", AnyPorts{4}},
          {"02 0005 02 0000 0000", AnyPorts{2}},
          {"02 0005 02 01bb 0050", std::vector{Port{443}, Port{80}}},
          {"02 0007 03 0050 0051 0052", std::vector{Port{80}, Port{81}, Port{82}}},
          {"02 0005 02 0050 0050", {}},
          {"02 0007 03 0050 01bb 0050", {}},
          {"02 0005 02 0000 0050", {}},
          {"02 0005 03 0050 01bb", {}},
          {"02 0005 01 0050 01bb", {}},
          {"02 0005 00 0050 01bb", {}},
          {"02 0005 00 0000 0000", {}},
          {"02 0002 01 00", {}},
          {"02 0004 01 0050 01", {}},
          {"02 0201 00" + repeat("0050", 256), {}},  // 256 ports do not fit the number field
      },
      ports);
}

TEST_CASE("'don't need' ports are for the RSIPSEC messages only") {
  CHECK(decoded_as<AssignRequestRsapIp>(client + any + no_ports + any + "02 0001 01").error() == ErrorCode::bad_param);
  CHECK(decoded_as<AssignRequestRsapIp>(client + any + "02 0001 01" + any + no_ports).error() == ErrorCode::bad_param);
  CHECK(decoded_as<AssignRequestRsaIp>(client + any + any + no_ports).error() == ErrorCode::bad_param);
  CHECK(decoded_as<ListenRequest>(client + any + no_ports + any + "02 0001 01").error() == ErrorCode::bad_param);
  CHECK(decoded_as<RegisterRequest>(no_ports).error() == ErrorCode::bad_param);

  const auto request = decoded_as<AssignRequestRsipsec>(client + any + no_ports + any + "02 0001 02 16 0002 0001");
  REQUIRE(request.has_value());
  CHECK(request->local_ports == Ports{NoPorts{}});
  CHECK(request->remote_ports == Ports{AnyPorts{2}});

  const auto response =
      decoded_as<AssignResponseRsipsec>(client + "05 0004 00000002 01 0005 01 c0000201 02 0003 01 4e20" + any +
                                        no_ports + "16 0006 0001 10000000 03 0004 00000e10 06 0001 01");
  REQUIRE(response.has_value());
  CHECK(response->local_ports == Ports{Run<Port>{Port{20000}, 1}});
  CHECK(response->remote_ports == Ports{NoPorts{}});
}

TEST_CASE("SPIs") {
  check_forms<Spis>(
      {
          {"16 0002 0001", AnySpis{1}},
          {"16 0002 ffff", AnySpis{65535}},
          {"16 0002 0000", {}},
          {"16 0000", {}},
          {"16 0001 01", {}},
          {"16 0006 0001 10000000", Run<Spi>{Spi{0x10000000}, 1}},
          {"16 0006 0010 10000000", Run<Spi>{Spi{0x10000000}, 16}},
          {"16 0006 0001 ffffffff", Run<Spi>{Spi{0xffffffff}, 1}},
          {"16 0006 0002 ffffffff", {}},
          {"16 0006 ffff ffff0001", Run<Spi>{Spi{0xffff0001}, 65535}},
          {"16 0006 ffff ffff0002", {}},
          {"16 0006 0000 10000000", {}},
          {"16 0006 0000 00000000", AnySpis{1}},
          {"16 0006 0003 00000000", AnySpis{3}},
          {"16 000a 0002 1fffffff 10000000", std::vector{Spi{0x1fffffff}, Spi{0x10000000}}},
          {"16 000a 0002 10000000 10000000", {}},
          {"16 000a 0002 00000000 10000000", {}},
          {"16 000a 0003 10000000 10000001", {}},
          {"16 000a 0001 10000000 10000001", {}},
          {"16 0003 0001 10", {}},
          {"16 0007 0001 10000000 00", {}},
      },
      spis);
}

TEST_CASE("parameters of a fixed length take no other") {
  const auto is_bad = [](auto decoded) { return !decoded && decoded.error() == ErrorCode::bad_param; };
  CHECK(is_bad(decoded_as<DeregisterRequest>("04 0003 000001")));
  CHECK(is_bad(decoded_as<DeregisterRequest>("04 0005 0000000100")));
  CHECK(is_bad(decoded_as<DeregisterRequest>("04 0000")));
  CHECK(is_bad(decoded_as<FreeRequest>(client + "05 0003 000001")));
  CHECK(is_bad(decoded_as<FreeRequest>(client + "05 0005 0000000100")));
  CHECK(is_bad(decoded_as<ExtendRequest>(client + "05 0004 00000001 03 0003 000001")));
  CHECK(is_bad(decoded_as<ExtendRequest>(client + "05 0004 00000001 03 0005 0000000100")));
  CHECK(is_bad(decoded_as<RegisterRequest>("0b 0003 000001")));
  CHECK(is_bad(decoded_as<RegisterRequest>("0b 0005 0000000100")));
  CHECK(is_bad(decoded_as<ErrorResponse>("08 0001 01")));
  CHECK(is_bad(decoded_as<ErrorResponse>("08 0003 006500")));
  CHECK(is_bad(decoded_as<RegisterResponse>(client + "03 0004 00000e10 09 0002 0103 06 0000")));
  CHECK(is_bad(decoded_as<RegisterResponse>(client + "03 0004 00000e10 09 0002 0103 06 0002 0101")));
  CHECK(is_bad(decoded_as<RegisterResponse>(client + "03 0004 00000e10 09 0002 0103 07 0000")));
  CHECK(is_bad(decoded_as<RegisterResponse>(client + "03 0004 00000e10 09 0002 0103 07 0002 0101")));
  CHECK(is_bad(decoded_as<RegisterResponse>(client + "03 0004 00000e10 09 0001 01")));
  CHECK(is_bad(decoded_as<RegisterResponse>(client + "03 0004 00000e10 09 0003 010300")));
  CHECK(is_bad(decoded_as<RegisterRequest>("0c 0003 000100")));
  CHECK(is_bad(decoded_as<QueryRequest>(client + "0a 0000 01 0001 01")));
  CHECK(is_bad(decoded_as<QueryRequest>(client + "0a 0003 000001 01 0001 01")));
}

TEST_CASE("flow policies: reserved values are refused") {
  for (unsigned local = 0; local <= 4; ++local) {
    for (unsigned remote = 0; remote <= 5; ++remote) {
      CAPTURE(local);
      CAPTURE(remote);
      const std::vector<std::uint8_t> pair{static_cast<std::uint8_t>(local), static_cast<std::uint8_t>(remote)};
      const auto decoded = decoded_as<RegisterResponse>(client + "03 0004 00000e10 09 0002 " + to_hex(pair));
      const bool defined = local >= 1 && local <= 2 && remote >= 1 && remote <= 3;
      REQUIRE(decoded.has_value() == defined);
      if (defined) {
        CHECK(decoded->policy == FlowPolicy{LocalPolicy{pair[0]}, RemotePolicy{pair[1]}});
      } else {
        CHECK(decoded.error() == ErrorCode::bad_param);
      }
    }
  }
}

TEST_CASE("tunnel types, methods and errors that no RFC defines are kept") {
  const auto decoded =
      decoded_as<RegisterResponse>(client + "03 0004 00000e10 09 0002 0201 06 0001 00 07 0001 fe 06 0001 09");
  REQUIRE(decoded.has_value());
  CHECK(decoded->tunnels == std::vector{TunnelType{0}, TunnelType{9}});
  CHECK(decoded->methods == std::vector{Method{254}});
  const auto error = decoded_as<ErrorResponse>("08 0002 ffff");
  REQUIRE(error.has_value());
  CHECK(error->error == ErrorCode{0xffff});
}

}  // namespace wire_forms_test
