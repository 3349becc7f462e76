/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of `watch`, each in its file: what was asked for, the daemon, and asking a daemon that runs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "bpf/event.h"
#include "user/base/buf.h"
#include "user/cmd/options.h"
#include "user/flow.h"

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
	bool journal;			/* standard error is the journal's */
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

/* For struct flow_notes; ctx is a struct watch_options. */
void watch_log(void *ctx, enum flow_level level, const char *text);

/* Is fd what $JOURNAL_STREAM says? stream: its value, NULL: it is not set. */
bool watch_log_is_journal(const char *stream, int fd);

/* Appends lines with their ends, made safe; for the journal each begins with its priority. */
void watch_log_put(struct buf *b, bool journal, enum flow_level level, const char *text);

struct jsonin;

/* The answer to `status`, for people. 0, -EINVAL where it is none. */
int watch_status_text(struct buf *b, const struct jsonin *answer, bool utc);
