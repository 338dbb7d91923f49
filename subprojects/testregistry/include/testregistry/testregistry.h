// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <testregistry/request.h>
#include <testregistry/rule.h>
#include <testregistry/server.h>
