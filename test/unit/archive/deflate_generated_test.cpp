// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <portolan/base/digest.h>

#include "deflate_support.h"
#include "generators.h"

using namespace portolan::test;

namespace {

std::string sha256(std::string_view bytes) { return std::string(portolan::digest_of(bytes).encoded()); }

/// go-deflate 8.2: inputs written at once, and the size and SHA-256 of what Go 1.26 makes of them.
struct Row {
  std::string name;
  std::string (*input)();
  const char* input_sha256;  // its first sixteen digits
  std::size_t size;
  const char* sha256;
};

const Row table[] = {
    {"G-01", [] { return text(1, 32767); }, "499c8f50374ea5ee", 5028,
     "65f65f4d0fa8b049b915df4ebbcae6ec23483d58c366a453ac73c09da217b2d2"},
    {"G-02", [] { return text(1, 32768); }, "e60c49ed01311a4d", 5028,
     "3fe6e7b5805c7965106791e7f6f268091cc238c5d09196a237dfd17c4b87c355"},
    {"G-03", [] { return text(1, 32769); }, "c37fdb638524c503", 5028,
     "ee78f42bd77e295d7a4fdfa6b85ffc2fbb04eaf7a9a52a6bb6e7835a884e3d3f"},
    {"G-04", [] { return text(1, 65535); }, "c8450ecfc099c032", 9715,
     "9e78aac3badd375f1377d59f3ab4a4c24eb49cbeca30eef0dfd71f96920f1b7a"},
    {"G-05", [] { return text(1, 65536); }, "0616859fc4dbb684", 9713,
     "338acdeece242302a3489ce66ca2349ace99a3a9f0065ae740dedda2ca648ef4"},
    {"G-06", [] { return text(1, 98304); }, "1ac965a181b9afb1", 14365,
     "1fb245f775d2e8266034fba297a8852e23dace28cb448be460d1bed3c11ad050"},
    {"G-07", [] { return rnd(1, 32768); }, "60254a9da954d177", 32783,
     "75e1ec81336d6142dd9dd745c479a4a81882867d8b9407d67939b00ffb897ca0"},
    {"G-08", [] { return rnd(1, 65535); }, "95a6479fb0f8d0ae", 65560,
     "3c1df27463b41d912695486647292b7b27259bb75cb72fc28ee96607a1dfc2e7"},
    {"G-09", [] { return rnd(1, 65536); }, "b718e88339307234", 65561,
     "1f2628dfd0061698500d67ef3284d0e187e49d2f0e9c85689c8b3b9c814c46cb"},
    {"G-10", [] { return rnd(1, 65537); }, "317d07e763ee277f", 65563,
     "affaf67a43edcce222f6220139ba235d56ab72f0ccddf030409ab7261239cb87"},
    {"G-11", [] { return copy(3, 65535, 200, 32768, 40); }, "3ae79718f1b17a86", 25896,
     "30381f5663ee99d142664dcae279dfbf04b135c432d23c6379ea89e60ca7673b"},
    {"G-12", [] { return copy(3, 65536, 200, 32768, 40); }, "217820d447348710", 25896,
     "a004990d97050babd928b0064b2b23aec1d927d1791d2fc4c376eaa9e93832a6"},
    {"G-13", [] { return copy(3, 65537, 200, 32768, 40); }, "4ab32b2dede49454", 25896,
     "2919cbe536a3c26943048ade4bc5e75f36ca075a8dd7741958861540959f8638"},
    {"G-14", [] { return copy(3, 65798, 200, 32768, 40); }, "b198f92743e84956", 25990,
     "4cf4860d7ae61cadd2fbd56e4a56964d0201a8440a6a510561be1a920c9262d4"},
    {"G-15", [] { return copy(3, 1048576, 200, 32768, 40); }, "fce9c4e0c0d38070", 405259,
     "530beba0b178e5cbc6775584cf613379e467d6f0e00bceb309e35a7e8b606b20"},
    {"G-16", [] { return run(65536, 0); }, "de2f256064a0af79", 82,
     "04255b1c36d648439014b3c729a014a4bf54a37246f0d64018a0c6f78a3e0055"},
    {"G-17", [] { return run(1000003, 120); }, "60ac51f35e327902", 989,
     "3d4367f17795bea66055eff24ac41774a17193e32bfe83e61832ceb95e8a24b2"},
    {"G-18", [] { return per(100000, 251); }, "cd2df694e424bc79", 708,
     "7e5683816c2799760668ceb310fb7240229c33d9cd4a78184d25cc25b327ac16"},
    {"G-19", [] { return rep(9, 200000, 32506); }, "953c40f01b9c0310", 34007,
     "47b77717dd1d4f9225a4e40473ae308c79bfd518b4a598b3588cbd10fcb8d864"},
    {"G-20", [] { return rep(9, 200000, 32507); }, "7705ffc5ccbc8380", 34007,
     "c823c4e5fdfde77ac233e1097678b4e989caba4c5489d60c0b570c0c967b9b02"},
    {"G-21", [] { return rep(9, 200000, 32767); }, "cd3c1a61674f5924", 35441,
     "fbae7703ed4341099fac585bb38639a0a0cb802886a3df9503c8d84e97da2393"},
    {"G-22", [] { return rep(9, 200000, 32768); }, "f073959b2d77816b", 35438,
     "16160ce66119635ffe137f97a07fddb5a1310e8a533f75d2166877eec107991f"},
    {"G-23", [] { return rep(9, 200000, 32769); }, "86031abb2964307f", 200070,
     "55bf3164861d1c4f019002f22d14c3d3fb98b6064b2e095ecb583b217aa0a758"},
    {"G-24", [] { return alpha(5, 16383, 64); }, "136ba874152775d4", 12340,
     "32f0f9147b6b3c2231288266e9febb12f31fe906e6166233b50f5d38d622a3b3"},
    {"G-25", [] { return alpha(5, 16384, 64); }, "35af25b5a02a2038", 12341,
     "d97d36ecd3b04a51e77ba486c4c56d50b4211edbb0bb0ce1e6a392bb833dee4e"},
    {"G-26", [] { return alpha(5, 16385, 64); }, "bdd4d0ec9bd0bd2e", 12342,
     "ddf97af9f260e4342c9352fe25dcab6ff19336723cf89fa89b1808f6302a3636"},
    {"G-27", [] { return alpha(6, 1048576, 3); }, "80afc431058d712e", 246136,
     "db575c12c0e6d9a2c6e778d99474909c09afbe8e67aeee503128fecdaa841784"},
    {"G-28", [] { return alpha(6, 300000, 20); }, "328957293dcc6dbb", 167698,
     "3d2f959108b5f924c2ee9eec1e6208269c2cb71ebaa5fc3d7ed3105fde10ab5e"},
    {"G-29", [] { return copy(4, 300000, 8, 33000, 300); }, "3120eebec03199cf", 16177,
     "b49ba0f1523cc12c80b251bdaf5b911480ceeff4e70f331c6f17e2335902f902"},
    {"G-30", [] { return copy(5, 262144, 256, 500, 8); }, "98403944db5ef1c4", 213047,
     "07c5fe96b50c899150e5b1341fc8e633c45195755d698149e792fb290556da36"},
    {"G-31", [] { return copy(6, 500000, 2, 32768, 258); }, "936d1db8bba72a62", 56117,
     "a527b13c306ebfa39e3f30f5ddb6c0cd632759266f40bbba4b298a9acbccfb8f"},
    {"G-32", [] { return text(2, 1048576); }, "160e493b9f2651bd", 149247,
     "df1947b98c8a7a0be2320bce19cdd8c56f7203e2f469275874d038a751bbaaad"},
    {"G-33", [] { return rnd(2, 1048576); }, "9fe0da140fb30cf2", 1048901,
     "dff5ca1b43d5762709994623efaa3802abaff28a7b2901f2b702c830ecd46e6a"},
    {"G-34", [] { return text(3, 20000000); }, "2920eb669c7917c6", 2840322,
     "ad2f9aa649c394ea3adbce507173b258a50f79c873e4e0ef24506c1926c2344e"},
    {"G-35", [] { return copy(7, 40000000, 250, 32768, 60); }, "ca08f0a29c3d3c89", 11949644,
     "7b1ae109fad4c13ca6ac9d2eb849353880c4c6682a7edec06148fc48e3125aa6"},
    {"G-36", [] { return text(8, 50000) + rnd(8, 50000) + text(8, 50000); }, "a7b70116a84419e4", 67470,
     "d3bab1f904e896946fc4dbec9363274e1c8d851c77b9157df70050f30be6c9a1"},
    {"G-37", [] { return patched(alpha(11, 6000, 200), 5500, 1404, 4); }, "2882a6732660d27a", 5802,
     "9d8184ad14c9115820e289e3bd0d0063fa5a07761fb486bdee126d98c2f45704"},
    {"G-38", [] { return patched(alpha(11, 6000, 200), 5500, 1403, 4); }, "f227b5cbb1220fe4", 5799,
     "3a22e242960aa7a5e145e411219be753d70974eb64e5bb8423f275b03ba669fd"},
    {"G-39", [] { return skew(1, 300000, 5); }, "af51af464dfa7253", 162404,
     "0de8506f0a962fedee755efb020ec68c0d03dbdd2d9be3fe72bd2e86a2f0a86c"},
    {"G-40", [] { return skew(1, 300000, 6); }, "d621445add37bf19", 121115,
     "8362e57a904c62c7ea0ada088a888bcb3ee78e8427c9f0974f91cb995c1d7f46"},
    {"G-41", [] { return reprun(1, 200000, 32768); }, "6ac729cd35f25b4c", 22585,
     "2bfb503b264fdb0364a97bbb82427d5d7b4ecee816e7f08beea93882a66a9484"},
};

}  // namespace

TEST_CASE("generated inputs are compressed to the bytes of Go, and inflate to themselves") {
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto input = row.input();
    REQUIRE(sha256(input).substr(0, 16) == row.input_sha256);
    const auto output = deflated(input);
    CHECK(output.size() == row.size);
    CHECK(sha256(output) == row.sha256);
    CHECK((inflated(output, input.size()) == input));
  }
}

TEST_CASE("the cuts between writes show where they do in Go, and nowhere else") {
  const auto d1 = patched(alpha(1, 70000, 64), 65274, 32574, 10);
  const auto d2 = patched(alpha(2, 65536, 64), 65400, 32700, 20);
  REQUIRE(sha256(d1) == "09c7bee0013cc131593608039c996e5b61935219a71cdd7ca9842e475bee67f8");
  REQUIRE(sha256(d2) == "c01e4d228e4b242a7507fd8b6acedd7a8ef635b68e1f91f3da71ab7b826f8323");
  struct Cut {
    std::string name;
    const std::string& input;
    std::vector<std::size_t> segments;
    std::size_t size;
    const char* sha256;
  };
  const Cut cuts[] = {
      {"C-1", d1, {70000}, 52725, "aefc06f01aca9784173bf065bbf2b7c891ebc050417bdf04f6aeb9fbb41c242e"},
      {"C-2", d1, {65000, 5000}, 52725, "aefc06f01aca9784173bf065bbf2b7c891ebc050417bdf04f6aeb9fbb41c242e"},
      {"C-3", d1, {65274, 4726}, 52725, "aefc06f01aca9784173bf065bbf2b7c891ebc050417bdf04f6aeb9fbb41c242e"},
      {"C-4", d1, {65534, 4466}, 52725, "aefc06f01aca9784173bf065bbf2b7c891ebc050417bdf04f6aeb9fbb41c242e"},
      {"C-5", d1, {65535, 4465}, 52726, "6c6096727567b4a263b31ef185fbfa29cd0a42ae609e3a4b9fbb6e341348fdd7"},
      {"C-6", d1, {65536, 4464}, 52725, "aefc06f01aca9784173bf065bbf2b7c891ebc050417bdf04f6aeb9fbb41c242e"},
      {"C-7", d1, std::vector<std::size_t>(70000, 1), 52726,
       "6c6096727567b4a263b31ef185fbfa29cd0a42ae609e3a4b9fbb6e341348fdd7"},
      {"C-8", d2, {65536}, 49341, "3573783b5693ca6e11d0a31500522b9a2baa32a90a16f5566a789b16695d6c7e"},
      {"C-9", d2, {65534, 2}, 49341, "3573783b5693ca6e11d0a31500522b9a2baa32a90a16f5566a789b16695d6c7e"},
      {"C-10", d2, {65535, 1}, 49349, "2fc6b95213a36906e75a03a93302a51ff9549b2d78a90ed13a8dc9a7a447f604"},
  };
  for (const auto& cut : cuts) {
    CAPTURE(cut.name);
    const auto output = deflated(cut.input, cut.segments);
    CHECK(output.size() == cut.size);
    CHECK(sha256(output) == cut.sha256);
    CHECK((inflated(output, cut.input.size()) == cut.input));
  }
}
