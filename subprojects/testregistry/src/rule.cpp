// SPDX-License-Identifier: Apache-2.0
#include <testregistry/rule.h>

#include <utility>

#include "rule_book.h"

namespace testregistry {

Rule on(std::string method, std::string kind) {
  Rule rule;
  rule.method_ = std::move(method);
  rule.kind_ = std::move(kind);
  return rule;
}

Rule& Rule::containing(std::string part) {
  containing_ = std::move(part);
  return *this;
}
Rule& Rule::after(unsigned count) {
  after_ = count;
  return *this;
}
Rule& Rule::every(unsigned count) {
  every_ = count;
  return *this;
}
Rule& Rule::answer(int status, std::string body, std::string content_type) {
  answer_ = Answer{.status = status, .body = std::move(body)};
  if (!answer_->body.empty()) answer_->headers.emplace_back("Content-Type", std::move(content_type));
  return *this;
}
Rule& Rule::redirect(int status, std::string url) {
  answer(status);
  return with_header("Location", std::move(url));
}
Rule& Rule::redirect_to_origin(int status, std::string origin) {
  answer(status);
  redirect_origin_ = std::move(origin);
  return *this;
}
Rule& Rule::with_status(int status) {
  status_ = status;
  return *this;
}
Rule& Rule::with_header(std::string name, std::string value) {
  headers_.emplace_back(std::move(name), std::move(value));
  return *this;
}
Rule& Rule::without_header(std::string name) {
  without_.push_back(std::move(name));
  return *this;
}
Rule& Rule::with_body(std::string body) {
  body_ = std::move(body);
  return *this;
}
Rule& Rule::edit_body(std::function<std::string(std::string)> edit) {
  edit_ = std::move(edit);
  return *this;
}
Rule& Rule::with_location_at(std::string origin) {
  location_origin_ = std::move(origin);
  return *this;
}
Rule& Rule::with_extra_headers(std::uint64_t bytes) {
  extra_header_ = bytes;
  return *this;
}
Rule& Rule::truncate(std::uint64_t bytes) {
  truncate_ = bytes;
  return *this;
}
Rule& Rule::truncate_to(double part) {
  truncate_part_ = part;
  return *this;
}
Rule& Rule::corrupt(std::uint64_t offset) {
  corrupt_ = offset;
  return *this;
}
Rule& Rule::append(std::string bytes) {
  append_ = std::move(bytes);
  return *this;
}
Rule& Rule::drip(std::chrono::milliseconds each) {
  drip_ = each;
  return *this;
}
Rule& Rule::ignore_header(std::string name) {
  ignored_.push_back(std::move(name));
  return *this;
}
Rule& Rule::stall(At where) {
  break_ = std::pair(Break::stall, where);
  return *this;
}
Rule& Rule::reset(At where) {
  break_ = std::pair(Break::reset, where);
  return *this;
}
Rule& Rule::close(At where) {
  break_ = std::pair(Break::close, where);
  return *this;
}
Rule& Rule::delay(std::chrono::milliseconds time) {
  delay_ = time;
  return *this;
}

bool Rule::matches(const Request& request) const {
  if (!method_.empty() && method_ != request.method) return false;
  if (!kind_.empty() && kind_ != request.kind) return false;
  return (request.path + "?" + request.query).find(containing_) != std::string::npos;
}

void RuleBook::add(Rule rule, unsigned times) {
  std::lock_guard lock(mutex_);
  const auto skip = rule.after_;
  rules_.push_back({std::move(rule), times, skip, 0, times == 0});
}

void RuleBook::clear() {
  std::lock_guard lock(mutex_);
  rules_.clear();
}

std::optional<Rule> RuleBook::take(const Request& request) {
  std::lock_guard lock(mutex_);
  for (auto at = rules_.begin(); at != rules_.end(); ++at) {
    if (!at->rule.matches(request)) continue;
    if (at->skip != 0) {
      --at->skip;
      continue;
    }
    if (++at->matches % at->rule.every_ != 0) continue;
    auto rule = at->rule;
    if (!at->forever && --at->left == 0) rules_.erase(at);
    return rule;
  }
  return std::nullopt;
}

}  // namespace testregistry
