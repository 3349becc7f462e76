/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/advice/recipe.h"
#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/cmd/commands.h"
#include "user/cmd/look.h"
#include "user/cmd/options.h"
#include "user/cmd/profile.h"
#include "user/cmd/profile_file.h"
#include "user/cmd/say.h"
#include "user/flow.h"
#include "user/model/loss.h"
#include "user/sink/subjects.h"
#include "user/view/host.h"

enum { NAME_MOST = 200 };

static const struct say to = { "profile" };

/* ---- a directory ------------------------------------------------------------------------------------------------- */

/* Others choose how their containers are called. */
static void put_safe(struct buf *b, const char *name)
{
	if (*name == '/')
		name++;
	if (!*name)
		name = "root";

	/* No name begins with the first two. */
	static const char fine[] = ".-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@";

	for (size_t i = 0; i < NAME_MOST && name[i]; i++)
		buf_putc(b, strchr(i ? fine : fine + 2, name[i]) ? name[i] : '-');
}

static int make_directory(const char *path)
{
	struct stat st;

	if (!mkdir(path, 0700))
		return 0;
	if (errno != EEXIST)
		return -errno;
	return stat(path, &st) ? -errno : S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

/* The file of the n-th; who is called as one before him has a number behind his name. */
static void put_path(struct buf *b, const char *directory, const struct ranking *r, size_t n)
{
	struct buf name = BUF_INIT, other = BUF_INIT;
	unsigned same = 1;

	put_safe(&name, r->at[n].workload ?: "no-workload");
	for (size_t i = 0; i < n; i++) {
		buf_clear(&other);
		put_safe(&other, r->at[i].workload ?: "no-workload");
		same += !strcmp(buf_str(&name), buf_str(&other));
	}
	buf_printf(b, "%s/%s", directory, buf_str(&name));
	if (same > 1)
		buf_printf(b, "~%u", same);
	buf_puts(b, ".json");
	buf_done(&name);
	buf_done(&other);
}

static int write_all(const struct ranking *r, const char *directory)
{
	struct buf path = BUF_INIT;
	int err = make_directory(directory), code = EXIT_FINE;

	if (err) {
		say_error(&to, directory, err);
		return err == -ENOTDIR ? EXIT_USAGE : EXIT_FAILED;
	}
	for (size_t i = 0; i < r->count && !code; i++) {
		buf_clear(&path);
		put_path(&path, directory, r, i);
		code = path.error ? EXIT_FAILED : profile_file_write(&to, buf_str(&path), &r->at[i]);
	}
	buf_done(&path);
	return code;
}

/* ---- standard output --------------------------------------------------------------------------------------------- */

/* Each recipe under the name of whose it is: a comment, or on standard error where it has none. */
static int print_recipes(const struct ranking *r, const struct recipe *recipe, const struct output_options *o)
{
	struct buf b = BUF_INIT, name = BUF_INIT;
	int code = EXIT_FINE;

	for (size_t i = 0; i < r->count && !code; i++) {
		buf_clear(&name);
		text_escape(&name, r->at[i].workload ?: "no workload", strlen(r->at[i].workload ?: "no workload"));
		if (!recipe->comment)
			say(&to, "%s:", buf_str(&name));
		else
			buf_printf(&b, "%s%s%s\n", i ? "\n" : "", recipe->comment, buf_str(&name));
		code = recipe->comment ? profile_print(&b) : EXIT_FINE;
		code = code ?: profile_print_answer(&r->at[i], recipe, o);
	}
	buf_done(&name);
	return code;
}

static int print_all(const struct study *s, const struct ranking *r)
{
	struct chart_look look;
	struct buf b = BUF_INIT;

	if (s->recipe)
		return print_recipes(r, s->recipe, &s->options->output);
	if (s->options->output.json)
		host_json(&b, r);
	else
		host_page(&b, r, look_page_width(), look_pictures(s->options->output.color, &look) ? &look : NULL);
	return profile_print(&b);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int rank_each(struct study *s, const struct flow_result *result, struct ranking *r)
{
	int err = 0;

	for (size_t i = 0; i < s->taken_count && !err; i++) {
		struct answer *a = &r->at[i];

		err = profile_conclude_one(s, result, i, a);
		r->count += !err;
		r->checks += err ? 0 : a->checks;
		r->incomplete |= !err && a->incomplete;
	}
	if (!err)
		ranking_sort(r);
	return err;
}

int profile_rank(struct study *s, const struct flow_result *result, struct ranking *ret)
{
	struct ranking r = { .incomplete = result->incomplete };
	struct subjects_state state;
	int err = subjects_take(s->subjects, &s->taken, &s->taken_count);

	r.at = err ? NULL : calloc(s->taken_count + 1, sizeof(*r.at));
	if (!r.at)
		return -ENOMEM;
	subjects_state(s->subjects, &state);
	r.watched_ns = state.listened_ns;
	r.lost = loss_total(&result->account.loss);
	r.sites_taken = result->sites_taken;
	err = rank_each(s, result, &r);
	if (err)
		profile_done_ranking(&r);
	else
		*ret = r;
	return err;
}

void profile_done_ranking(struct ranking *r)
{
	for (size_t i = 0; i < r->count; i++)
		free((struct answer_file *)r->at[i].files);
	free(r->at);
	*r = (struct ranking){ .at = NULL };
}

int profile_tell_host(struct study *s, const struct flow_result *result, bool *ret_incomplete)
{
	const char *directory = s->options->output.file;
	struct ranking r = { .at = NULL };
	int err = profile_rank(s, result, &r), code;

	if (err) {
		say_error(&to, "memory", err);
		code = EXIT_FAILED;
	} else {
		code = directory ? write_all(&r, directory) : EXIT_FINE;
		code = code ?: print_all(s, &r);
	}
	*ret_incomplete = r.incomplete;
	profile_done_ranking(&r);
	return code;
}
