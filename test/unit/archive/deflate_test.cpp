// SPDX-License-Identifier: Apache-2.0
#include "archive/deflate.h"

#include <doctest/doctest.h>

#include "deflate_support.h"

using namespace portolan::test;

namespace {

enum class Block { none, stored, fixed, dynamic };

/// Small inputs and what Go 1.26 makes of them (go-deflate 8.1).
struct Row {
  std::string name;
  const char* input;
  Block first;
  const char* output;
};

const Row table[] = {
    {"S-01", "", Block::none, "010000ffff"},
    {"S-02", "00", Block::fixed, "6200040000ffff"},
    {"S-03", "61", Block::fixed, "4a04040000ffff"},
    {"S-04", "ff", Block::fixed, "fa0f080000ffff"},
    {"S-05", "6161", Block::fixed, "4a4c04040000ffff"},
    {"S-06", "616161", Block::fixed, "4a4c4c04040000ffff"},
    {"S-07", "61616161", Block::fixed, "4a4c4c4c04040000ffff"},
    {"S-08", "61*5", Block::fixed, "4a040140000000ffff"},
    {"S-09", "61*6", Block::fixed, "4a040340000000ffff"},
    {"S-10", "61*7", Block::fixed, "4a840040000000ffff"},
    {"S-11", "ff*8", Block::fixed, "fa0f0580000000ffff"},
    {"S-12", "61*258", Block::fixed, "4a1cf100100000ffff"},
    {"S-13", "61*259", Block::fixed, "4a1c0580000000ffff"},
    {"S-14", "61*260", Block::fixed, "4a1c058980000000ffff"},
    {"S-15", "61*261", Block::fixed, "4a1c05898980000000ffff"},
    {"S-16", "61*262", Block::fixed, "4a1c0589898980000000ffff"},
    {"S-17", "61*263", Block::fixed, "4a1c052000080000ffff"},
    {"S-18", "61*264", Block::fixed, "4a1c056000080000ffff"},
    {"S-19", "61*520", Block::fixed, "4a1c05a320313111100000ffff"},
    {"S-20", "00*1024", Block::fixed, "621805a360148c5800080000ffff"},
    {"S-21", "616263616263", Block::fixed, "4a4c4a4e4c4a06040000ffff"},
    {"S-22", "616263616263616263", Block::fixed, "4a4c4a862040000000ffff"},
    {"S-23", "6162636461626364", Block::fixed, "4a4c4a4e016140000000ffff"},
    {"S-24", "616263646162636461", Block::fixed, "4a4c4a4e016340000000ffff"},
    {"S-25", "616263645f626364656667685f5f 61..68", Block::fixed, "4a4c4a4e894f4a4e494d4bcf888f4f84b200010000ffff"},
    {"S-26", "616263646531626364656632616263646566", Block::fixed, "4a4c4a4e49350411694660761a200000ffff"},
    {"S-27", "30..39 61626364656658 31..39 61..6b 59 30..39 61..6b", Block::fixed,
     "3230343236313533b7b04c4c4a4e494d8b40e3a76764666547a2ab028b02020000ffff"},
    {"S-28", "68656c6c6f2068656c6c6f2068656c6c6f2068656c6c6f0a", Block::fixed, "ca48cdc9c957c020b900010000ffff"},
    {"S-29", "6e616d653a2064656d6f0a76657273696f6e3a20302e312e300a61707056657273696f6e3a20302e312e300a", Block::fixed,
     "ca4bcc4db5524849cdcde72a4b2d2acecccfb35230d033d433e04a2c2808431501040000ffff"},
    {"S-30", "00..8f", Block::fixed,
     "6260646266616563e7e0e4e2e6e1e5e3171014121611151397909492969195935750545256515553d7d0d4d2d6d1d5d33730343236313533b"
     "7b0b4b2b6b1b5b37770747276717573f7f0f4f2f6f1f5f30f080c0a0e090d0b8f888c8a8e898d8b4f484c4a4e494d4bcfc8cccacec9cdcb2f"
     "282c2a2e292d2bafa8acaaaea9adab6f686c6a6e696d6befe8eceaeee9edeb07040000ffff"},
    {"S-31", "00..ff", Block::stored, "000001fffe 00..ff 010000ffff"},
    {"S-32", "90..9f", Block::fixed, "9a3071d2e42953a74d9f3173d6ec3973e7cd07040000ffff"},
    {"S-33", "90..af", Block::stored, "002000dfff 90..af 010000ffff"},
    {"S-34", "90..ff", Block::stored, "0070008fff 90..ff 010000ffff"},
    {"S-35", "90b9e29bc4eda6cff8b1da93bce59ec7f0a9d2fbb4dd96bf", Block::fixed,
     "9ab0f3d1ec236f979dffb1f1d6e43d4fe71dffb0f2d2ef2d77a7ed07040000ffff"},
    {"S-36", "90b9e29bc4eda6cff8b1da93bce59ec7f0a9d2fbb4dd96bfe8", Block::fixed,
     "9ab0f3d1ec236f979dffb1f1d6e43d4fe71dffb0f2d2ef2d77a7ed7f01080000ffff"},
    {"S-37", "90b9e29bc4eda6cff8b1da93bce59ec7f0a9d2fbb4dd96bfe8a1", Block::stored,
     "001a00e5ff90b9e29bc4eda6cff8b1da93bce59ec7f0a9d2fbb4dd96bfe8a1010000ffff"},
    {"S-38", "90b9e29bc4eda6cff8b1da93bce59ec7f0a9d2fbb4dd96bfe8a1ca", Block::stored,
     "001b00e4ff90b9e29bc4eda6cff8b1da93bce59ec7f0a9d2fbb4dd96bfe8a1ca010000ffff"},
    {"S-39",
     "58354f2150254041505b345c505a58353428505e2937434329377d2445494341522d5354414e444152442d414e544956495255532d5445535"
     "42d46494c452124482b482a0a",
     Block::fixed,
     "8a30f5570c5075700c88368909888a3035d10888d3347776d634af5571f574760cd20d0e71f473710c72d175f40bf10cf30c0a0dd60d710d0"
     "ed175f3f4715554f1d0f6d0e202040000ffff"},
    {"S-40", "61..68 31..38 61626364656667", Block::fixed, "4a4c4a4e494d4bcf30343236313533b780f201010000ffff"},
    {"S-41", "61..68 31..38 61626364", Block::fixed, "4a4c4a4e494d4bcf30343236313533b700f101010000ffff"},
    {"S-42", "61..68 31..38 616263", Block::fixed, "4a4c4a4e494d4bcf30343236313533b7484c4a06040000ffff"},
    {"S-43", "31..39 30..39 30..39 30..39 30..39 30..39 30..39 30..39 30..39 30..39 30", Block::fixed,
     "32343236313533b7b034a01d0b100000ffff"},
    {"S-44",
     "001ce7b6aa7d0f2f5e14e5256d8a60d1bae573651e8aeac71482589a447e339ecdd51ff4e2a0b46f8caea15e9d71ee130334887c8a6dc0209"
     "41d0cb0bfbf8264",
     Block::stored,
     "004000bfff001ce7b6aa7d0f2f5e14e5256d8a60d1bae573651e8aeac71482589a447e339ecdd51ff4e2a0b46f8caea15e9d71ee130334887"
     "c8a6dc020941d0cb0bfbf8264010000ffff"},
    {"S-45",
     "62*5 "
     "61616262616261616162626261616261616261616261626162626261626261626162626161616162626261616162626162616261626261626"
     "26262",
     Block::fixed, "4a0281c4c4a4a4c4a444100562435112989b046124c264a102602a292909100000ffff"},
    {"S-46",
     "626261626261636264626461636161636162616361636361616164626364616262646164616463626461616463616263 61*6 "
     "64626264616462616261",
     Block::dynamic, "1cc941110030108430adb0f8d7d0b97e134599198321630372a111cda0e1c5bf7391170000ffff"},
    {"S-47", "61616263626263626161636363616163616163616361616361616362626163", Block::fixed,
     "4a4c4c4a4e4a4a4e4a4c4c4e4e4e4c0423289d9494980c080000ffff"},
    {"S-48", "6163656569696964696863646562656661696163636665646562656168626267", Block::fixed,
     "4a4c4e4dcdcccc4cc9cc484e494d4a4d4bcc4c4c4e4e4b05b113339292d201010000ffff"},
};

Block first_block(std::string_view raw) {
  const unsigned bits = static_cast<unsigned char>(raw.at(0));
  if ((bits & 1) != 0) return Block::none;
  const Block types[] = {Block::stored, Block::fixed, Block::dynamic};
  return types[bits >> 1 & 3];
}

}  // namespace

TEST_CASE("small inputs are compressed to the bytes of Go, and inflate to themselves") {
  for (const auto& row : table) {
    CAPTURE(row.name);
    const auto input = unhex(row.input);
    const auto output = deflated(input);
    CHECK(hex(output) == hex(unhex(row.output)));
    CHECK(first_block(output) == row.first);
    CHECK(inflated(output, input.size()) == input);
  }
}

TEST_CASE("empty writes change nothing") {
  std::string out = "before";
  portolan::internal::archive::Deflater deflater(out);
  deflater.write("");
  deflater.write("aaaaa");
  deflater.write("");
  deflater.finish();
  CHECK(hex(out) == hex("before") + "4a040140000000ffff");
}

TEST_CASE("an encoder may be moved between writes") {
  std::string out;
  portolan::internal::archive::Deflater first(out);
  first.write("abcd");
  portolan::internal::archive::Deflater second(std::move(first));
  second.write("abcd");
  second.finish();
  CHECK(hex(out) == "4a4c4a4e016140000000ffff");
}
