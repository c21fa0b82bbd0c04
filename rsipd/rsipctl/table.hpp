// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace rsip::ctl {

/// Prints rows below each other as they come, so that a long list need not be held.
class Table {
 public:
  struct Column {
    const char* title;
    int width;  ///< what is longer moves the rest of its row; 0: the last column
    bool right = false;
  };
  Table(std::ostream& out, std::vector<Column> columns);

  void row(const std::vector<std::string>& cells);

 private:
  std::ostream& out_;
  std::vector<Column> columns_;
};

}  // namespace rsip::ctl
