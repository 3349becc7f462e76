/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of `watch`, each in its file: what was asked for, the daemon, and asking a daemon that runs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bpf/event.h"
#include "user/base/buf.h"
#include "user/cmd/options.h"

struct argp;
struct say;

enum watch_word { WATCH_DAEMON, WATCH_STATUS, WATCH_RELOAD, WATCH_REOPEN, WATCH_TEST_OUTPUT, WATCH_LEARNED, WATCH_WORDS };

struct watch_options {
	enum watch_word word;
	const char *output;		/* of test-output */
	const char *key;		/* of learned: whose, as a profile; NULL: all, as a list */
	bool reset;			/* of learned: forget what was learned, of .key or of all */
	const char *config, *state, *run, *sender_user;
	const char *rules[RULES_PATHS_MAX];
	size_t rule_count;
	const char *btf, *proc, *engine_socket;
	enum event_probe attach;
	uint64_t ring_bytes, learn_ns;
	bool json, utc, quiet, help;
	unsigned verbose;
	struct buf error;
};

extern const struct say watch_say;
extern const struct argp watch_argp;

/* The words that ask a daemon, by number from 0; NULL: no more. */
const char *watch_word(size_t at);

/* 0; -EINVAL and a sentence in o->error. */
int watch_options_parse(int argc, char **argv, struct watch_options *ret);
void watch_help(void);

/* Exit codes. */
int watch_ask(const struct watch_options *o);
int watch_learned(const struct watch_options *o);

struct jsonin;

/* The answer to `status`, for people. 0, -EINVAL where it is none. */
int watch_status_text(struct buf *b, const struct jsonin *answer, bool utc);
