// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/oci/media_types.h>

#include "copy/graph.h"

using namespace portolan;
using namespace portolan::internal::copy;

namespace {

using Others = Graph::Others;

Descriptor blob(const std::string& content) { return describe("application/x", content); }
Descriptor manifest(const std::string& content) { return describe(media_type::oci_manifest, content); }
Descriptor index(const std::string& content) { return describe(media_type::oci_index, content); }

// What take() gives, in order, each thing being finished before the next is taken; manifests have no children.
std::vector<std::string> drain(Graph& graph, const std::vector<Descriptor>& names) {
  std::vector<std::string> order;
  while (const auto node = graph.take(Others::none)) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i].digest == node->descriptor.digest) order.push_back(std::to_string(i));
    }
    if (node->kind == Node::Kind::manifest && !node->explored) {
      order.back() += "?";
      REQUIRE(graph.explored(*node, {.bytes = "bytes"}));
    } else {
      graph.done(*node);
    }
  }
  return order;
}

}  // namespace

TEST_CASE("blobs go before manifests are read, and a manifest goes before the next one is read") {
  const std::vector<Descriptor> names = {manifest("0"), manifest("1"), blob("2"), blob("3")};
  Graph graph(index("root"), Node::Presence::unknown);
  REQUIRE(graph.explored(graph.root(), {.children = {names[0], names[1]}}));
  const auto first = graph.take(Others::none);
  REQUIRE(graph.explored(*first, {.children = {names[2], names[3]}}));
  CHECK(drain(graph, names) == std::vector<std::string>{"2", "3", "0", "1?", "1"});
  CHECK(graph.unfinished() == 0);
}

TEST_CASE("a root without referrers is left to the caller, one with referrers goes before them") {
  {
    Graph graph(manifest("root"), Node::Presence::unknown);
    REQUIRE(graph.explored(graph.root(), {}));
    CHECK(graph.take(Others::none) == nullptr);
    CHECK(graph.unfinished() == 0);
  }
  const std::vector<Descriptor> names = {manifest("root"), manifest("referrer")};
  Graph graph(names[0], Node::Presence::unknown);
  REQUIRE(graph.explored(graph.root(), {.referrers = {names[1]}}));
  CHECK(graph.root_is_a_subject());
  CHECK(drain(graph, names) == std::vector<std::string>{"0", "1?", "1"});
}

TEST_CASE("nothing below a manifest that the target has is moved, but its referrers are") {
  const std::vector<Descriptor> names = {manifest("child"), manifest("referrer")};
  Graph graph(index("root"), Node::Presence::certain);
  REQUIRE(graph.explored(graph.root(), {.presence = Node::Presence::certain, .children = {names[0]}}));
  const auto child = graph.take(Others::none);
  REQUIRE(child != nullptr);
  CHECK(child->presence == Node::Presence::certain);
  REQUIRE(graph.explored(*child, {.presence = Node::Presence::certain, .referrers = {names[1]}}));
  CHECK(child->done);
  const auto referrer = graph.take(Others::none);
  REQUIRE(referrer != nullptr);
  CHECK(referrer->presence == Node::Presence::possible);
  REQUIRE(graph.explored(*referrer, {}));
  CHECK(graph.take(Others::none) == referrer);
  graph.done(*referrer);
  CHECK(graph.unfinished() == 0);
}

TEST_CASE("a graph may be max_graph_depth deep and no deeper") {
  Graph graph(index("0"), Node::Presence::unknown);
  auto* node = &graph.root();
  for (unsigned depth = 1; depth <= max_graph_depth; ++depth) {
    REQUIRE(graph.explored(*node, {.children = {index(std::to_string(depth))}}));
    node = graph.take(Others::none);
    REQUIRE(node != nullptr);
    CHECK(node->depth == depth);
  }
  const auto deeper = graph.explored(*node, {.children = {manifest("one too deep")}});
  REQUIRE_FALSE(deeper);
  CHECK(deeper.error().code() == Errc::limit_exceeded);
}

TEST_CASE("a graph may have max_graph_nodes and no more") {
  Graph graph(index("root"), Node::Presence::unknown);
  std::vector<Descriptor> manifests;
  for (int i = 0; i < 10; ++i) manifests.push_back(manifest(std::to_string(i)));
  REQUIRE(graph.explored(graph.root(), {.children = manifests}));
  std::size_t known = 11;
  for (int i = 0; i < 10; ++i) {
    const auto node = graph.take(Others::none);
    REQUIRE(node != nullptr);
    std::vector<Descriptor> blobs;
    for (int j = 0; j < 10'000 && known < max_graph_nodes; ++j, ++known) {
      blobs.push_back(blob(std::to_string(i) + "/" + std::to_string(j)));
    }
    if (i == 9) blobs.push_back(blob("one too many"));
    const auto explored = graph.explored(*node, {.children = blobs});
    CHECK(explored.has_value() == (i != 9));
    if (!explored) CHECK(explored.error().code() == Errc::limit_exceeded);
    while (i != 9 && graph.ready(Others::none) > static_cast<std::size_t>(9 - i)) {
      graph.done(*graph.take(Others::none));
    }
  }
}

TEST_CASE("two sizes for one digest are refused, in whatever order they are met") {
  auto other = blob("x");
  other.size += 1;
  Graph graph(manifest("root"), Node::Presence::unknown);
  const auto explored = graph.explored(graph.root(), {.children = {blob("x"), other}});
  REQUIRE_FALSE(explored);
  CHECK(explored.error().code() == Errc::corrupt);
}

TEST_CASE("the same digest is one thing as a blob and another as a manifest") {
  const auto twice = describe(media_type::oci_manifest, "{}");
  Graph graph(index("root"), Node::Presence::unknown);
  REQUIRE(graph.explored(graph.root(), {.children = {manifest("child"), twice}}));
  const auto child = graph.take(Others::none);
  REQUIRE(graph.explored(*child, {.children = {twice}}));
  CHECK(graph.known() == 4);
}

TEST_CASE("while much is held, no more manifests are read unless nothing else goes on") {
  Graph graph(index("root"), Node::Presence::unknown);
  const auto slow = blob("slow");
  REQUIRE(graph.explored(graph.root(), {.children = {manifest("0"), manifest("1"), manifest("2"), manifest("3")}}));
  const std::string large(max_held_bytes / 2 + 1, ' ');
  REQUIRE(graph.explored(*graph.take(Others::under_way), {.bytes = large, .children = {slow}}));
  const auto copying = graph.take(Others::under_way);
  REQUIRE(copying->kind == Node::Kind::blob);
  REQUIRE(graph.explored(*graph.take(Others::under_way), {.bytes = large, .children = {slow}}));
  CHECK(graph.ready(Others::under_way) == 0);
  CHECK(graph.take(Others::under_way) == nullptr);
  CHECK(graph.ready(Others::none) == 2);
  graph.done(*copying);
  const auto push = graph.take(Others::under_way);
  REQUIRE(push != nullptr);
  CHECK(push->explored);
  graph.done(*push);
  CHECK(push->bytes.empty());
  graph.done(*graph.take(Others::under_way));
  CHECK(graph.ready(Others::under_way) == 2);
}
