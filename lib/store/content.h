// SPDX-License-Identifier: Apache-2.0
// What every store does with content: prove it, name it, and refuse what nobody can prove.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <portolan/store/store.h>

namespace portolan::internal::store {

/// The size of the pieces in which content is moved.
inline constexpr std::size_t piece_size = 256 * 1024;

/// Errors: unsupported where the digest is of an algorithm that is not known here.
Result<void> check_verifiable(const Digest& digest);
/// The same of a descriptor. What is said to be empty has no bytes that would prove it, so that nobody may read them:
/// it is judged here. Errors: unsupported, verification_failed.
Result<void> check_verifiable(const Descriptor& content);

/// Errors: verification_failed, unsupported.
Result<void> verify(const Descriptor& descriptor, std::string_view bytes);

/// Whether all bytes are those of the descriptor. Errors: those of the reader, but for verification_failed.
Result<bool> proves(const Descriptor& descriptor, std::unique_ptr<Reader> content);

/// Hands all bytes of the source to `sink`, and fails where they are not those of the descriptor. The pieces before
/// such a failure have been handed on by then. Errors: verification_failed, unsupported, the source's, the sink's.
Result<void> move_verified(const Context& context, const Descriptor& descriptor, const BlobSource& source,
                           const std::function<Result<void>(std::string_view)>& sink);

/// The same of content whose beginning is here already: `sink` gets what the source has after it, which is not asked
/// where nothing is missing.
Result<void> move_rest_verified(const Context& context, const Descriptor& descriptor, std::unique_ptr<Reader> beginning,
                                const BlobSource& source, const std::function<Result<void>(std::string_view)>& sink);

/// The digest that a selector is; nothing where it is a tag. Text like `app:10` has the form of a digest too, but
/// only of an algorithm that nobody knows: it is a name.
std::optional<Digest> digest_selector(std::string_view selector);

/// Errors: invalid_reference where one of them is no tag.
Result<void> check_tags(std::span<const std::string> tags);

/// The type of a manifest or index that nobody named, by its body; empty where the bytes are neither.
std::string media_type_of(const std::string& bytes);

/// What a store tells of a manifest by itself: type, digest and size, without what its finder attached.
Descriptor plain(const Descriptor& descriptor);

/// The error that IfExists demands where a tag names `there` already and shall name `here`; nothing where it may.
std::optional<Error> conflict(IfExists if_exists, std::string_view tag, const Digest& there, const Digest& here);

/// A manifest that has a subject, as lists of referrers show it.
struct Referrer {
  Digest subject;
  Descriptor descriptor;  ///< with the effective artifact type and the manifest's annotations
};

/// Nothing where the manifest has no subject, or is none that can be read.
std::optional<Referrer> as_referrer(const Descriptor& manifest, const std::string& bytes);

}  // namespace portolan::internal::store
