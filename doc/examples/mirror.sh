#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Mirrors the versions of a chart that are new enough. Every command says what it did in JSON, and its exit code can be
# trusted: 2 says that the target holds other content under a version, which is no reason to stop.
#
#     mirror.sh SOURCE TARGET RANGE
set -eu
portolan versions "$1" --version "$3" -o json | jq -r '.versions[].tag' |
while read -r tag; do
  portolan copy "$1:$tag" "$2:$tag" --referrers -o json || [ $? -eq 2 ]
done
