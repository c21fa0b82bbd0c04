// SPDX-License-Identifier: GPL-2.0-or-later
// The rules as single commands.
#include <doctest/doctest.h>

#include "steer/flat.hpp"
#include "steer/skeleton.hpp"

namespace steer_flat_test {

using namespace rsip;

TEST_CASE("flat: what rules refer to comes before them, and no table's flags are set") {
  constexpr std::string_view text = R"(define devices = { "wan" }
# about
table ip rsip
delete table ip rsip
table ip rsip {
	counter denied { comment "dropped"; }
	# about the set
	set own {
		typeof ip saddr
		elements = { 192.0.2.1 }
	}
	chain first {
		comment "begins"
		type filter hook prerouting priority raw; policy accept;
		goto second
	}
	chain second {
		ip saddr @own counter name denied drop comment "ends"
	}
}
)";
  CHECK(steer::commands_of(text, "other") == R"(define devices = { "wan" }
add counter ip other denied { comment "dropped"; }
add set ip other own {
		typeof ip saddr
		elements = { 192.0.2.1 }
	}
add chain ip other first {
		comment "begins"
		type filter hook prerouting priority raw; policy accept;
	}
add chain ip other second {
	}
add rule ip other first goto second
add rule ip other second ip saddr @own counter name denied drop comment "ends"
)");
}

TEST_CASE("flat: without a public interface the skeleton has no hook at ingress") {
  steer::SkeletonOptions options;
  options.private_devices = {"lan"};
  options.pool = {Ipv4{0xc6336401}};
  CHECK(steer::commands_of(steer::skeleton_text(options)).find("hook ingress") == std::string::npos);
  options.public_devices = {"wan"};
  CHECK(steer::commands_of(steer::skeleton_text(options))
            .find("type filter hook ingress devices = { \"wan\" } priority 0;") != std::string::npos);
}

}  // namespace steer_flat_test
