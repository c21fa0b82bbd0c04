// SPDX-License-Identifier: GPL-2.0-or-later
// Keys as text and in files.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "auth/key.hpp"
#include "auth/key_file.hpp"
#include "hex.hpp"

namespace auth_key_test {

using namespace rsip;
using namespace rsip::auth;

namespace {

/// A file of its own, gone with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view text, mode_t mode = 0600) {
    const int descriptor = ::mkstemp(path_.data());
    REQUIRE(descriptor >= 0);
    REQUIRE(::fchmod(descriptor, mode) == 0);
    ::close(descriptor);
    std::ofstream(path_) << text;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/rsip-auth-key-XXXXXX";
};

std::string hex_of(std::string_view text) {
  const std::optional<Key> key = parse_key(text);
  return key ? test::to_hex(key->bytes) : "none";
}

std::string table_error(std::string_view text) {
  const TemporaryFile file(text);
  const Result<KeyTable> table = read_key_table(file.path());
  return table ? "none" : table.error().text().substr(file.path().size() + 1);
}

}  // namespace

TEST_CASE("a key is hexadecimal, Base64 or text, of 16 bytes at least") {
  CHECK(hex_of("0x000102030405060708090a0b0c0d0e0f") == "000102030405060708090a0b0c0d0e0f");
  CHECK(hex_of("0x000102030405060708090A0B0C0D0E0F10") == "000102030405060708090a0b0c0d0e0f10");
  CHECK(hex_of("0sAAECAwQFBgcICQoLDA0ODw==") == "000102030405060708090a0b0c0d0e0f");
  CHECK(hex_of("sixteen bytes ok") == "7369787465656e206279746573206f6b");
  CHECK(hex_of("0x000102030405060708090a0b0c0d0e") == "none");     // 15 bytes
  CHECK(hex_of("0x000102030405060708090a0b0c0d0e0f1") == "none");  // half a byte
  CHECK(hex_of("0x000102030405060708090a0b0c0d0e0g") == "none");
  CHECK(hex_of("0sAAECAwQFBgcICQoLDA0ODw") == "none");  // not padded
  CHECK(hex_of("0sAAECAwQFBgcICQoLDA0ODw==x") == "none");
  CHECK(hex_of("fifteen bytes!!") == "none");
  CHECK(hex_of("0x") == "none");
  CHECK(hex_of("0s") == "none");
  CHECK(hex_of("") == "none");
}

TEST_CASE("the key of the longest prefix is a host's") {
  KeyTable table;
  const Key wide{std::vector<std::uint8_t>(16, 1)};
  const Key narrow{std::vector<std::uint8_t>(16, 2)};
  const Key host{std::vector<std::uint8_t>(16, 3)};
  CHECK(table.find(Ipv4{0x0a000001}) == nullptr);
  CHECK(table.add(*parse_prefix("10.0.0.0/8"), wide));
  CHECK(table.add(*parse_prefix("10.0.8.0/24"), narrow));
  CHECK(table.add(*parse_prefix("10.0.8.7"), host));
  CHECK_FALSE(table.add(*parse_prefix("10.0.8.7/32"), wide));
  CHECK(*table.find(Ipv4{0x0a000807}) == host);
  CHECK(*table.find(Ipv4{0x0a000808}) == narrow);
  CHECK(*table.find(Ipv4{0x0a000907}) == wide);
  CHECK(table.find(Ipv4{0x0b000001}) == nullptr);
  CHECK(table.add(Prefix{{}, 0}, narrow));
  CHECK(*table.find(Ipv4{0x0b000001}) == narrow);
}

TEST_CASE("a gateway's file: lines of prefix and key") {
  const TemporaryFile file(
      "# hosts\n\n10.0.0.11\t0x000102030405060708090a0b0c0d0e0f\r\n"
      "  10.0.8.0/24   a key with # and blanks  \n10.0.9.0/24 0sAAECAwQFBgcICQoLDA0ODw==");
  const Result<KeyTable> table = read_key_table(file.path());
  REQUIRE_MESSAGE(table, table.error().text());
  CHECK(*table->find(Ipv4{0x0a00000b}) == *parse_key("0x000102030405060708090a0b0c0d0e0f"));
  CHECK(*table->find(Ipv4{0x0a000801}) == *parse_key("a key with # and blanks"));
  CHECK(*table->find(Ipv4{0x0a000901}) == *table->find(Ipv4{0x0a00000b}));
  CHECK(table->find(Ipv4{0x0a00000c}) == nullptr);
}

TEST_CASE("a gateway's file: what is wrong is said with its line, never with the key") {
  CHECK(table_error("10.0.0.300 0x000102030405060708090a0b0c0d0e0f\n") ==
        "line 1: does not begin with an IPv4 prefix such as 10.0.0.0/8, its host bits zero");
  CHECK(table_error("\n10.0.0.1/8 0x000102030405060708090a0b0c0d0e0f\n").starts_with("line 2: does not begin"));
  const std::string short_key = table_error("10.0.0.1 sesame\n");
  CHECK(short_key.starts_with("line 1: no key of at least 16 bytes"));
  CHECK(short_key.find("sesame") == std::string::npos);
  CHECK(table_error("10.0.0.1\n").starts_with("line 1: no key"));
  CHECK(table_error("10.0.0.1 sixteen bytes ok\n10.0.0.1/32 sixteen bytes too\n") ==
        "line 2: 10.0.0.1/32 has a key already");
  CHECK(table_error("# nothing\n") == "has no key in it");
}

TEST_CASE("a host's file: one key") {
  CHECK(*read_key(TemporaryFile("# x1\nsixteen bytes ok\n").path()) == *parse_key("sixteen bytes ok"));
  const TemporaryFile two("sixteen bytes ok\nsixteen bytes too\n");
  CHECK(read_key(two.path()).error().text() == two.path() + " line 2: a second key; a host has one");
  CHECK_FALSE(read_key(TemporaryFile("short\n").path()));
  CHECK_FALSE(read_key(TemporaryFile("").path()));
}

TEST_CASE("a file with keys is its owner's alone") {
  for (const mode_t mode : {0640, 0604, 0602, 0660, 0610}) {
    const TemporaryFile file("sixteen bytes ok\n", mode);
    const Result<Key> key = read_key(file.path());
    REQUIRE_FALSE(key);
    CHECK(key.error().text() ==
          file.path() + " holds keys and others than its owner have access to it; chmod 600 " + file.path());
  }
  CHECK(read_key(TemporaryFile("sixteen bytes ok\n", 0400).path()));
  CHECK(read_key("/nonexistent").error().code == ENOENT);
  CHECK_FALSE(read_key_table("/"));
}

}  // namespace auth_key_test
