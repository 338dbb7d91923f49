// SPDX-License-Identifier: Apache-2.0
// Everything. Link portolan; chart.h is for programs that need no network.
#pragma once

#include <portolan/auth/credential.h>
#include <portolan/auth/credential_files.h>
#include <portolan/auth/scope.h>
#include <portolan/chart.h>
#include <portolan/client/auth_explanation.h>
#include <portolan/client/client.h>
#include <portolan/client/host_config.h>
#include <portolan/client/library_version.h>
#include <portolan/http/headers.h>
#include <portolan/http/origin.h>
#include <portolan/http/retry_policy.h>
#include <portolan/http/transport.h>
#include <portolan/registry/access_report.h>
#include <portolan/registry/registry.h>
