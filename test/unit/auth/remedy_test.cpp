// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include "auth/remedy.h"

using namespace portolan::internal::auth;

TEST_CASE("a token that others use up is replaced twice, the second time by one that nobody else gets") {
  Tried tried;
  const Refusal known{401, Sent::known_token, Wants::token, false, false, true};
  CHECK(remedy(known, tried) == Remedy::new_token);
  CHECK(remedy({401, Sent::fresh_token, Wants::token, false, false, true}, tried) == Remedy::own_token);
  CHECK(remedy({401, Sent::fresh_token, Wants::token}, tried) == Remedy::none);
  CHECK(remedy(known, tried) == Remedy::none);
}

TEST_CASE("a refusal is answered with what may help, and with nothing where nothing does") {
  struct Row {
    Refusal refusal;
    Remedy remedy;
  };
  const Row rows[] = {
      {{401, Sent::nothing, Wants::token}, Remedy::take_token},
      {{401, Sent::nothing, Wants::token, true, true}, Remedy::take_token},
      {{401, Sent::basic, Wants::token}, Remedy::take_token},
      {{401, Sent::known_token, Wants::token}, Remedy::new_token},
      {{401, Sent::known_token, Wants::nothing_known}, Remedy::new_token},
      {{401, Sent::known_token, Wants::token, true}, Remedy::more_scopes},
      {{401, Sent::fresh_token, Wants::token, true}, Remedy::more_scopes},
      {{401, Sent::fresh_token, Wants::token}, Remedy::none},
      {{401, Sent::fresh_token, Wants::nothing_known}, Remedy::none},
      {{401, Sent::fresh_token, Wants::token, false, false, true}, Remedy::own_token},
      {{401, Sent::nothing, Wants::nothing_known}, Remedy::none},
      {{401, Sent::basic, Wants::nothing_known}, Remedy::none},
      {{401, Sent::nothing, Wants::basic, false, true}, Remedy::basic},
      {{401, Sent::nothing, Wants::basic, false, false}, Remedy::none},
      {{401, Sent::fresh_token, Wants::basic, false, true}, Remedy::basic},
      {{401, Sent::basic, Wants::basic, false, true}, Remedy::none},
      {{403, Sent::known_token, Wants::token, true}, Remedy::more_scopes},
      {{403, Sent::fresh_token, Wants::token, true}, Remedy::more_scopes},
      {{403, Sent::known_token, Wants::token, false}, Remedy::none},
      {{403, Sent::known_token, Wants::nothing_known, false}, Remedy::none},
      {{403, Sent::nothing, Wants::token, true}, Remedy::none},
      {{403, Sent::nothing, Wants::basic, false, true}, Remedy::none},
      {{404, Sent::nothing, Wants::token, true, true}, Remedy::none},
      {{200, Sent::nothing, Wants::token}, Remedy::none},
  };
  for (const auto& row : rows) {
    CAPTURE(&row - rows);
    Tried tried;
    CHECK(remedy(row.refusal, tried) == row.remedy);
    CHECK(remedy(row.refusal, tried) == Remedy::none);
  }
}
