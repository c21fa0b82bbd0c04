// SPDX-License-Identifier: GPL-2.0-or-later
#include "rsipctl/answer.hpp"

#include <iostream>
#include <optional>

#include "rsipctl/control.hpp"

namespace rsip::ctl {

using nlohmann::json;

int fail(const Error& error) {
  std::cerr << "rsipctl: " << error.text() << '\n';
  return error.code == 0 ? exit_failure : exit_no_answer;
}

int print_list(const Options& options, const json& request, const std::vector<Table::Column>& columns,
               const std::function<std::vector<std::string>(const json&)>& cells, std::size_t* count) {
  std::optional<Table> table;
  bool first = true;
  if (!options.json) table.emplace(std::cout, columns);
  const Result<void> done = ask(options.control, request, [&](const std::string& line, const json& item) {
    if (count != nullptr) ++*count;
    if (table) return table->row(cells(item));
    std::cout << (first ? "[" : ",") << line;
    first = false;
  });
  if (options.json && (done || !first)) std::cout << (first ? "[" : "") << "]\n";
  return done ? exit_ok : fail(done.error());
}

int print_one(const Options& options, const json& request, const std::function<void(const json&)>& print) {
  const Result<void> done = ask(options.control, request, [&](const std::string& line, const json& item) {
    if (options.json) {
      std::cout << line << '\n';
    } else {
      print(item);
    }
  });
  return done ? exit_ok : fail(done.error());
}

int request(const Options& options, const json& request) {
  const Result<void> done = ask(options.control, request);
  if (done && options.json) std::cout << "{}\n";
  return done ? exit_ok : fail(done.error());
}

}  // namespace rsip::ctl
