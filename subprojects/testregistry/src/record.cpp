// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include <utility>

#include "text.h"

namespace testregistry {

std::string_view Request::header(std::string_view name) const noexcept {
  const auto* found = find_header(headers, name);
  return found == nullptr ? std::string_view() : *found;
}

std::string Request::line() const { return method + " " + path + (query.empty() ? "" : "?" + query); }

std::size_t Record::begin(Request request) {
  for (auto& [name, value] : request.headers) {
    if (lower(name) != "authorization" && lower(name) != "cookie") continue;
    value = value.substr(0, value.find(' ')) + " …";
  }
  std::lock_guard lock(mutex_);
  requests_.push_back(std::move(request));
  return cleared_ + requests_.size() - 1;
}

void Record::end(std::size_t number, int status, std::uint64_t received, std::uint64_t sent) {
  std::lock_guard lock(mutex_);
  if (number < cleared_) return;
  auto& request = requests_[number - cleared_];
  request.status = status;
  request.received = received;
  request.sent = sent;
}

std::vector<Request> Record::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

void Record::clear() {
  std::lock_guard lock(mutex_);
  cleared_ += requests_.size();
  requests_.clear();
}

void Record::client_error(std::string sentence) {
  std::lock_guard lock(mutex_);
  client_errors_.push_back(std::move(sentence));
}

std::vector<std::string> Record::client_errors() const {
  std::lock_guard lock(mutex_);
  return client_errors_;
}

void Record::add_secret(const std::string& secret, const std::string& what, const std::string& home) {
  if (secret.empty()) return;
  std::lock_guard lock(mutex_);
  auto& known = secrets_[secret];
  known.what = what;
  known.homes.insert(home);
}

void Record::look_for_secrets(const std::string& origin, bool open, const Head& head, const std::string& body) {
  std::vector<std::pair<std::string, std::string>> texts{{"the path", head.path + "?" + url_decode(head.query)},
                                                         {"the body", body + "\n" + url_decode(body, true)}};
  for (const auto& [name, value] : head.headers) {
    texts.emplace_back("the header " + name, value);
    if (lower(value).starts_with("basic ")) texts.back().second += "\n" + base64_decode(value.substr(6));
  }
  std::lock_guard lock(mutex_);
  bool told = false;
  for (const auto& [where, text] : texts) {
    for (const auto& [secret, known] : secrets_) {
      if (known.homes.contains(origin) || text.find(secret) == std::string::npos) continue;
      leaks_.push_back(known.what + " came to " + origin + " in " + where + " of " + head.method + " " + head.path);
      told = true;
    }
  }
  if (open && !told && !head.header("Authorization").empty()) {
    leaks_.push_back("an Authorization came to " + origin + ", which asks for none, with " + head.method + " " +
                     head.path);
  }
}

std::vector<std::string> Record::leaks() const {
  std::lock_guard lock(mutex_);
  return leaks_;
}

}  // namespace testregistry
