/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of /etc/capsieve/run.d: one command that somebody may start with capabilities that they do not
 * have.
 *
 *   version: 1
 *   users: [alice, 1001]             # who may; "*" is anybody
 *   groups: [capture]                # and who else
 *   command: [/usr/bin/tcpdump, -ni, eth0]
 *   arguments: exact                 # or any: the caller may add more words
 *   capabilities: [net_raw]          # or none
 *   user: nobody:nogroup             # as whom; the caller where it is not given
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct yml;
struct yml_node;
struct yml_report;

#define GRANT_DIR "/etc/capsieve/run.d"

enum { GRANT_WORDS_MAX = 256 };

struct grant {
	struct yml *file;	/* owns all words */
	const struct yml_node *users, *groups;	/* scalars or lists; NULL: not given */
	char *command[GRANT_WORDS_MAX + 1];	/* ends with NULL */
	size_t words;
	bool more_words;
	uint64_t caps;
	const char *user;	/* NULL: the caller */
};

/* 0 and *ret, for grant_done; -EINVAL and all mistakes in the report; -ENOMEM. */
int grant_parse(const char *text, size_t n, struct yml_report *report, struct grant *ret);
void grant_done(struct grant *g);

/* May the process's real user, with the groups that it has? Root may always. */
bool grant_is_for_us(const struct grant *g);

/*
 * The words to start where the caller asks for argv (NULL: for nothing but the rule): 0 and *ret, argv or the
 * rule's own; -EPERM and a sentence where the rule has another command.
 */
int grant_command(const struct grant *g, char *const *argv, char *const **ret, struct buf *why);
