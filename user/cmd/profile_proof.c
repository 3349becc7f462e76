/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "user/advice/answer.h"
#include "user/advice/proof.h"
#include "user/advice/saved.h"
#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/asked.h"
#include "user/caps/capability.h"
#include "user/cmd/commands.h"
#include "user/cmd/options.h"
#include "user/cmd/profile.h"
#include "user/cmd/runs.h"
#include "user/cmd/say.h"
#include "user/cmd/verdict.h"

enum { CURES_MAX = 4 };	/* sets that lack something give way to larger ones so often */

static const struct say to = { "profile" };

struct prover {
	struct options *options;
	struct runs *runs;
	struct study study;	/* says where to, and what */
	struct proof_story story;
	struct answer answer;	/* of the first run, and what became of it */
};

/* ---- what a person who waits likes to know --------------------------------------------------------------------------- */

/* As a word of a sentence. */
static void put_command(struct buf *b, const struct prover *p)
{
	const char *command = p->options->command.argv[0];

	text_escape(b, command, strlen(command));
}

static void say_first(const struct prover *p)
{
	const struct profile_options *o = &p->options->profile;
	struct buf name = BUF_INIT;

	if (p->options->output.quiet)
		return;
	put_command(&name, p);
	say(&to, "%s is run again%s: whatever it does, it does that again", buf_str(&name),
	    o->minimise ? ", and once more for each capability that is advised" : " with what is advised");
	buf_done(&name);
	if (o->minimise && !o->reset)
		say(&to, "without --reset each run begins with what the last one left");
	if (!isatty(STDIN_FILENO) && lseek(STDIN_FILENO, 0, SEEK_CUR) < 0)
		say(&to, "standard input can be read only once: further runs find what the first one left of it");
}

static void say_attempt(const struct prover *p, const struct proof_attempt *at)
{
	struct buf names = BUF_INIT;
	char number[CAPABILITY_NAME_MAX];

	if (p->options->output.quiet)
		return;
	if (at->caps)
		capability_mask_names(&names, at->caps);
	else
		buf_puts(&names, "no capability");
	if (at->purpose == PROOF_MINIMISE)
		say(&to, "run %zu: without %s", p->story.count, capability_name(at->without, number));
	else
		say(&to, "run %zu: with %s", p->story.count, buf_str(&names));
	buf_done(&names);
}

/* Our exit status is not the command's. */
static void say_status(const struct prover *p)
{
	const struct proof_run *first = &p->story.at[0].run;
	struct buf name = BUF_INIT;

	put_command(&name, p);
	if (first->status && !first->server)
		say(&to, "%s ended with status %d", buf_str(&name), first->status);
	buf_done(&name);
}

/* ---- runs ------------------------------------------------------------------------------------------------------------ */

/* The first one, as the command is started: 0; or an exit code where nothing came of it. */
static int run_first(struct prover *p)
{
	static const struct runs_order as_it_is = { .exactly = false };
	char *const *argv = p->options->command.argv;
	struct proof_attempt *at = proof_story_add(&p->story);
	struct runs_result result;
	int err = at ? runs_make(p->runs, &as_it_is, &at->run, &at->heard, &result) : -ENOMEM;

	if (!err && result.launch_error)
		return launch_code(result.launch_error);
	if (err || result.error)
		return verdict_of_failure(err ?: result.error, argv);
	p->answer = at->heard.answer;
	return EXIT_FINE;
}

/* One more with exactly these, held against the first. Standard input is read from its beginning, where it has one. */
static int run_again(struct prover *p, const struct proof_attempt *wanted, struct proof_attempt **ret)
{
	const struct runs_order order = {
		.exactly = true,
		.no_new_privs = p->answer.no_new_privs,
		.caps = wanted->caps,
		.bounding = wanted->bounding,
	};
	struct proof_attempt *at = proof_story_add(&p->story);
	struct runs_result result;
	int err;

	if (!at)
		return -ENOMEM;
	*at = *wanted;
	at->run.judge = PROOF_NO_JUDGE;
	say_attempt(p, at);
	lseek(STDIN_FILENO, 0, SEEK_SET);
	err = runs_make(p->runs, &order, &at->run, &at->heard, &result);
	if (!err && !result.launch_error)
		err = result.error;
	err = err ?: proof_compare(&p->story.at[0].run, &at->run, &at->differs);
	*ret = at;
	return err;
}

/* What root gets at an exec is the bounding set; what files bring that are executed stays in it. */
static struct proof_attempt attempt_with(const struct prover *p, uint64_t added, uint64_t removed)
{
	return (struct proof_attempt){
		.caps = (p->answer.caps | added) & ~removed,
		.bounding = (p->answer.bounding | added) & ~removed,
	};
}

/* Nothing more is run then. */
static bool is_over(const struct prover *p, const struct proof_attempt *last)
{
	return runs_interrupted(p->runs) || proof_is_void(&last->run);
}

/*
 * What is to be granted besides, after a run that differs: what it was refused; where that explains nothing, what was granted in
 * calls that failed all the same: a program may look whether it holds a capability; and then what most calls only do less without,
 * since this one may be another. 0 and *ret, which may be nothing.
 */
static int cure(const struct prover *p, const struct proof_attempt *at, uint64_t *ret)
{
	const uint64_t *parts = p->answer.solved.parts;
	uint64_t more;
	int err = proof_cure(&at->differs, &more);

	if (!err)
		*ret = more & ~at->caps ?: parts[SOLVE_SOFT] & ~at->caps ?: parts[SOLVE_QUALITY] & ~at->caps;
	return err;
}

/* A set that lacks something gives way to one that has it. */
static int verify(struct prover *p)
{
	uint64_t added = 0, more = 0;
	int err = 0;

	for (int i = 0; !err && i <= CURES_MAX && !p->story.verified; i++) {
		struct proof_attempt wanted = attempt_with(p, added, 0), *at;

		wanted.purpose = PROOF_VERIFY;
		err = run_again(p, &wanted, &at);
		if (err || is_over(p, at))
			break;
		p->story.verified = at->differs.holds;
		if (!p->story.verified)
			err = cure(p, at, &more);
		if (!err && !p->story.verified && !more)
			break;
		added |= p->story.verified ? 0 : more;
	}
	if (!err && p->story.verified) {
		p->story.added = added & ~p->answer.caps;
		p->answer.caps |= added;
		p->answer.bounding |= added;
	}
	return err;
}

static int minimise(struct prover *p)
{
	const bool restored = p->options->profile.reset && p->options->profile.test;
	struct minimise m;
	bool over = false;
	unsigned cap;
	int err = 0;

	minimise_begin(&m, p->answer.caps);
	while (!over && minimise_next(&m, &cap)) {
		struct proof_attempt wanted = attempt_with(p, 0, (p->answer.caps & ~m.caps) | 1ULL << cap), *at;

		wanted.purpose = PROOF_MINIMISE;
		wanted.without = cap;
		err = run_again(p, &wanted, &at);
		over = err || is_over(p, at);
		if (!over)
			at->why = minimise_take(&m, cap, &at->differs, restored);
	}
	p->story.removed = p->answer.caps & ~m.caps;
	p->story.minimised = !err && !m.left;
	p->answer.bounding &= ~p->story.removed;
	p->answer.caps = m.caps;
	return err;
}

/* 0 or negative errno: what was found out until then holds. */
static int prove(struct prover *p)
{
	int err;

	p->story.unusable = proof_unusable(&p->story.at[0].run);
	if (p->story.unusable || runs_interrupted(p->runs))
		return 0;
	err = verify(p);
	if (!err && p->story.verified && p->options->profile.minimise)
		err = minimise(p);
	return err;
}

/* ---- the end --------------------------------------------------------------------------------------------------------- */

/* A command that failed is never fine, also where it failed as before. */
static int code_of(const struct prover *p, int err)
{
	const struct proof_story *s = &p->story;
	const struct proof_run *first = &s->at[0].run;

	if (err)
		return EXIT_FAILED;
	if (p->answer.incomplete)
		return EXIT_INCOMPLETE;
	if (s->unusable || (!s->verified && s->interrupted))
		return EXIT_FAILED;
	if (!s->verified && proof_is_void(&s->at[s->count - 1].run))
		return EXIT_FAILED;
	if (!s->verified)
		return s->at[s->count - 1].differs.unheard ? EXIT_INCOMPLETE : EXIT_FINDING;
	return first->status && !first->server ? EXIT_FAILED : EXIT_FINE;
}

static int prove_and_tell(struct prover *p)
{
	int code = run_first(p), err;

	if (code)
		return code;
	err = prove(p);
	p->story.interrupted = runs_interrupted(p->runs);
	if (err)
		say_error(&to, "running it again", err);
	p->answer.status = p->story.verified ? PROFILE_VERIFIED : PROFILE_ESTIMATED;
	p->answer.story = &p->story;
	answer_prove(&p->answer);
	say_status(p);
	code = profile_tell(&p->study, &p->answer);
	return code ?: code_of(p, err);
}

int profile_prove(struct options *o, const struct recipe *recipe, uint64_t keeps)
{
	struct prover p = { .options = o, .study = { .options = o, .out = OUT_INIT, .recipe = recipe } };
	int code = EXIT_NOT_STARTED;

	say_first(&p);
	if (!runs_open(o, keeps, &p.runs)) {
		code = prove_and_tell(&p);
		runs_close(p.runs);
	}
	proof_story_done(&p.story);
	profile_done_study(&p.study);
	return code;
}
