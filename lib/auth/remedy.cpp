// SPDX-License-Identifier: Apache-2.0
#include "auth/remedy.h"

#include <utility>

namespace portolan::internal::auth {
namespace {

Remedy once(bool& tried, Remedy remedy) noexcept { return std::exchange(tried, true) ? Remedy::none : remedy; }

Remedy against_a_refused_token(const Refusal& refusal, Tried& tried) noexcept {
  if (refusal.wants == Wants::token && refusal.names_more) return once(tried.more_scopes, Remedy::more_scopes);
  if (refusal.status != 401) return Remedy::none;
  if (refusal.sent == Sent::known_token && !tried.new_token) return once(tried.new_token, Remedy::new_token);
  return refusal.used_by_others ? once(tried.own_token, Remedy::own_token) : Remedy::none;
}

}  // namespace

Remedy remedy(const Refusal& refusal, Tried& tried) noexcept {
  const bool with_token = refusal.sent == Sent::known_token || refusal.sent == Sent::fresh_token;
  if (refusal.status == 403)
    return with_token && refusal.names_more ? against_a_refused_token(refusal, tried) : Remedy::none;
  if (refusal.status != 401) return Remedy::none;
  switch (refusal.wants) {
    // A registry that has challenged before needs not do so again.
    case Wants::nothing_known: return with_token ? against_a_refused_token(refusal, tried) : Remedy::none;
    case Wants::token:
      return with_token ? against_a_refused_token(refusal, tried) : once(tried.token, Remedy::take_token);
    case Wants::basic:
      if (refusal.sent == Sent::basic || !refusal.has_password) return Remedy::none;
      return once(tried.basic, Remedy::basic);
  }
  return Remedy::none;
}

}  // namespace portolan::internal::auth
