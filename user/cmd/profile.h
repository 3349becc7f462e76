/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of `capsieve profile` share. */
#pragma once

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/buf.h"
#include "user/base/out.h"
#include "user/cmd/hear.h"
#include "user/cmd/options.h"
#include "user/cmd/progress.h"
#include "user/host/launch.h"

struct answer;
struct answer_file;
struct argp;
struct change_view;
struct flow_result;
struct options;
struct ranking;
struct recipe;
struct recipe_need;
struct replay;
struct say;
struct sink;
struct subject;
struct subjects;
struct syscalls;
struct users;

/* One look at a command, at what runs, or at a recording. */
struct study {
	const struct say *to;		/* says what went wrong; NULL: profile does */
	const struct options *options;
	struct replay *from;		/* NULL: live */
	uint64_t keeps;			/* capabilities, to write what comes of it */
	struct subjects *subjects;
	struct syscalls *syscalls;
	struct users *users;
	struct out out;
	struct sink *sink;
	struct hear hear;
	struct progress progress;
	struct buf waits_for;		/* in words */
	struct buf name;		/* of who was watched, where that is no workload's */
	struct subject *taken;		/* of .subjects, after the end; and the files of the answer about the first */
	size_t taken_count;
	struct answer_file *files;
	const struct recipe *recipe;	/* NULL: the page, or JSON */
};

/* How its command is started. */
struct profile_start {
	struct launch_as as;
	uint64_t kill_after_ns;	/* as in struct flow_config */
};

/*
 * Can what is found be written where that is wanted, once privileges are given up? An exit code, after saying why not; *ret_keeps:
 * what has to be kept for that.
 */
int profile_find_room(const struct options *o, uint64_t *ret_keeps);

/* What gathers, for .options and .from. Negative errno after saying why; profile_done_study in both cases. */
int profile_open_study(struct study *s);
void profile_done_study(struct study *s);

/*
 * Looks who of those who are meant runs already, and what he holds: he may ask for nothing. To be called just before it listens.
 * 0 or -ENOMEM; where procfs does not tell, it is not known.
 */
int profile_meet_present(struct study *s);

/* Gathers until the end. 0 or negative errno, after what flow_trace() says. */
int profile_hear(struct study *s, const struct profile_start *start, struct flow_result *ret);

/* Was nobody met who was meant? Then that is said, and EXIT_FAILED is the answer; else EXIT_FINE. */
int profile_say_nobody(struct study *s);

/* What comes of it; *ret borrows of both. Negative errno after saying why. */
int profile_conclude(struct study *s, const struct flow_result *result, struct answer *ret);

/* The same of the n-th of .taken; its .files are to be freed. -ENOMEM. */
int profile_conclude_one(struct study *s, const struct flow_result *result, size_t n, struct answer *ret);

/*
 * What comes of all of them, the riskiest first; .taken is filled. 0; -ENOMEM, then it is empty. For profile_done_ranking, and
 * borrows of s.
 */
int profile_rank(struct study *s, const struct flow_result *result, struct ranking *ret);
void profile_done_ranking(struct ranking *r);

/* --host: the same, as profile_tell(). */
int profile_tell_host(struct study *s, const struct flow_result *result, bool *ret_incomplete);

/* Writes the profile where it is to be kept, and shows what is wanted; an exit code. */
int profile_tell(const struct study *s, const struct answer *a);

/* --verify: runs the command again, as advised; an exit code. keeps: as in struct study. */
int profile_prove(struct options *o, const struct recipe *recipe, uint64_t keeps);

/* `profile show`, `diff`, `merge`: argv[0] is that word. An exit code. */
int profile_show(int argc, char **argv);
int profile_diff(int argc, char **argv);
int profile_merge(int argc, char **argv);
extern const struct argp profile_show_argp, profile_diff_argp, profile_merge_argp;

/* These words, by number from 0, each with its own options; NULL: no more. */
const char *profile_word(size_t at, const struct argp **ret);

/* Prints to standard output; an exit code. b is emptied. */
int profile_print(struct buf *b);

/* A recipe behind its remarks, which go to standard error where it has no comments; an exit code. */
int profile_print_recipe(const struct recipe *r, const struct recipe_need *need);

/* An answer as a recipe, as JSON, or as its page, with pictures where those may be; an exit code. */
int profile_print_answer(const struct answer *a, const struct recipe *r, const struct output_options *o);

/* What differs between two, on the page or as JSON; an exit code. */
int profile_print_change(const struct change_view *v, bool json);

/* --color of these words: 0; an errno, with a sentence. */
error_t profile_take_color(const char *word, enum color_when *ret, struct buf *error);

/* The list of all formats; an exit code. */
int profile_print_formats(void);

/* The format of that name: 0 and *ret; -EINVAL and a sentence. */
int profile_find_format(const char *name, const struct recipe **ret, struct buf *error);
