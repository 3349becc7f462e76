/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration on its way to the sender, and with it what only the collector may read: files with keys and certificates
 * that root alone can have made what they are. Any other file the sender reads as who it is, or not at all.
 */
#pragma once

struct link;
struct ruleset;

/* 0; -ENOMEM or -EMSGSIZE, and the sender keeps what it has. */
int handover(struct link *l, const struct ruleset *set);
