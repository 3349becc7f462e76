/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

struct complaints;

/* What is wrong with files, each with its place and its line, to standard error. */
void complain(const struct complaints *told);
