// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>

#include <portolan/chart/package.h>

#include "archive/archive_reader.h"
#include "base/file.h"
#include "chart_files.h"
#include "temporary_directory.h"

using namespace portolan;
using namespace portolan::chart;
using portolan::test::put_file;
using portolan::test::TemporaryDirectory;

namespace {

const PackageOptions as_helm{.timestamps = Timestamps::source};

struct Listed {
  std::string name;
  std::uint64_t size;
};

std::string text_of(const std::vector<Listed>& members) {
  std::string text;
  for (const auto& member : members) text += member.name + " " + std::to_string(member.size) + "\n";
  return text;
}

std::vector<Listed> members_of(const std::string& archive) {
  using internal::archive::ArchiveReader;
  auto reader = ArchiveReader::open(*MemoryBlob(archive).open({}, 0), ArchiveReader::Format::tar_gzip).value();
  std::vector<Listed> members;
  for (;;) {
    auto member = reader.next().value();
    if (!member) return members;
    members.push_back({member->name, member->size});
  }
}

// The example of the packaging specification.
void make_demo(const std::filesystem::path& root) {
  put_file(root / "Chart.yaml",
           "apiVersion: v2\nname: demo\nversion: 0.3.0\ndescription: |\n  Two\n  lines\nmaintainers:\n- name: Ann\n");
  put_file(root / "values.yaml", "replicas: 2\n");
  put_file(root / "templates/cm.yaml", "kind: ConfigMap\n");
  put_file(root / "README.md", "# Demo\n");
  put_file(root / ".helmignore", "*.tmp\n");
  put_file(root / "junk.tmp", "x");
  put_file(root / "charts/kid/Chart.yaml", "name: kid\nversion: 1.0.0\n");
}

void make_plain(const std::filesystem::path& root, const std::string& more = "") {
  put_file(root / "Chart.yaml", "apiVersion: v2\nname: x\nversion: 1.0.0\n" + more);
}

}  // namespace

TEST_CASE("a chart is packaged into Helm's members, in Helm's order") {
  TemporaryDirectory dir;
  make_demo(dir / "any-name");
  const auto package = chart::package(dir / "any-name", as_helm).value();
  CHECK(package.file_name() == "demo-0.3.0.tgz");
  CHECK(package.member_count() == 6);
  CHECK(text_of(members_of(package.archive())) ==
        "demo/Chart.yaml 92\n"
        "demo/values.yaml 12\n"
        "demo/templates/cm.yaml 16\n"
        "demo/.helmignore 6\n"
        "demo/README.md 7\n"
        "demo/charts/kid/Chart.yaml 40\n");
  CHECK(package.manifest().annotations().at("org.opencontainers.image.created") == "2023-11-14T22:13:20Z");
}

TEST_CASE("a package is the very file that Helm 4.2.4 writes") {
  TemporaryDirectory dir;
  put_file(dir / "t/Chart.yaml", "apiVersion: v2\nname: t\nversion: 0.1.0\n");
  const auto package = chart::package(dir / "t", as_helm).value();
  CHECK(package.archive().size() == 191);
  CHECK(package.archive_digest().encoded() == "60c085e5fb13c6b40d1a38af1e358f05027dd0e82bdcea8eef011b6c12fb959d");
}

TEST_CASE("where the tar is cut into writes shows in the file, as it does in Helm's") {
  TemporaryDirectory dir;
  put_file(dir / "cut/Chart.yaml", "apiVersion: v2\nname: cut\nversion: 0.1.0\n");
  std::string big(63'999, '\0');
  std::uint32_t x = 1;
  for (auto& c : big) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    c = static_cast<char>(33 + x % 64);
  }
  for (std::size_t i = 0; i < 10; ++i) big[63'738 + i] = big[31'038 + i];
  put_file(dir / "cut/big.txt", big);
  const auto package = chart::package(dir / "cut", as_helm).value();
  CHECK(package.archive().size() == 48'478);
  CHECK(package.archive_digest().encoded() == "22ca9675d6206d6d125cb4406b60556c3ad2dc7c7352d52a2ad21fe7d26eb61f");
}

TEST_CASE("the same files give the same bytes, whatever their times and the folder") {
  TemporaryDirectory dir;
  make_plain(dir / "one");
  make_plain(dir / "elsewhere/two");
  put_file(dir / "one/README.md", "r", 1'600'000'000);
  put_file(dir / "elsewhere/two/README.md", "r", 1'650'000'000, 999'999'999);
  const auto one = chart::package(dir / "one").value();
  const auto two = chart::package(dir / "elsewhere/two").value();
  CHECK(one.archive() == two.archive());
  CHECK(one.manifest().digest() == two.manifest().digest());
  CHECK_FALSE(one.manifest().annotations().contains("org.opencontainers.image.created"));
}

TEST_CASE("the creation time is what was asked for, else the epoch, else the newest member") {
  TemporaryDirectory dir;
  make_plain(dir / "x");
  put_file(dir / "x/new.txt", "n", 1'700'000'059, 500'000'000);
  const auto created = [&](const PackageOptions& options) {
    return chart::package(dir / "x", options).value().manifest().annotations().at("org.opencontainers.image.created");
  };
  CHECK(created({.timestamps = Timestamps::source}) == "2023-11-14T22:14:20Z");
  CHECK(created({.source_date_epoch = 1}) == "1970-01-01T00:00:01Z");
  CHECK(created({.source_date_epoch = 1, .created = "2031-02-03T04:05:06+01:00"}) == "2031-02-03T04:05:06+01:00");
  CHECK(chart::package(dir / "x", {.created = "yesterday"}).error().code() == Errc::invalid_argument);
}

TEST_CASE("reading a package gives the digests that packaging gave") {
  TemporaryDirectory dir;
  make_demo(dir / "demo");
  for (const auto timestamps : {Timestamps::fixed, Timestamps::source}) {
    const auto package = chart::package(dir / "demo", {.timestamps = timestamps}).value();
    const auto path = package.write_to(dir / "out").value();
    const auto read = read_package({}, path).value();
    CHECK(read.archive() == package.archive());
    CHECK(read.config() == package.config());
    CHECK(read.manifest().bytes() == package.manifest().bytes());
    CHECK(read.member_count() == package.member_count());
  }
}

TEST_CASE("a provenance file beside the archive becomes a layer, by the order of digests") {
  TemporaryDirectory dir;
  make_plain(dir / "x");
  const auto path = chart::package(dir / "x").value().write_to(dir.path()).value();
  put_file(path.string() + ".prov", "not really a provenance file\n");
  const auto with = read_package({}, path).value();
  REQUIRE(with.manifest().layers().size() == 2);
  CHECK(with.manifest().layers()[0].digest < with.manifest().layers()[1].digest);
  CHECK(with.provenance() == "not really a provenance file\n");
  CHECK(read_package({}, path, {.provenance = AdjacentProvenance::leave}).value().manifest().layers().size() == 1);
}

TEST_CASE("an archive and its provenance file are written both or not at all") {
  TemporaryDirectory dir;
  make_plain(dir / "x");
  const auto path = chart::package(dir / "x").value().write_to(dir / "in").value();
  put_file(path.string() + ".prov", "signature");
  const auto package = read_package({}, path).value();
  const auto file = dir / "out" / package.file_name();
  put_file(file / "in the way", "");
  CHECK_FALSE(package.write_to(dir / "out"));
  CHECK_FALSE(std::filesystem::exists(file.string() + ".prov"));
  std::filesystem::remove_all(file);
  put_file(file.string() + ".prov/in the way", "");
  CHECK_FALSE(package.write_to(dir / "out"));
  CHECK_FALSE(std::filesystem::exists(file));
  std::filesystem::remove_all(file.string() + ".prov");
  CHECK(package.write_to(dir / "out"));
  CHECK(read_package({}, file).value().provenance() == "signature");
}

TEST_CASE("options replace version and appVersion, and a bad version is refused") {
  TemporaryDirectory dir;
  make_plain(dir / "x");
  const auto package = chart::package(dir / "x", {.version = "2.0.0+b.1", .app_version = "7"}).value();
  CHECK(package.file_name() == "x-2.0.0+b.1.tgz");
  CHECK(package.tag() == "2.0.0_b.1");
  CHECK(package.metadata().app_version == "7");
  CHECK(chart::package(dir / "x", {.version = "nope"}).error().code() == Errc::invalid_reference);
}

TEST_CASE("what Helm refuses to package is refused") {
  struct Row {
    const char* file;
    const char* content;
    const char* message;
  };
  const Row rows[] = {
      {"Chart.yaml",
       "apiVersion: v2\nname: x\nversion: 1.0.0\ndependencies: [{name: a}, {name: b}, {name: a, alias: c}]",
       "found in Chart.yaml, but missing in charts/ directory: a, b, a"},
      {"Chart.yaml", "apiVersion: v3\nname: x\nversion: 1.0.0", "invalid chart apiVersion"},
      {"Chart.yaml", "apiVersion: v9\nname: x\nversion: 1.0.0", "unsupported chart version"},
      {"Chart.yaml", "name: x\nversion: 1.0.0\nappVersion: .inf",
       "cannot load Chart.yaml: error converting YAML to JSON: json: unsupported value: +Inf"},
      {"Chart.yaml", "name: x\nversion: 1.0.0\nkeywords: [-.inf]", "json: unsupported value: -Inf"},
      {"values.schema.json", "", "invalid JSON in x/values.schema.json"},
      {"values.schema.json", "{,}", "invalid JSON in x/values.schema.json"},
      {"values.yaml", "- list", "cannot load values.yaml"},
      {"charts/README.md", "text", "error unpacking subchart README.md in x: Chart.yaml file is missing"},
      {"charts/a.tgz/file", "text", "error unpacking subchart tar in x: expected a.tgz, got a.tgz/file"},
      {"charts/a.tgz", "text", "error unpacking subchart a.tgz in x"},
      {"charts/kid/Chart.yaml", "version: 1.0.0", "validation: chart.metadata.name is required"},
      {".helmignore", "Chart.yaml", "Chart.yaml file is missing"},
      {".helmignore", "a/**", "double-star (**) syntax is not supported"},
      {"Chart.lock", "generated: 2020-01-01", "cannot load Chart.lock"},
      {"requirements.yaml", "dependencies: 1", "cannot load requirements.yaml"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.file);
    CAPTURE(row.content);
    TemporaryDirectory dir;
    make_plain(dir / "x");
    put_file(dir / "x" / row.file, row.content);
    const auto package = chart::package(dir / "x");
    REQUIRE_FALSE(package);
    CHECK(package.error().code() == Errc::invalid_chart);
    CHECK(package.error().message().find(row.message) != std::string::npos);
  }
}

TEST_CASE("Chart.yaml alone decides whether a chart can be packaged") {
  TemporaryDirectory dir;
  put_file(dir / "x/Chart.yaml", "apiVersion: v1\nname: x\nversion: 1.0.0\n");
  put_file(dir / "x/requirements.yaml", "apiVersion: v9\n");
  const auto package = chart::package(dir / "x");
  REQUIRE(package);
  CHECK(package->metadata().api_version == "v9");
}

TEST_CASE("what stands in charts/ is kept or left as Helm does") {
  TemporaryDirectory dir;
  make_plain(dir / "x", "dependencies: [{name: kid}]\n");
  put_file(dir / "x/charts/dir/Chart.yaml", "name: kid\nversion: 1.0.0\n");
  put_file(dir / "x/charts/_parked/README.md", "r");
  put_file(dir / "x/charts/.hidden", "h");
  put_file(dir / "x/charts/a.tgz.prov", "p");
  make_plain(dir / "packed");
  const auto inner = chart::package(dir / "packed").value();
  REQUIRE(internal::write_file(dir / "x/charts/any.tgz", inner.archive()));
  const auto package = chart::package(dir / "x").value();
  CHECK(text_of(members_of(package.archive())) ==
        "x/Chart.yaml 81\n"
        "x/charts/a.tgz.prov 1\n"
        "x/charts/x/Chart.yaml 38\n"
        "x/charts/kid/Chart.yaml 40\n");
}

TEST_CASE("a v1 chart keeps its requirements as files, a v2 chart takes them into Chart.yaml") {
  TemporaryDirectory dir;
  for (const std::string version : {"v1", "v2"}) {
    const auto root = dir / version;
    put_file(root / "Chart.yaml", "apiVersion: " + version + "\nname: x\nversion: 1.0.0\n");
    put_file(root / "requirements.yaml", "dependencies: [{name: kid, version: 1.0.0, repository: r}]");
    put_file(root / "requirements.lock", "generated: \"2024-01-01T00:00:00Z\"\ndigest: d\n");
    put_file(root / "charts/kid/Chart.yaml", "name: kid\nversion: 1.0.0\n");
  }
  const auto v1 = chart::package(dir / "v1").value();
  CHECK(members_of(v1.archive()).size() == 4);
  CHECK(v1.config().find("dependencies") != std::string::npos);
  CHECK(v1.chart().warnings.empty());
  const auto v2 = chart::package(dir / "v2").value();
  CHECK(text_of(members_of(v2.archive())) == "x/Chart.yaml 97\nx/Chart.lock 63\nx/charts/kid/Chart.yaml 40\n");
  CHECK(v2.chart().warnings.size() == 2);
}

TEST_CASE("symbolic links are followed and told, broken ones refused") {
  TemporaryDirectory dir;
  make_plain(dir / "x");
  put_file(dir / "outside.txt", "o");
  std::filesystem::create_symlink(dir / "outside.txt", dir / "x/linked.txt");
  const auto package = chart::package(dir / "x").value();
  CHECK(package.chart().warnings.size() == 1);
  CHECK(package.chart().files().at(0).data == "o");
  std::filesystem::create_symlink("missing", dir / "x/broken");
  CHECK(chart::package(dir / "x").error().code() == Errc::invalid_chart);
}

TEST_CASE("a link to a parent directory ends in an error, not in a loop") {
  TemporaryDirectory dir;
  make_plain(dir / "x");
  std::filesystem::create_directory_symlink("..", dir / "x/up");
  CHECK_FALSE(chart::package(dir / "x"));
}

TEST_CASE("a file may have 5 MiB and not a byte more") {
  TemporaryDirectory dir;
  make_plain(dir / "x");
  put_file(dir / "x/large", std::string(max_file_size, 'a'));
  CHECK(chart::package(dir / "x"));
  put_file(dir / "x/large", std::string(max_file_size + 1, 'a'));
  CHECK(chart::package(dir / "x").error().code() == Errc::limit_exceeded);
}

TEST_CASE("packaging what is no directory says so") {
  TemporaryDirectory dir;
  CHECK(chart::package(dir / "missing").error().code() == Errc::no_such_file);
  put_file(dir / "file", "x");
  CHECK(chart::package(dir / "file").error().code() == Errc::invalid_argument);
}

TEST_CASE("a chart is unpacked whole, under its own name, never over what is there") {
  TemporaryDirectory dir;
  make_demo(dir / "demo");
  const auto package = chart::package(dir / "demo").value();
  const auto path = unpack({}, package, dir / "out").value();
  CHECK(path == dir / "out/demo");
  CHECK(internal::read_file(path / "templates/cm.yaml", 100).value() == "kind: ConfigMap\n");
  CHECK(internal::read_file(path / "charts/kid/Chart.yaml", 100).value() ==
        "apiVersion: v1\nname: kid\nversion: 1.0.0\n");
  CHECK(unpack({}, package, dir / "out").error().code() == Errc::conflict);
  CHECK(std::distance(std::filesystem::directory_iterator(dir / "out"), {}) == 1);
}
