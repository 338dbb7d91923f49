// SPDX-License-Identifier: Apache-2.0
#include "stage.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "chart_files.h"

namespace portolan::test {
namespace {

namespace fs = std::filesystem;

void make_charts() {
  put_file("app/Chart.yaml",
           "apiVersion: v2\nname: app\nversion: 1.4.2\nappVersion: \"3.0.1\"\ndescription: A small web application\n"
           "home: https://app.example\nmaintainers:\n  - name: Ada\n    email: ada@app.example\n");
  put_file("app/values.yaml", "replicas: 2\nimage:\n  repository: registry.example/app\n");
  put_file("app/README.md", "# app\n\nA small web application.\n");
  put_file("app/.helmignore", "*.bak\n");
  put_file("app/values.yaml.bak", "replicas: 1\n");
  put_file("app/crds/thing.yaml", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n");
  put_file("app/templates/configmap.yaml",
           "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\ndata:\n  replicas: "
           "{{ .Values.replicas | quote }}\n");
  put_file("library/Chart.yaml", "apiVersion: v2\nname: library\nversion: 0.3.0+build.7\ntype: library\n");
  put_file("library/templates/_names.tpl", "{{- define \"library.name\" -}}{{ .Chart.Name }}{{- end -}}\n");
}

}  // namespace

Stage::Stage() : before_(fs::current_path()), path_(fs::canonical(folder_.path())) {
  fs::current_path(path_);
  make_charts();
}

Stage::~Stage() {
  std::error_code ignored;
  fs::current_path(before_, ignored);
}

Outcome Stage::run(const std::vector<std::string>& words, const cli::Environment& environment,
                   std::stop_token stop) const {
  std::ostringstream out;
  std::ostringstream err;
  cli::Io io{out, err};
  const int code = cli::run_program(words, io, environment, std::move(stop), [] { return Result(cli::network()); });
  return {code, without_path(out.str()), without_path(err.str())};
}

std::string Stage::without_path(std::string text) const {
  const auto path = path_.string();
  for (auto at = text.find(path); at != std::string::npos; at = text.find(path, at))
    text.replace(at, path.size(), "$DIR");
  return text;
}

std::map<std::string, std::string> Stage::files() const {
  std::map<std::string, std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(path_)) {
    const auto name = entry.path().lexically_relative(path_).string();
    found[name] = entry.is_directory() ? "" : read_file(entry.path());
  }
  return found;
}

std::vector<std::string> split_words(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool any = false;
  bool quoted = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  REQUIRE_FALSE(quoted);
  if (any) words.push_back(word);
  return words;
}

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE_MESSAGE(in, path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& path, const std::string& content) {
  if (path.has_parent_path()) fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out << content;
  REQUIRE_MESSAGE(out.flush(), path.string());
}

}  // namespace portolan::test
