// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <portolan/base/reader.h>
#include <portolan/http/transport.h>

#include <functional>
#include <memory>
#include <string>

namespace portolan::internal::registry {

/// Times that a blob's transfer is taken up again without having moved a useful part of it: a sixty-fourth, within
/// these bounds in bytes.
inline constexpr unsigned max_idle_resumptions = 5;
/// The same where the transfer stood still each time, which takes much longer to find out.
inline constexpr unsigned max_idle_stalls = 2;
inline constexpr std::uint64_t least_progress = 4 * 1024;
inline constexpr std::uint64_t useful_progress = 1024 * 1024;

/// Asks for the blob from a byte on; the answer is a 200 or a 206, whose range begins there.
using OpenAt = std::function<Result<portolan::http::Response>(std::uint64_t offset)>;

/// What is read, for messages.
struct ReadBlob {
  std::string digest{};
  std::string registry{};
};

/// The body of an answer, without its first `before` bytes, as the content from byte `offset` on; where its connection
/// breaks off, it goes on with what is left, by `open_at` (registry-protocol 7.1). It verifies nothing.
/// Errors: as the answer's reader and open_at; protocol_error.
std::unique_ptr<Reader> resuming(std::unique_ptr<Reader> body, std::uint64_t before, std::uint64_t offset,
                                 std::uint64_t size, OpenAt open_at, ReadBlob blob);

/// Whether a request for a part was refused as one for the whole may not be: what is not there, or may pass, is not
/// about the range.
bool refuses_ranges(const Error& refusal);

/// How many bytes of an answer's body come before byte `offset` of the content: all of them for a 200 that has ignored
/// the range, none for a proper 206. Nothing where the answer is neither, or is said to be of another size.
std::optional<std::uint64_t> bytes_before(const portolan::http::Response& response, std::uint64_t offset,
                                          std::uint64_t size);

}  // namespace portolan::internal::registry
