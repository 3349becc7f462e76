/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/profile_expect.h"

#include <errno.h>
#include <unistd.h>

#include "user/advice/compare.h"
#include "user/advice/saved.h"
#include "user/caps/asked.h"
#include "user/cmd/commands.h"
#include "user/cmd/options.h"
#include "user/cmd/profile.h"
#include "user/cmd/profile_file.h"
#include "user/cmd/say.h"
#include "user/view/change.h"

static const struct say to = { "profile" };

/* With --update the first run makes the file: before that, nothing is expected. */
static int expect_nothing(struct saved *ret)
{
	struct saved s = { .answer = { .asked = asked_new(), .solved.exact = true } };

	if (!s.answer.asked) {
		say_error(&to, "memory", -ENOMEM);
		return EXIT_FAILED;
	}
	*ret = s;
	return EXIT_FINE;
}

static bool is_fresh(const struct options *o)
{
	return o->profile.update && access(o->profile.expect, F_OK) && errno == ENOENT;
}

int profile_expect_read(const struct options *o, struct saved *ret)
{
	const char *path = o->profile.expect;
	int failed = o->command.argv ? EXIT_NOT_STARTED : EXIT_FAILED;

	if (is_fresh(o))
		return expect_nothing(ret);
	return profile_file_saved(&to, path, failed, ret);
}

/* What was not seen whole would be expected to need less from now on. */
static int update(const struct options *o, const struct answer *now, int status, bool fresh)
{
	int code = EXIT_FINE;

	if (now->incomplete)
		say(&to, "%s is not rewritten: checks were lost", o->profile.expect);
	else if (status > 0)
		say(&to, "%s is not rewritten: the command failed", o->profile.expect);
	else
		code = profile_file_write(&to, o->profile.expect, now);
	if (!code && !o->output.quiet && !now->incomplete && status <= 0)
		say(&to, "%s is %s", o->profile.expect, fresh ? "made" : "rewritten");
	return code;
}

int profile_expect_say(const struct options *o, const struct saved *expected, const struct answer *now, int status,
		       bool *ret_found)
{
	const struct compare_how how = {
		.strict = o->profile.strict, .expecting = true, .allowed = o->profile.allowed,
	};
	struct comparison c;
	const struct change_view v = {
		.was_name = o->profile.expect, .was = &expected->answer, .now = now, .is = &c,
		.expecting = true, .strict = how.strict, .status = status, .fresh = is_fresh(o),
	};
	int err = compare(&expected->answer, now, &how, &c), code;

	if (err) {
		say_error(&to, "memory", err);
		return EXIT_FAILED;
	}
	code = profile_print_change(&v, o->output.json);
	if (!code && o->profile.update)
		code = update(o, now, status, v.fresh);
	*ret_found = comparison_found(&c) && !o->profile.update;
	comparison_done(&c);
	return code;
}
