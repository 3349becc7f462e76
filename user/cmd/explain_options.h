/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of `capsieve explain`. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "user/base/buf.h"
#include "user/caps/capset.h"
#include "user/caps/filecaps.h"
#include "user/caps/notation.h"
#include "user/caps/securebits.h"

struct argp;

/* A notation, or what only a process has. */
enum explain_format {
	EXPLAIN_MODE = NOTATION_COUNT,
	EXPLAIN_SECUREBITS,
	EXPLAIN_FORMATS
};

struct explain_options {
	bool json, compare, snippet, external, no_new_privs, traced, help;
	bool pid_given, caps_given, iab_given, uid_given, gid_given, securebits_given, mode_given, file_caps_given;
	pid_t pid; /* 0: ourselves, as our caller made us */
	struct capset caps, iab;
	uint32_t uid, gid, securebits;
	bool gid_follows; /* .gid is the user's own, where none was given */
	enum mode mode;
	struct filecaps file_caps;
	bool format_given;
	enum explain_format format;
	const char *has;     /* PART=LIST; NULL: not asked */
	const char **fills;  /* what --fill said, in its order; owned */
	size_t fill_count;
	bool flag_bytes_given;
	uint8_t flag_bytes;
	const char *file; /* -o; NULL: standard output */
	const char *proc;
	const char **words; /* and a NULL; owned */
	size_t word_count;
	struct buf error; /* one sentence, where parsing failed */
};

extern const struct argp explain_argp;

/* 0, or -EINVAL and the sentence; in both cases explain_options_done is to be called. */
int explain_options_parse(int argc, char **argv, struct explain_options *ret);
void explain_options_done(struct explain_options *o);

struct mistake;

/* "WHAT: no such capability 'sys_tme' in column 7 of '...'; did you mean 'CAP_SYS_TIME'?"; what may be NULL. */
void explain_mistake(struct buf *error, const char *what, const char *text, const struct mistake *m);
