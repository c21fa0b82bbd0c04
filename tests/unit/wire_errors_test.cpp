// SPDX-License-Identifier: GPL-2.0-or-later
// Which error the decoder gives for which bytes, RFC 3103 appendix A.
#include <doctest/doctest.h>

#include "hex.hpp"
#include "wire/codec.hpp"
#include "wire_messages.hpp"

namespace wire_errors_test {

using namespace rsip;
using namespace rsip::wire;
using rsip::test::from_hex;

namespace {

struct Wrong {
  std::string_view what;
  ErrorCode expected;
  std::string_view bytes;
};

void check_all(const std::vector<Wrong>& table) {
  for (const Wrong& wrong : table) {
    CAPTURE(wrong.what);
    const auto decoded = decode(from_hex(wrong.bytes));
    REQUIRE_FALSE(decoded.has_value());
    CHECK(name(decoded.error().code) == name(wrong.expected));
  }
}

}  // namespace

TEST_CASE("headers") {
  check_all({
      {"nothing", ErrorCode::bad_message, ""},
      {"three bytes", ErrorCode::bad_message, "01 02 00"},
      {"three bytes of another version", ErrorCode::bad_message, "02 02 00"},
      {"version 0", ErrorCode::unsupported_rsip_version, "00 02 0004"},
      {"version 2", ErrorCode::unsupported_rsip_version, "02 02 0004"},
      {"version 2 with another length", ErrorCode::unsupported_rsip_version, "02 02 00ff"},
      {"overall length too small", ErrorCode::bad_message, "01 02 0004 0b 0004 00000007"},
      {"overall length too large", ErrorCode::bad_message, "01 02 000c 0b 0004 00000007"},
      {"overall length 0", ErrorCode::bad_message, "01 02 0000"},
      {"overall length wrong and type unknown", ErrorCode::bad_message, "01 63 0005"},
      {"type 0", ErrorCode::illegal_message, "01 00 0004"},
      {"type 18", ErrorCode::illegal_message, "01 12 0004"},
      {"type 21", ErrorCode::illegal_message, "01 15 0004"},
      {"type 24", ErrorCode::illegal_message, "01 18 0004"},
      {"type 255 with a broken parameter", ErrorCode::illegal_message, "01 ff 0005 0b"},
  });
}

TEST_CASE("parameters that run past the end") {
  check_all({
      {"a type only", ErrorCode::bad_message, "01 02 0005 0b"},
      {"half a length", ErrorCode::bad_message, "01 02 0006 0b 00"},
      {"no value", ErrorCode::bad_message, "01 02 0007 0b 0004"},
      {"a value cut short", ErrorCode::bad_message, "01 02 000a 0b 0004 000000"},
      {"after an unknown parameter", ErrorCode::bad_message, "01 02 000a 63 0000 0b 0004"},
      {"after a malformed parameter", ErrorCode::bad_message, "01 02 000b 0b 0001 07 0b 0004"},
      {"an unknown parameter", ErrorCode::bad_message, "01 02 0007 63 ffff"},
  });
}

TEST_CASE("unknown parameters") {
  check_all({
      {"type 0", ErrorCode::illegal_param, "01 02 0007 00 0000"},
      {"type 13", ErrorCode::illegal_param, "01 02 0007 0d 0000"},
      {"type 21", ErrorCode::illegal_param, "01 02 0008 15 0001 00"},
      {"type 23 among good ones", ErrorCode::illegal_param, "01 04 0015 04 0004 01020304 17 0000 0b 0004 00000007"},
      {"after a malformed one", ErrorCode::illegal_param, "01 02 000b 0b 0001 07 ff 0000"},
      {"before a missing one", ErrorCode::illegal_param, "01 04 0007 63 0000"},
  });
}

TEST_CASE("extra parameters") {
  check_all({
      {"bind ID to register", ErrorCode::extra_param, "01 02 000b 05 0004 00000001"},
      {"bind ID to de-register", ErrorCode::extra_param, "01 04 0012 04 0004 00000001 05 0004 00000001"},
      {"indicator, of any value, to free", ErrorCode::extra_param,
       "01 0c 0017 04 0004 00000001 05 0004 00000001 0a 0002 0063"},
      {"SPI to RSAP-IP", ErrorCode::extra_param,
       "01 08 0020 04 0004 00000001 01 0001 01 02 0001 01 01 0001 01 02 0001 01 16 0002 0001"},
      {"an error in a response", ErrorCode::extra_param, "01 0d 0017 04 0004 00000001 05 0004 00000001 08 0002 0065"},
      {"twice", ErrorCode::extra_param, "01 02 0012 05 0004 00000001 05 0004 00000001"},
      {"rather than missing", ErrorCode::extra_param, "01 04 000b 05 0004 00000001"},
      {"rather than duplicate", ErrorCode::extra_param, "01 02 0016 0b 0004 00000001 0b 0004 00000001 06 0001 01"},
  });
}

TEST_CASE("duplicate parameters") {
  check_all({
      {"two counters", ErrorCode::duplicate_param, "01 02 0012 0b 0004 00000001 0b 0004 00000001"},
      {"two client IDs", ErrorCode::duplicate_param, "01 04 0012 04 0004 00000001 04 0004 00000001"},
      {"rather than missing", ErrorCode::duplicate_param, "01 0c 0012 04 0004 00000001 04 0004 00000001"},
      {"three addresses to RSAP-IP", ErrorCode::duplicate_param,
       "01 08 001f 04 0004 00000001 01 0001 01 02 0001 01 01 0001 01 02 0001 01 01 0001 01"},
      {"four addresses from RSIPSEC", ErrorCode::duplicate_param,
       "01 17 0038 04 0004 00000001 05 0004 00000001 01 0001 01 02 0000 01 0001 01 02 0000 16 0002 0001"
       "03 0004 00000e10 06 0001 01 01 0001 01 01 0001 01"},
      {"two tunnel types to RSAP-IP", ErrorCode::duplicate_param,
       "01 08 0023 04 0004 00000001 01 0001 01 02 0001 01 01 0001 01 02 0001 01 06 0001 01 06 0001 02"},
      {"two leases to extend", ErrorCode::duplicate_param,
       "01 0a 0020 04 0004 00000001 05 0004 00000001 03 0004 00000001 03 0004 00000001"},
      {"two flow policies", ErrorCode::duplicate_param,
       "01 03 001c 04 0004 00000001 03 0004 00000001 09 0002 0101 09 0002 0101"},
  });
}

TEST_CASE("missing parameters") {
  check_all({
      {"de-register without anything", ErrorCode::missing_param, "01 04 0004"},
      {"de-register with a counter only", ErrorCode::missing_param, "01 04 000b 0b 0004 00000007"},
      {"free without bind ID", ErrorCode::missing_param, "01 0c 000b 04 0004 00000001"},
      {"an error without its number", ErrorCode::missing_param, "01 01 000b 04 0004 00000001"},
      {"RSAP-IP without remote ports", ErrorCode::missing_param,
       "01 08 0017 04 0004 00000001 01 0001 01 02 0001 01 01 0001 01"},
      {"RSIPSEC without SPI", ErrorCode::missing_param,
       "01 16 0019 04 0004 00000001 01 0001 01 02 0000 01 0001 01 02 0000"},
      {"RSA-IP with one address", ErrorCode::missing_param, "01 06 0013 04 0004 00000001 01 0001 01 02 0001 01"},
      {"rather than out of order", ErrorCode::missing_param, "01 08 0013 01 0001 01 02 0001 01 04 0004 00000001"},
  });
}

TEST_CASE("required parameters out of order") {
  check_all({
      {"bind ID before client ID", ErrorCode::bad_message, "01 0c 0012 05 0004 00000001 04 0004 00000001"},
      {"counter before client ID", ErrorCode::bad_message, "01 04 0012 0b 0004 00000007 04 0004 00000001"},
      {"vendor between required ones", ErrorCode::bad_message,
       "01 0c 0019 04 0004 00000001 0c 0004 0001 0001 05 0004 00000001"},
      {"both addresses before the ports", ErrorCode::bad_message,
       "01 08 001b 04 0004 00000001 01 0001 01 01 0001 01 02 0001 01 02 0001 01"},
      {"lease before tunnel type in a LISTEN_RESPONSE", ErrorCode::bad_message,
       "01 11 002d 04 0004 00000001 05 0004 00000001 01 0001 01 02 0001 01 01 0001 01 02 0001 01"
       "03 0004 00000e10 06 0001 01"},
      {"tunnel type before lease in an ASSIGN_RESPONSE", ErrorCode::bad_message,
       "01 09 002d 04 0004 00000001 05 0004 00000001 01 0001 01 02 0001 01 01 0001 01 02 0001 01"
       "06 0001 01 03 0004 00000e10"},
  });
}

TEST_CASE("no proper part of a message is a message") {
  for (const test::Sample& sample : test::samples()) {
    CAPTURE(sample.name);
    const std::vector<std::uint8_t> whole = from_hex(sample.bytes);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto decoded = decode(std::span(whole).first(size));
      REQUIRE_FALSE(decoded.has_value());
      CHECK(decoded.error().code == ErrorCode::bad_message);
    }
  }
}

TEST_CASE("an error carries the counter and client ID that could be read") {
  struct Case {
    std::string_view what, bytes;
    std::optional<Counter> counter;
    std::optional<ClientId> client;
  };
  const Counter seven{7};
  const ClientId two{2};
  const std::vector<Case> cases{
      {"nothing there", "01 04 0004", {}, {}},
      {"unknown message", "01 63 0012 04 0004 00000002 0b 0004 00000007", seven, two},
      {"another version", "02 04 0012 04 0004 00000002 0b 0004 00000007", seven, two},
      {"wrong overall length", "01 04 0100 04 0004 00000002 0b 0004 00000007", seven, two},
      {"unknown parameter first", "01 04 0015 63 0000 04 0004 00000002 0b 0004 00000007", seven, two},
      {"malformed bind ID between", "01 0c 0016 04 0004 00000002 05 0001 01 0b 0004 00000007", seven, two},
      {"client ID malformed", "01 04 000f 04 0001 02 0b 0004 00000007", seven, {}},
      {"counter runs past the end", "01 04 0012 04 0004 00000002 0b 0005 00000007", {}, two},
      {"first one of two", "01 04 0019 04 0004 00000002 0b 0004 00000007 0b 0004 00000008", seven, two},
      {"missing bind ID", "01 0c 0012 04 0004 00000002 0b 0004 00000007", seven, two},
  };
  for (const Case& one : cases) {
    CAPTURE(one.what);
    const auto decoded = decode(from_hex(one.bytes));
    REQUIRE_FALSE(decoded.has_value());
    CHECK(decoded.error().counter == one.counter);
    CHECK(decoded.error().client == one.client);
  }
}

}  // namespace wire_errors_test
