// SPDX-License-Identifier: Apache-2.0
// Rows 28 to 30: tokens and challenges.
#include "faults.h"

namespace portolan::test {

void add_token_faults(std::vector<Fault>& all) {
  const auto edited = [](std::function<void(std::string&)> edit) {
    return always(get("token").edit_body([edit](std::string body) {
      edit(body);
      return body;
    }));
  };
  const auto renamed = [=](const std::string& from, const std::string& to) {
    return edited([=](std::string& body) {
      if (const auto at = body.find("\"" + from + "\""); at != std::string::npos) {
        body.replace(at, from.size() + 2, "\"" + to + "\"");
      }
    });
  };
  all.push_back({28, "a token as access_token alone", pull, renamed("token", "access_token")});
  all.push_back({28, "a token without expires_in", pull, renamed("expires_in", "x")});
  Options brief;
  brief.authentication.token_lifetime = std::chrono::seconds(1);
  all.push_back({28, "a token with expires_in 1", pull, [](Rig&) {}, {}, Access::bearer, Wire::plain, brief});
  all.push_back({28, "a token with a skewed issued_at", pull, edited([](std::string& body) {
                   body.pop_back();
                   body += R"(,"issued_at":"1999-01-01T00:00:00Z"})";
                 })});
  for (const auto& [name, form] :
       {std::pair("a relative realm", "/token"), std::pair("a realm relative to what was asked", "../../../token"),
        std::pair("a realm without a scheme", "//HOST/token")}) {
    all.push_back({28, name,
                   [form = std::string(form)](Rig& rig, const Rules&) -> Result<void> {
                     testregistry::Server server({.authentication = testregistry::bearer("ci", marker)});
                     auto realm = form;
                     if (const auto host = realm.find("HOST"); host != std::string::npos) {
                       realm.replace(host, 4, server.host());
                     }
                     server.times(1,
                                  get("tags").answer(401).with_header(
                                      "WWW-Authenticate", "Bearer realm=\"" + realm + "\",service=\"testregistry\""));
                     server.put_manifest("a", "{}", "application/x", "1");
                     Client client(rig.config);
                     const auto store = client.open("oci://" + server.host() + "/a").value();
                     return store->tag_lister()->list_tags(rig.context, [](std::string_view) { return true; });
                   },
                   [](Rig&) {}});
  }
  all.push_back({28, "a realm with a query",
                 [](Rig& rig, const Rules&) -> Result<void> {
                   testregistry::Server server({.authentication = testregistry::bearer("ci", marker)});
                   server.times(1, get("tags").answer(401).with_header(
                                       "WWW-Authenticate", "Bearer realm=\"" + server.url() +
                                                               "/token?tenant=7\",service=\"testregistry\""));
                   server.put_manifest("a", "{}", "application/x", "1");
                   Client client(rig.config);
                   const auto store = client.open("oci://" + server.host() + "/a").value();
                   auto listed = store->tag_lister()->list_tags(rig.context, [](std::string_view) { return true; });
                   for (const auto& request : server.requests()) {
                     if (request.kind == "token" && !request.query.starts_with("tenant=7&"))
                       return wrong(request.query);
                   }
                   return listed;
                 },
                 [](Rig&) {}});
  all.push_back({28,
                 "an identity token where POST gets 405",
                 [](Rig& rig, const Rules&) -> Result<void> {
                   rig.registry.always(on("POST", "token").answer(405));
                   rig.config.credentials = auth::fixed({.value = auth::IdentityToken{Secret(marker)}, .source = "t"});
                   const auto pulled = rig.pull();
                   return pulled ? Result<void>() : Result<void>(pulled.error());
                 },
                 {},
                 Errc::unauthorized});
  for (const auto& [name, value] : {std::pair("two challenges in one header", "Negotiate, Basic realm=\"corp\""),
                                    std::pair("token68 before a challenge", "Negotiate YIIabc==, Basic realm=\"x\"")}) {
    all.push_back(
        {29, name, pull, once(get("manifests").answer(401).with_header("WWW-Authenticate", value)), {}, Access::basic});
  }
  all.push_back({29,
                 "insufficient_scope",
                 [](Rig& rig, const Rules&) {
                   return pull(rig, [](Rig& same) {
                     std::string realm;
                     static_cast<void>(same.pull());
                     for (const auto& request : same.registry.requests()) {
                       if (request.kind == "token") realm = "http://" + request.origin + request.path;
                     }
                     same.registry.next(get("blobs").answer(401).with_header(
                         "WWW-Authenticate", "Bearer realm=\"" + realm +
                                                 "\",service=\"testregistry\",error=\"insufficient_scope\","
                                                 "scope=\"repository:charts/app:pull,push\""));
                   });
                 },
                 {}});
  all.push_back({29, "401 without a challenge", pull, always(get("manifests").answer(401)), Errc::unauthorized});
  all.push_back({29, "401 with a challenge at the root alone", pull, once(get("manifests").answer(401))});
  all.push_back({29, "a token that runs out in the middle of an upload", push_large,
                 once(on("PUT", "uploads").ignore_header("Authorization"))});
}

}  // namespace portolan::test
