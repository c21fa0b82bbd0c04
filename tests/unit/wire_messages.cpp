// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire_messages.hpp"

namespace rsip::test {

using namespace rsip::wire;

namespace {

// Addresses of RFC 5737 and 3849: 192.0.2.1 shared by the gateway, 198.51.100.7 and 2001:db8::7 of peers.
constexpr Ipv4 shared{0xc0000201};
constexpr Ipv4 peer{0xc6336407};
constexpr Ipv4 endpoint{0x0a000001};
constexpr Ipv4 net10{0x0a000000};
constexpr Ipv4Netmask mask8{Ipv4{0xff000000}};
const Ipv6 peer6{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}};
constexpr ClientId client{0x01020304};
constexpr BindId bind{0x0a0b0c0d};
constexpr Counter counter{7};
constexpr LeaseTime hour{3600};

/// The members that every message has.
Common counted(std::vector<Vendor> vendor = {}) {
  return Common{counter, std::move(vendor)};
}

std::vector<Sample> error_and_registration() {
  return {
      {"error-bare", ErrorResponse{{}, ErrorCode::register_first, {}, {}},
       "01 01 0009"
       "08 0002 012d"},
      {"error-full", ErrorResponse{counted(), ErrorCode::bad_bind_id, client, bind},
       "01 01 001e"
       "08 0002 0132"
       "0b 0004 00000007"
       "04 0004 01020304"
       "05 0004 0a0b0c0d"},
      {"error-spi-inuse", ErrorResponse{counted(), ErrorCode::ipsec_spi_inuse, client, {}},
       "01 01 0017"
       "08 0002 0193"
       "0b 0004 00000007"
       "04 0004 01020304"},
      {"register-request-bare", RegisterRequest{}, "01 02 0004"},
      {"register-request", RegisterRequest{counted()},
       "01 02 000b"
       "0b 0004 00000007"},
      {"register-response",
       RegisterResponse{counted(),
                        client,
                        hour,
                        {LocalPolicy::macro, RemotePolicy::none},
                        {Method::rsap_ip, Method::rsipsec},
                        {TunnelType::ip_ip, TunnelType::gre}},
       "01 03 002e"
       "04 0004 01020304"
       "03 0004 00000e10"
       "09 0002 01 03"
       "0b 0004 00000007"
       "07 0001 02"
       "07 0001 03"
       "06 0001 01"
       "06 0001 02"},
      {"deregister-request", DeregisterRequest{counted(), client},
       "01 04 0012"
       "04 0004 01020304"
       "0b 0004 00000007"},
      {"deregister-response-vendor", DeregisterResponse{counted({{0x1234, 5, {0xaa, 0xbb}}, {9, 0, {}}}), client},
       "01 05 0022"
       "04 0004 01020304"
       "0b 0004 00000007"
       "0c 0006 1234 0005 aabb"
       "0c 0004 0009 0000"},
  };
}

std::vector<Sample> assignments() {
  return {
      {"assign-request-rsa-ip",
       AssignRequestRsaIp{counted(), client, AnyAddress{}, peer6, AnyPorts{1}, hour, TunnelType::gre},
       "01 06 0039"
       "04 0004 01020304"
       "01 0001 01"
       "01 0011 03 20010db8000000000000000000000007"
       "02 0001 01"
       "0b 0004 00000007"
       "03 0004 00000e10"
       "06 0001 02"},
      {"assign-response-rsa-ip",
       AssignResponseRsaIp{counted(), client, bind, shared, AnyAddress{}, AnyPorts{1}, hour, TunnelType::ip_ip,
                           Address{endpoint}},
       "01 07 003c"
       "04 0004 01020304"
       "05 0004 0a0b0c0d"
       "01 0005 01 c0000201"
       "01 0001 01"
       "02 0001 01"
       "03 0004 00000e10"
       "06 0001 01"
       "01 0005 01 0a000001"
       "0b 0004 00000007"},
      {"assign-request-rsap-ip",
       AssignRequestRsapIp{counted(), client, shared, Run<Port>{Port{20000}, 16}, Fqdn{"y.example"},
                           std::vector{Port{80}, Port{443}}, hour, TunnelType::l2tp},
       "01 08 0040"
       "04 0004 01020304"
       "01 0005 01 c0000201"
       "02 0003 10 4e20"
       "01 000a 04 79 2e 65 78 61 6d 70 6c 65"
       "02 0005 02 0050 01bb"
       "0b 0004 00000007"
       "03 0004 00000e10"
       "06 0001 03"},
      {"assign-response-rsap-ip",
       AssignResponseRsapIp{
           counted(), client, bind, shared, Run<Port>{Port{20000}, 1}, peer, AnyPorts{4}, hour, TunnelType::ip_ip, {}},
       "01 09 003e"
       "04 0004 01020304"
       "05 0004 0a0b0c0d"
       "01 0005 01 c0000201"
       "02 0003 01 4e20"
       "01 0005 01 c6336407"
       "02 0001 04"
       "03 0004 00000e10"
       "06 0001 01"
       "0b 0004 00000007"},
      {"assign-request-rsipsec",
       AssignRequestRsipsec{counted(), client, AnyAddress{}, NoPorts{}, AnyAddress{}, NoPorts{}, AnySpis{16}, {}, {}},
       "01 16 0025"
       "04 0004 01020304"
       "01 0001 01"
       "02 0000"
       "01 0001 01"
       "02 0000"
       "16 0002 0010"
       "0b 0004 00000007"},
      {"assign-request-rsipsec-list",
       AssignRequestRsipsec{counted(), client, shared, AnyPorts{2}, peer, NoPorts{},
                            std::vector{Spi{0x10000001}, Spi{0x1fffffff}}, hour, TunnelType::ip_ip},
       "01 16 0041"
       "04 0004 01020304"
       "01 0005 01 c0000201"
       "02 0001 02"
       "01 0005 01 c6336407"
       "02 0000"
       "16 000a 0002 10000001 1fffffff"
       "0b 0004 00000007"
       "03 0004 00000e10"
       "06 0001 01"},
      {"assign-response-rsipsec",
       AssignResponseRsipsec{counted(), client, bind, shared, Run<Port>{Port{20000}, 4}, AnyAddress{}, NoPorts{},
                             Run<Spi>{Spi{0x10000000}, 16}, hour, TunnelType::ip_ip, Address{endpoint}},
       "01 17 004a"
       "04 0004 01020304"
       "05 0004 0a0b0c0d"
       "01 0005 01 c0000201"
       "02 0003 04 4e20"
       "01 0001 01"
       "02 0000"
       "16 0006 0010 10000000"
       "03 0004 00000e10"
       "06 0001 01"
       "01 0005 01 0a000001"
       "0b 0004 00000007"},
  };
}

std::vector<Sample> leases() {
  return {
      {"extend-request", ExtendRequest{counted(), client, bind, hour},
       "01 0a 0020"
       "04 0004 01020304"
       "05 0004 0a0b0c0d"
       "03 0004 00000e10"
       "0b 0004 00000007"},
      {"extend-response", ExtendResponse{counted(), client, bind, hour},
       "01 0b 0020"
       "04 0004 01020304"
       "05 0004 0a0b0c0d"
       "03 0004 00000e10"
       "0b 0004 00000007"},
      {"free-request", FreeRequest{counted(), client, bind},
       "01 0c 0019"
       "04 0004 01020304"
       "05 0004 0a0b0c0d"
       "0b 0004 00000007"},
      {"free-response-bare", FreeResponse{{}, client, bind},
       "01 0d 0012"
       "04 0004 01020304"
       "05 0004 0a0b0c0d"},
  };
}

std::vector<Sample> queries_and_listeners() {
  return {
      {"query-request",
       QueryRequest{counted(), client, {{false, Fqdn{"y.example"}, {}}, {false, net10, Address{mask8}}}},
       "01 0e 0039"
       "04 0004 01020304"
       "0b 0004 00000007"
       "0a 0002 0001"
       "01 000a 04 79 2e 65 78 61 6d 70 6c 65"
       "0a 0002 0002"
       "01 0005 01 0a000000"
       "01 0005 02 ff000000"},
      {"query-response",
       QueryResponse{counted(),
                     client,
                     {{false, endpoint, {}},
                      {false, net10, Address{mask8}},
                      {true, peer, {}},
                      {true, Ipv4{}, Address{Ipv4Netmask{}}}}},
       "01 0f 0056"
       "04 0004 01020304"
       "0b 0004 00000007"
       "0a 0002 0001"
       "01 0005 01 0a000001"
       "0a 0002 0002"
       "01 0005 01 0a000000"
       "01 0005 02 ff000000"
       "0a 0002 0003"
       "01 0005 01 c6336407"
       "0a 0002 0004"
       "01 0005 01 00000000"
       "01 0005 02 00000000"},
      {"listen-request",
       ListenRequest{counted(),
                     client,
                     shared,
                     Run<Port>{Port{80}, 1},
                     AnyAddress{},
                     AnyPorts{1},
                     hour,
                     {TunnelType::ip_ip, TunnelType::gre}},
       "01 10 0037"
       "04 0004 01020304"
       "01 0005 01 c0000201"
       "02 0003 01 0050"
       "01 0001 01"
       "02 0001 01"
       "0b 0004 00000007"
       "03 0004 00000e10"
       "06 0001 01"
       "06 0001 02"},
      // RFC 3103 section 9.17.2 prints the tunnel type before the lease time, unlike the ASSIGN_RESPONSEs.
      {"listen-response",
       ListenResponse{counted(), client, bind, shared, Run<Port>{Port{80}, 1}, AnyAddress{}, AnyPorts{1},
                      TunnelType::gre, hour, Address{endpoint}},
       "01 11 0042"
       "04 0004 01020304"
       "05 0004 0a0b0c0d"
       "01 0005 01 c0000201"
       "02 0003 01 0050"
       "01 0001 01"
       "02 0001 01"
       "06 0001 02"
       "03 0004 00000e10"
       "01 0005 01 0a000001"
       "0b 0004 00000007"},
  };
}

std::vector<Sample> all() {
  std::vector<Sample> whole;
  for (auto* part : {error_and_registration, assignments, leases, queries_and_listeners}) {
    for (Sample& sample : part()) whole.push_back(std::move(sample));
  }
  return whole;
}

}  // namespace

const std::vector<Sample>& samples() {
  static const std::vector<Sample> whole = all();
  return whole;
}

}  // namespace rsip::test
