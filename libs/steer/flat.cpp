// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/flat.hpp"

#include <sstream>

namespace rsip::steer {
namespace {

/// Reads the text line by line: its rules have a line each.
class Flattening {
 public:
  explicit Flattening(std::string_view table) : table_(table) {}

  void read(const std::string& line) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    std::string third;
    words >> first >> second >> third;
    if (first.empty() || first.starts_with('#')) return;
    if (block_ != Block::none) return read_in_block(first, line);
    if (first == "define") definitions_ += line + '\n';
    if (first == "table") place_ = second + ' ' + table_ + ' ';
    if (third != "{") return;
    if (first == "counter") objects_ += "add counter " + place_ + line.substr(line.find(second)) + '\n';
    if (first == "map" || first == "set" || first == "chain") {
      block_ = first == "chain" ? Block::chain : Block::set;
      chain_ = second;
      objects_.append("add ").append(first) += ' ' + place_ + second + " {\n";
    }
  }

  /// A rule may lead to a chain that comes later.
  std::string text() const { return definitions_ + objects_ + rules_; }

 private:
  enum class Block { none, set, chain };

  void read_in_block(const std::string& first, const std::string& line) {
    if (first == "}") block_ = Block::none;
    if (block_ == Block::chain && first != "comment" && first != "type") {
      rules_ += "add rule " + place_ + chain_ + ' ' + line.substr(line.find(first)) + '\n';
    } else {
      objects_ += line + '\n';
    }
  }

  std::string table_;
  std::string place_;  ///< "ip rsip "
  Block block_ = Block::none;
  std::string chain_;
  std::string definitions_;
  std::string objects_;
  std::string rules_;
};

}  // namespace

std::string commands_of(std::string_view skeleton, std::string_view table) {
  Flattening flattening(table);
  std::istringstream lines{std::string(skeleton)};
  for (std::string line; std::getline(lines, line);) flattening.read(line);
  return flattening.text();
}

}  // namespace rsip::steer
