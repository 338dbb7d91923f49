// SPDX-License-Identifier: Apache-2.0
#include "yaml/tree.h"

#include <yaml.h>

#include <algorithm>
#include <map>
#include <new>
#include <optional>
#include <utility>

#include "yaml/compose.h"
#include "yaml/source.h"

namespace portolan::internal::yaml {
namespace {

// libyaml looks at every open flow collection for each token.
constexpr std::size_t max_nesting_work = 50'000'000;
// A text is read again after each adaptation: at most so many times, and so many bytes in all.
constexpr std::size_t max_attempts = 1'000;
constexpr std::size_t max_attempted_bytes = 128 * 1024 * 1024;

// go-yaml's own line numbers: a scanner's error counts lines from 1, a parser's from 0, and 0 is not shown.
std::string located(std::size_t line, std::string_view problem) {
  return "yaml: " + (line == 0 ? "" : "line " + std::to_string(line) + ": ") + std::string(problem);
}

Error scanner_error(std::size_t line, std::size_t context_line, std::string_view problem) {
  return Error(Errc::invalid_chart, located(line != 0 ? line + 1 : context_line, problem));
}

Error parser_error(std::size_t line, std::size_t context_line, std::string_view problem) {
  return Error(Errc::invalid_chart, located(line != 0 ? line : context_line, problem));
}

struct Event {
  yaml_event_t raw{};
  Event() = default;
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { yaml_event_delete(&raw); }
};

std::string_view view(const yaml_char_t* text) noexcept {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

// Hands the text to libyaml in the pieces that go-yaml would read, so that what follows a document disturbs the one
// program exactly where it disturbs the other.
struct Pieces {
  std::string_view rest;
  std::size_t capacity = 0;

  static int read(void* data, unsigned char* buffer, std::size_t size, std::size_t* given) {
    auto& pieces = *static_cast<Pieces*>(data);
    if (pieces.capacity == 0) pieces.capacity = size;
    // What libyaml kept of the piece before takes its room from this one.
    const auto kept = pieces.capacity - std::min(size, pieces.capacity);
    const auto wanted = read_piece - std::min(kept, read_piece - 1);
    *given = std::min({size, wanted, pieces.rest.size()});
    std::copy_n(pieces.rest.begin(), *given, buffer);
    pieces.rest.remove_prefix(*given);
    return 1;
  }
};

enum class Version : std::uint8_t { known, other, long_number, malformed };

// What follows %YAML on its line.
Version read_version(std::string_view text) {
  const auto skip = [&](std::string_view what) {
    const auto count = std::min(text.find_first_not_of(what), text.size());
    const auto skipped = text.substr(0, count);
    text.remove_prefix(count);
    return skipped;
  };
  constexpr std::string_view digits = "0123456789";
  if (skip(" \t").empty()) return Version::malformed;
  const auto major = skip(digits);
  if (major.size() > 2) return Version::long_number;
  if (major.empty() || text.empty() || text.front() != '.') return Version::malformed;
  text.remove_prefix(1);
  const auto minor = skip(digits);
  if (minor.size() > 2) return Version::long_number;
  skip(" \t");
  if (minor.empty() || (!text.empty() && text.front() != '#')) return Version::malformed;
  const auto is_one = [](std::string_view number) { return number == "1" || number == "01"; };
  return is_one(major) && is_one(minor) ? Version::known : Version::other;
}

std::size_t width_of_break(char first) noexcept { return first == '\xC2' ? 2 : first == '\xE2' ? 3 : 1; }

// Whether the tag at `at` is a verbatim one, `!<…>`, with a comma right behind it.
bool has_comma_behind(std::string_view text, std::size_t at) noexcept {
  if (text.substr(at, 2) != "!<") return false;
  const auto end = text.find('>', at);
  return end != std::string_view::npos && text.substr(end + 1, 1) == ",";
}

// Whether a text has what libyaml's scanner takes for something else than go-yaml's.
bool may_be_read_differently(std::string_view text) noexcept {
  if (text.find('?') != std::string_view::npos || text.find("\\/") != std::string_view::npos) return true;
  for (auto at = text.find('!'); at != std::string_view::npos; at = text.find('!', at + 1)) {
    if (has_comma_behind(text, at)) return true;
    if (text.substr(at, end_of_tag(text, at) - at).find_first_of(",[]") != std::string_view::npos) return true;
  }
  constexpr std::string_view directive = "%YAML";
  for (auto at = text.find(directive); at != std::string_view::npos; at = text.find(directive, at + 1)) {
    const auto rest = text.substr(at + directive.size());
    if (read_version(rest.substr(0, rest.find_first_of("\r\n"))) == Version::long_number) return true;
  }
  return false;
}

// How many collections a token opens; it closes one where the number is negative.
int opens(yaml_token_type_t token) noexcept {
  if (token == YAML_BLOCK_SEQUENCE_START_TOKEN || token == YAML_BLOCK_MAPPING_START_TOKEN ||
      token == YAML_FLOW_SEQUENCE_START_TOKEN || token == YAML_FLOW_MAPPING_START_TOKEN) {
    return 1;
  }
  const bool closes =
      token == YAML_BLOCK_END_TOKEN || token == YAML_FLOW_SEQUENCE_END_TOKEN || token == YAML_FLOW_MAPPING_END_TOKEN;
  return closes ? -1 : 0;
}

// One run of libyaml over a source.
class Run {
 public:
  enum class End : std::uint8_t { complete, adapted, failed };

  Run(Source& source, Tree& tree) : source_(source), tree_(tree), pieces_{source.text()} {
    if (yaml_parser_initialize(&parser_) == 0) throw std::bad_alloc();
    yaml_parser_set_input(&parser_, &Pieces::read, &pieces_);
    slashes_ = source.text().find("\\/") != std::string_view::npos;
    escaped_nul_ = source.text().find("%00") != std::string_view::npos;
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { yaml_parser_delete(&parser_); }

  /// Reads the first document into the tree. `adapted`: the source was changed, and a new run may get further.
  End read();
  Error error() && { return *std::move(error_); }

 private:
  struct Open {
    std::uint32_t node;
    std::uint32_t last_child;
    bool flow;
    bool pair;  // a mapping of one pair without braces, in a flow sequence
    std::size_t line;
  };

  End on_event(const yaml_event_t& event);
  End on_failure();
  End check_version();
  End document_end(const yaml_event_t& event);
  std::size_t behind_document() const;
  End text_behind(std::size_t index);
  End alias(const yaml_event_t& event);
  End scalar(const yaml_event_t& event);
  End open(NodeKind kind, const yaml_event_t& event, const yaml_char_t* anchor, const yaml_char_t* tag, bool flow);
  End close();
  End tag_indicators(std::size_t at);
  End waiting_tags();
  End tag_problem(const yaml_mark_t& start, const yaml_char_t* tag);
  End scalar_problem(const yaml_event_t& event, std::string_view value);
  End fail(Error error) {
    error_ = std::move(error);
    return End::failed;
  }
  bool in_flow() const noexcept { return !open_.empty() && open_.back().flow; }
  void add(Node node, const yaml_char_t* anchor);
  void set_text(Node& node, std::string_view text);
  std::size_t first_of(const yaml_mark_t& start, char c);

  Source& source_;
  Tree& tree_;
  Pieces pieces_;
  yaml_parser_t parser_{};
  std::vector<Open> open_{};
  std::map<std::string, std::uint32_t, std::less<>> anchors_{};
  std::size_t flow_depth_ = 0;
  std::size_t nesting_work_ = 0;
  bool slashes_ = false;
  bool escaped_nul_ = false;
  bool started_ = false;
  bool done_ = false;
  std::optional<Error> error_{};
};

Run::End Run::read() {
  while (!done_) {
    Event event;
    const auto end = yaml_parser_parse(&parser_, &event.raw) == 0 ? on_failure() : on_event(event.raw);
    if (end != End::complete) return end;
  }
  return End::complete;
}

// Whether go-yaml would have gone on where libyaml gave up, and if so what to change; its error otherwise. The
// problems are compared as text because libyaml has no codes for them; one that is not known stays an error.
Run::End Run::on_failure() {
  if (parser_.error == YAML_MEMORY_ERROR) throw std::bad_alloc();
  const std::string_view problem =
      parser_.problem == nullptr ? "unknown problem parsing YAML content" : parser_.problem;
  const auto& mark = parser_.problem_mark;
  const auto& context = parser_.context_mark;
  if (parser_.error == YAML_READER_ERROR) return fail(Error(Errc::invalid_chart, located(0, problem)));
  if (!started_) {
    if (const auto end = check_version(); end != End::complete) return end;
  }
  if (parser_.error != YAML_SCANNER_ERROR) return fail(parser_error(mark.line, context.line, problem));
  const auto start = source_.offset_of(context.index);
  if (const auto end = waiting_tags(); end != End::complete) return end;
  if (problem == "did not find expected whitespace or line break" || problem == "did not find expected tag URI") {
    if (const auto end = tag_indicators(start); end != End::complete) return end;
  } else if (problem == "found unknown escape character") {
    const auto escape = source_.text().substr(source_.offset_of(mark.index), 2);
    if (escape == "\\'" && source_.unescape_quotes(start)) return End::adapted;
  } else if (problem == "found unexpected ':'") {
    if (source_.hide_colon(source_.offset_of(mark.index))) return End::adapted;
  }
  if (const auto end = text_behind(behind_document()); end != End::complete) return end;
  return fail(scanner_error(mark.line, context.line, problem));
}

// In a flow collection libyaml ends a tag at a comma; go-yaml does so nowhere.
Run::End Run::tag_indicators(std::size_t at) {
  const auto text = source_.text();
  if (has_comma_behind(text, at)) {
    const auto line =
        static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
    return fail(scanner_error(line, line, "did not find expected whitespace or line break"));
  }
  const auto written = text.substr(at, end_of_tag(text, at) - at);
  if (written.substr(0, 1) != "!" || written.find_first_of(",[]") == std::string_view::npos) return End::complete;
  if (source_.hide_tag_indicators(at)) return End::adapted;
  return fail(Error(Errc::unsupported, "yaml: a tag with ',', '[' or ']' beside a %TAG directive"));
}

// Tags that the scanner had passed when it failed, and that no event has shown yet: what it failed over may be theirs.
Run::End Run::waiting_tags() {
  for (const auto* token = parser_.tokens.head; token != parser_.tokens.tail; ++token) {
    if (token->type != YAML_TAG_TOKEN) continue;
    if (const auto end = tag_indicators(source_.offset_of(token->start_mark.index)); end != End::complete) return end;
  }
  return End::complete;
}

Run::End Run::on_event(const yaml_event_t& event) {
  nesting_work_ += flow_depth_;
  if (nesting_work_ > max_nesting_work || tree_.nodes.size() > max_document_nodes) {
    return fail(Error(Errc::limit_exceeded, "yaml: the document has too many nodes"));
  }
  const auto& data = event.data;
  switch (event.type) {
    case YAML_STREAM_START_EVENT: return End::complete;
    case YAML_NO_EVENT:
    case YAML_STREAM_END_EVENT: done_ = true; return End::complete;
    case YAML_DOCUMENT_END_EVENT: return document_end(event);
    case YAML_DOCUMENT_START_EVENT:
      started_ = true;
      return data.document_start.version_directive == nullptr ? End::complete : check_version();
    case YAML_ALIAS_EVENT: return alias(event);
    case YAML_SCALAR_EVENT: return scalar(event);
    case YAML_SEQUENCE_START_EVENT:
      return open(NodeKind::sequence, event, data.sequence_start.anchor, data.sequence_start.tag,
                  data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
    case YAML_MAPPING_START_EVENT:
      return open(NodeKind::mapping, event, data.mapping_start.anchor, data.mapping_start.tag,
                  data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return close();
  }
  return End::complete;
}

// go-yaml knows YAML 1.1 alone, and wants at most two digits. The directives stand before all else, so that they are
// found without libyaml, which may have failed over what follows them.
Run::End Run::check_version() {
  const auto text = source_.text();
  auto at = source_.offset_of(0);
  for (std::size_t line = 0; at < text.size(); ++line) {
    auto end = at;
    while (end < text.size() && !is_break_at(text, end)) ++end;
    const auto content = text.substr(at, end - at);
    const auto first = content.find_first_not_of(' ');
    if (first != std::string_view::npos && content[first] != '#' && content.front() != '%') break;
    if (content.substr(0, 5) == "%YAML") {
      const auto version = read_version(content.substr(5));
      if (version == Version::long_number)
        return fail(scanner_error(line, line, "found extremely long version number"));
      if (version == Version::other) return fail(parser_error(line, 0, "found incompatible YAML document"));
    }
    at = end + (text.substr(end, 2) == "\r\n" ? 2 : end < text.size() ? width_of_break(text[end]) : 0);
  }
  return End::complete;
}

Run::End Run::document_end(const yaml_event_t& event) {
  done_ = true;
  return text_behind(event.start_mark.index);
}

// Where the document had ended when the scanner failed, as a code point's index; its own place if it had not. A
// document ends with the first token behind which nothing is open, but for one that might still turn out to be a key.
std::size_t Run::behind_document() const {
  std::ptrdiff_t open = parser_.flow_level + (parser_.indents.top - parser_.indents.start);
  for (const auto* token = parser_.tokens.head; token != parser_.tokens.tail; ++token) open -= opens(token->type);
  bool ended = open == 0 && !tree_.nodes.empty();
  for (const auto* token = parser_.tokens.head; token != parser_.tokens.tail; ++token) {
    if (ended) return token->start_mark.index;
    const auto opened = opens(token->type);
    open += opened;
    const bool is_node = opened < 0 || token->type == YAML_SCALAR_TOKEN || token->type == YAML_ALIAS_TOKEN;
    ended = open == 0 && is_node;
  }
  return ended ? parser_.context_mark.index : parser_.mark.index;
}

// Both look at a few tokens behind the document's end, which may not be wrong. Where libyaml may have taken what it saw
// there for something else than go-yaml does, we do not know what go-yaml thinks of it.
Run::End Run::text_behind(std::size_t index) {
  const auto from = source_.offset_of(index);
  const auto to = source_.offset_of(parser_.mark.index);
  const auto seen = source_.text().substr(from, to - from);
  if (!may_be_read_differently(seen)) return End::complete;
  return fail(Error(Errc::unsupported, "yaml: text behind the document's end, without a line --- or ... before it"));
}

void Run::add(Node node, const yaml_char_t* anchor) {
  const auto index = static_cast<std::uint32_t>(tree_.nodes.size());
  if (!open_.empty()) {
    auto& parent = open_.back();
    (parent.last_child == 0 ? tree_.nodes[parent.node].child : tree_.nodes[parent.last_child].next) = index;
    parent.last_child = index;
  }
  tree_.nodes.push_back(node);
  if (anchor != nullptr) anchors_.insert_or_assign(std::string(view(anchor)), index);
}

void Run::set_text(Node& node, std::string_view text) {
  node.text_at = static_cast<std::uint32_t>(tree_.text.size());
  if (source_.hides()) {
    std::string restored(text);
    source_.restore(restored);
    tree_.text += restored;
  } else {
    tree_.text += text;
  }
  node.text_size = static_cast<std::uint32_t>(tree_.text.size() - node.text_at);
}

Run::End Run::alias(const yaml_event_t& event) {
  const auto name = view(event.data.alias.anchor);
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) {
    return fail(Error(Errc::invalid_chart, "yaml: unknown anchor '" + std::string(name) + "' referenced"));
  }
  Node node;
  node.kind = NodeKind::alias;
  node.line = static_cast<std::uint32_t>(event.start_mark.line);
  node.target = found->second;
  set_text(node, name);
  add(node, nullptr);
  return End::complete;
}

Run::End Run::scalar(const yaml_event_t& event) {
  const auto& data = event.data.scalar;
  const std::string_view value(reinterpret_cast<const char*>(data.value), data.length);
  if (const auto end = tag_problem(event.start_mark, data.tag); end != End::complete) return end;
  if (const auto end = scalar_problem(event, value); end != End::complete) return end;
  Node node;
  node.tag = tag_of(view(data.tag));
  node.plain = data.plain_implicit != 0;
  node.line = static_cast<std::uint32_t>(event.start_mark.line);
  set_text(node, value);
  add(node, data.anchor);
  return End::complete;
}

Run::End Run::open(NodeKind kind, const yaml_event_t& event, const yaml_char_t* anchor, const yaml_char_t* tag,
                   bool flow) {
  if (const auto end = tag_problem(event.start_mark, tag); end != End::complete) return end;
  if (open_.size() >= max_document_depth) {
    return fail(Error(Errc::limit_exceeded,
                      "yaml: the document is nested deeper than " + std::to_string(max_document_depth) + " levels"));
  }
  Open opened{static_cast<std::uint32_t>(tree_.nodes.size()), 0, flow, false, event.start_mark.line};
  if (kind == NodeKind::mapping && flow && in_flow() && anchor == nullptr && tag == nullptr) {
    opened.pair = source_.text().substr(source_.offset_of(event.start_mark.index), 1) != "{";
  }
  Node node;
  node.kind = kind;
  node.line = static_cast<std::uint32_t>(event.start_mark.line);
  add(node, anchor);
  open_.push_back(opened);
  flow_depth_ += flow ? 1 : 0;
  return End::complete;
}

Run::End Run::close() {
  flow_depth_ -= open_.back().flow ? 1 : 0;
  open_.pop_back();
  return End::complete;
}

// The offset of the first such character from a mark on.
std::size_t Run::first_of(const yaml_mark_t& start, char c) {
  return std::min(source_.text().find(c, source_.offset_of(start.index)), source_.text().size());
}

Run::End Run::tag_problem(const yaml_mark_t& start, const yaml_char_t* tag) {
  if (tag == nullptr || (!in_flow() && !escaped_nul_)) return End::complete;
  const auto text = source_.text();
  const auto at = first_of(start, '!');
  if (text.substr(at, end_of_tag(text, at) - at).find("%00") != std::string_view::npos) {
    return fail(Error(Errc::unsupported, "yaml: a tag with a NUL character"));
  }
  return in_flow() ? tag_indicators(at) : End::complete;
}

Run::End Run::scalar_problem(const yaml_event_t& event, std::string_view value) {
  const auto style = event.data.scalar.style;
  if (style == YAML_PLAIN_SCALAR_STYLE && in_flow() && value.find('?') != std::string_view::npos) {
    // To go-yaml the question mark starts a key, where none can be.
    const auto text = source_.text();
    const auto mark = first_of(event.start_mark, '?');
    std::size_t line = event.start_mark.line;
    for (auto at = source_.offset_of(event.start_mark.index); at < mark; ++at) {
      if (is_break_at(text, at) && text.substr(at, 2) != "\r\n") ++line;
    }
    const auto outer = open_.rbegin() + (open_.back().pair ? 1 : 0);
    const bool mapping = tree_.nodes[outer->node].kind == NodeKind::mapping;
    return fail(parser_error(line, outer->line,
                             mapping ? "did not find expected ',' or '}'" : "did not find expected ',' or ']'"));
  }
  if (style == YAML_DOUBLE_QUOTED_SCALAR_STYLE && slashes_ && value.find('/') != std::string_view::npos) {
    const auto text = source_.text();
    const auto end = source_.offset_of(event.end_mark.index);
    std::size_t line = event.start_mark.line;
    for (auto at = first_of(event.start_mark, '"') + 1; at < end; ++at) {
      if (is_break_at(text, at) && text.substr(at, 2) != "\r\n") ++line;
      if (text[at] != '\\' || is_break_at(text, at + 1)) continue;
      ++at;
      if (text[at] == '/') return fail(scanner_error(line, event.start_mark.line, "found unknown escape character"));
    }
  }
  return End::complete;
}

}  // namespace

Result<Tree> read_tree(std::string_view bytes) {
  auto source = Source::from(bytes);
  if (!source) return std::move(source).error();
  std::size_t attempted = 0;
  for (std::size_t attempt = 0; attempt < max_attempts && attempted < max_attempted_bytes; ++attempt) {
    Tree tree;
    Run run(*source, tree);
    switch (run.read()) {
      case Run::End::complete: return tree;
      case Run::End::failed: return std::move(run).error();
      case Run::End::adapted: break;
    }
    attempted += source->text().size();
  }
  return Error(Errc::limit_exceeded, "yaml: too many strings with the escape \\', or words that end in ':' before ','");
}

}  // namespace portolan::internal::yaml
