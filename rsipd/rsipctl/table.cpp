// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/table.hpp"

#include <iomanip>
#include <ostream>
#include <utility>

namespace rsip::ctl {

Table::Table(std::ostream& out, std::vector<Column> columns) : out_(out), columns_(std::move(columns)) {
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.emplace_back(column.title);
  row(titles);
}

void Table::row(const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Column& column = columns_[i];
    if (i > 0) out_ << "  ";
    out_ << (column.right ? std::right : std::left) << std::setw(column.width) << cells[i];
  }
  out_ << '\n';
}

}  // namespace rsip::ctl
