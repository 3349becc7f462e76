/* SPDX-License-Identifier: BSD-2-Clause */
/* Will an output be able to do what it is to do, by the files that it needs? */
#pragma once

#include <stdbool.h>

struct config_output;
struct delivery;
struct handed;

/* False, and a sentence in ret->why of who needs which right. What is about others than files is not looked at. */
bool check_output(const struct config_output *output, const struct handed *files, struct delivery *ret);
