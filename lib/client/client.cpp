// SPDX-License-Identifier: Apache-2.0
#include <portolan/client/client.h>

namespace portolan {

Client::Client(Config config) : config_(std::move(config)), local_(Layout::IndexWrites::immediate) {}
Client::~Client() = default;

Result<chart::Pushed> Client::push(const Context& context, const std::filesystem::path& chart,
                                   std::string_view reference, const PushRequest& request) {
  auto target = Reference::parse(reference);
  if (!target) return std::move(target).error();
  auto package = chart::package_or_read(context, chart,
                                        {.version = request.version,
                                         .app_version = request.app_version,
                                         .source_date_epoch = config_.source_date_epoch,
                                         .created = request.created});
  if (!package) return std::move(package).error();
  auto pushed = chart::push(context, *package, *this, *target, request.naming,
                            {.tags = request.tags, .if_exists = request.if_exists, .concurrency = config_.concurrency});
  if (!pushed) return pushed;
  if (auto committed = commit(context); !committed) return std::move(committed).error();
  return pushed;
}

Result<chart::Pulled> Client::pull(const Context& context, std::string_view reference,
                                   const chart::PullRequest& request) {
  auto source = Reference::parse(reference);
  if (!source) return std::move(source).error();
  return chart::pull(context, *this, *source, request);
}

Result<std::shared_ptr<Store>> Client::open(std::string_view reference) {
  auto parsed = Reference::parse(reference);
  if (!parsed) return std::move(parsed).error();
  return open({}, *parsed);
}

Result<std::shared_ptr<Store>> Client::open(const Context& context, const Reference& reference) {
  return local_.open(context, reference);
}

Result<void> Client::commit(const Context& context) { return local_.commit(context); }

}  // namespace portolan
