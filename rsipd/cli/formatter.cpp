// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/formatter.hpp"

#include <algorithm>
#include <iostream>
#include <memory>
#include <sstream>

namespace rsip::cli {

namespace {

constexpr std::size_t help_width = 80;
constexpr std::size_t indent = 6;

/// `text` in lines of at most help_width columns, all but the first indented.
std::string wrap(const std::string& text, std::size_t indentation) {
  std::istringstream words(text);
  std::string wrapped;
  std::string line(indentation, ' ');
  std::string word;
  bool first = true;
  while (words >> word) {
    if (!first && line.size() + 1 + word.size() > help_width) {
      wrapped += line + '\n';
      line.assign(indentation, ' ');
      first = true;
    }
    if (!first) line += ' ';
    line += word;
    first = false;
  }
  return wrapped + line + '\n';
}

/// Each flag on a line of its own, its text below.
class Formatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string head = "  " + make_option_name(option, is_positional);
    if (!option->get_type_name().empty()) head += " " + option->get_type_name();
    std::string text = option->get_description();
    if (option->get_required()) text += " (required)";
    if (!option->get_default_str().empty()) text += " (default " + option->get_default_str() + ")";
    return head + '\n' + wrap(text, indent);
  }

  std::string make_subcommand(const CLI::App* subcommand) const override {
    return "  " + subcommand->get_display_name(true) + '\n' + wrap(subcommand->get_description(), indent);
  }

  std::string make_description(const CLI::App* app) const override { return wrap(app->get_description(), 0); }
};

}  // namespace

void set_up(CLI::App& app, const std::string& version) {
  app.formatter(std::make_shared<Formatter>());
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.set_version_flag("--version", version, "Print the version and exit");
}

int print_error(const CLI::ParseError& problem, const std::string& program, int exit_code) {
  std::string text = problem.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::cerr << program << ": " << text << " (see " << program << " --help)\n";
  return exit_code;
}

}  // namespace rsip::cli
