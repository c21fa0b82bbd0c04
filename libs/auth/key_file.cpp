// SPDX-License-Identifier: GPL-2.0-or-later
#include "auth/key_file.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

namespace rsip::auth {

namespace {

constexpr std::string_view blanks = " \t\r";

struct Line {
  std::size_t number = 0;
  std::string text;  ///< neither empty nor a comment, without blanks around
};

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

class File {
 public:
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<std::string> read_secret(const std::string& path) {
  if (::sodium_init() < 0) return failure(0, "start libsodium");  // who has a key from a file is going to use it
  const File file(path);
  struct stat status {};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &status) != 0) return failure(errno, "read " + path);
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return failure(0, path + " holds keys and others than its owner have access to it", "chmod 600 " + path);
  }
  std::string text;
  std::array<char, 4096> part{};
  while (true) {
    const ssize_t size = ::read(file.descriptor(), part.data(), part.size());
    if (size < 0) return failure(errno, "read " + path);
    if (size == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(size));
  }
}

Result<std::vector<Line>> read_lines(const std::string& path) {
  const Result<std::string> text = read_secret(path);
  if (!text) return tl::unexpected(text.error());
  std::vector<Line> lines;
  std::string_view rest = *text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = trim(rest.substr(0, end));
    if (!line.empty() && !line.starts_with('#')) lines.push_back({number, std::string(line)});
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return lines;
}

// The line itself is not shown: it holds a secret.
tl::unexpected<Error> wrong(const std::string& path, const Line& line, std::string_view what, std::string remedy = {}) {
  return failure(0, path + " line " + std::to_string(line.number) + ": " + std::string(what), std::move(remedy));
}

tl::unexpected<Error> no_key(const std::string& path, const Line& line) {
  return wrong(path, line, "no key of at least 16 bytes, as 0x and hexadecimal, 0s and Base64, or text",
               "echo 0x$(openssl rand -hex 32) makes one");
}

}  // namespace

Result<KeyTable> read_key_table(const std::string& path) {
  const Result<std::vector<Line>> lines = read_lines(path);
  if (!lines) return tl::unexpected(lines.error());
  KeyTable keys;
  for (const Line& line : *lines) {
    const std::string_view text = line.text;
    const std::size_t blank = std::min(text.find_first_of(blanks), text.size());
    const std::optional<Prefix> hosts = parse_prefix(text.substr(0, blank));
    if (!hosts) return wrong(path, line, "does not begin with an IPv4 prefix such as 10.0.0.0/8, its host bits zero");
    std::optional<Key> key = parse_key(trim(text.substr(blank)));
    if (!key) return no_key(path, line);
    if (!keys.add(*hosts, *std::move(key))) return wrong(path, line, to_string(*hosts) + " has a key already");
  }
  if (keys.empty()) return failure(0, path + " has no key in it");
  return keys;
}

Result<Key> read_key(const std::string& path) {
  const Result<std::vector<Line>> lines = read_lines(path);
  if (!lines) return tl::unexpected(lines.error());
  if (lines->empty()) return failure(0, path + " has no key in it");
  if (lines->size() > 1) return wrong(path, lines->at(1), "a second key; a host has one");
  std::optional<Key> key = parse_key(lines->front().text);
  if (!key) return no_key(path, lines->front());
  return *std::move(key);
}

}  // namespace rsip::auth
