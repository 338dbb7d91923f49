// SPDX-License-Identifier: Apache-2.0
// The main() of every test program: doctest, reporting each case as a line of TAP, so that the runner counts cases.
// A case skips itself, visibly, by SKIP("reason") of skip.h.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <algorithm>
#include <iostream>
#include <mutex>
#include <string>

#include "skip.h"

namespace {

std::string& reason() {
  static std::string text;
  return text;
}

std::string on_one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

// Where '#' would begin a directive.
std::string description(std::string text) {
  std::replace(text.begin(), text.end(), '#', ' ');
  return on_one_line(std::move(text));
}

struct TapReporter : doctest::IReporter {
  explicit TapReporter(const doctest::ContextOptions& options) : out(*options.cout) {}

  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override { out << "1.." << number << std::endl; }
  void test_case_start(const doctest::TestCaseData& data) override {
    current = &data;
    reason().clear();
  }
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    out << (stats.testCaseSuccess ? "ok " : "not ok ") << ++number << " - " << description(current->m_name);
    if (!reason().empty()) out << " # SKIP " << description(reason());
    out << std::endl;
  }
  void test_case_exception(const doctest::TestCaseException& e) override {
    std::lock_guard lock(mutex);
    out << "# " << current->m_file.c_str() << ":" << current->m_line << ": " << current->m_name
        << ": exception: " << on_one_line(e.error_string.c_str()) << std::endl;
  }
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData& data) override {
    if (!data.m_failed) return;
    std::lock_guard lock(mutex);
    out << "# " << data.m_file << ":" << data.m_line << ": " << data.m_expr << " is "
        << on_one_line(data.m_decomp.c_str());
    if (data.m_threw) out << " threw " << on_one_line(data.m_exception.c_str());
    out << std::endl;
    const int contexts = get_num_active_contexts();
    for (int i = 0; i < contexts; ++i) {
      out << "#   with ";
      get_active_contexts()[i]->stringify(&out);
      out << std::endl;
    }
  }
  void log_message(const doctest::MessageData& data) override {
    std::lock_guard lock(mutex);
    out << "# " << data.m_file << ":" << data.m_line << ": " << on_one_line(data.m_string.c_str()) << std::endl;
  }
  void test_case_skipped(const doctest::TestCaseData&) override {}

  std::ostream& out;
  const doctest::TestCaseData* current = nullptr;
  int number = 0;
  std::mutex mutex;
};

}  // namespace

void portolan::test::skip(const std::string& why) { reason() = why; }

DOCTEST_REGISTER_REPORTER("tap", 1, TapReporter);

int main(int argc, char** argv) {
  doctest::Context context;
  context.setOption("reporters", "tap");
  context.applyCommandLine(argc, argv);
  return context.run();
}
