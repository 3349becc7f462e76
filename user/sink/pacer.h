/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks as they came with time: into a struct pace. */
#pragma once

struct out;
struct pace;
struct sink;

/* Nothing is written into out; pace is borrowed, and begun anew at the start. 0 and *ret; -ENOMEM. */
int pacer_new(struct out *out, struct pace *pace, struct sink **ret);
