/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "user/advice/answer.h"
#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/caps/asked.h"
#include "user/caps/filecaps.h"
#include "user/cmd/commands.h"
#include "user/cmd/options.h"
#include "user/cmd/profile_file.h"
#include "user/cmd/say.h"
#include "user/flow.h"
#include "user/host/command.h"
#include "user/host/fscaps.h"
#include "user/host/launch.h"
#include "user/host/status.h"
#include "user/model/filter.h"
#include "user/model/granted.h"
#include "user/model/loss.h"
#include "user/model/workload.h"
#include "user/sink/subjects.h"

static const struct say to = { "profile" };

/* ---- what was executed -------------------------------------------------------------------------------------------- */

/* 0 also where it is not there any more. */
static int look_at(const char *path, struct answer_file *ret)
{
	int fd = open(path, O_PATH | O_CLOEXEC);
	struct filecaps caps;
	struct stat st;

	*ret = (struct answer_file){ .path = path };
	if (fd < 0)
		return errno == EACCES ? -EACCES : 0;
	if (!fscaps_read(fd, &caps))
		ret->caps = caps.permitted;
	if (!fstat(fd, &st))
		ret->setid = st.st_mode & (S_ISUID | S_ISGID);
	close(fd);
	return 0;
}

static bool heard_refusal(const struct asked *asked)
{
	struct asked_refusal refusal;

	for (size_t i = 0; asked_file(asked, i); i++)
		if (asked_file_refused(asked, i, &refusal))
			return true;
	return false;
}

/*
 * The command, where it was not executed since its file brings capabilities that the bounding set lacked, and the kernel did
 * not let that be heard. 0 or -ENOMEM.
 */
static int add_command(const struct study *s, const struct flow_result *result, struct asked *asked)
{
	const struct asked_refusal refusal = { .bounding = result->bounding };
	char *const *argv = s->options->command.argv;
	struct answer_file file = { .caps = 0 };
	char *path;
	int err = 0;

	if (!argv || result->exec_error != -EPERM || heard_refusal(asked) || command_find(argv[0], &path))
		return 0;
	look_at(path, &file);
	if (file.caps & ~result->bounding)
		err = asked_refused(asked, path, &refusal);
	free(path);
	return err;
}

/* What a file brings that was not executed, as far as it is the one: the kernel says that it is more than the bounding set has. */
static int look_at_refused(const char *path, const struct asked_refusal *refusal, struct answer_file *ret)
{
	int err = refusal->elsewhere ? 0 : look_at(path, ret);

	if (!(ret->caps & ~refusal->bounding))
		*ret = (struct answer_file){ 0 };
	ret->path = path;
	ret->refused = true;
	return err;
}

static int look_at_one(const struct asked *asked, size_t i, struct answer_file *ret)
{
	const char *path = asked_file(asked, i);
	struct asked_refusal refusal;

	return asked_file_refused(asked, i, &refusal) ? look_at_refused(path, &refusal, ret) : look_at(path, ret);
}

/* Of a recording the files are another machine's, or another day's. An array to be freed; NULL: out of memory. */
static struct answer_file *look_at_files(const struct study *s, const struct asked *asked, size_t *ret_count)
{
	struct answer_file *files;
	size_t count = 0;

	while (!s->from && asked_file(asked, count))
		count++;
	files = calloc(count + 1, sizeof(*files));
	for (size_t i = 0; files && i < count; i++)
		if (look_at_one(asked, i, &files[i]))
			say(&to, "%s: a directory forbids to look whether it has capabilities of its own, or is setuid: where it does, "
			    "that is missing", asked_file(asked, i));
	*ret_count = count;
	return files;
}

/* ---- what comes of it --------------------------------------------------------------------------------------------- */

/* Its filters: of the first of its processes that still lives; a command has ours until it sets others. */
static unsigned seccomp_of(const struct study *s, struct asked *asked)
{
	const bool ours = s->options->command.argv != NULL;
	size_t count = ours ? 1 : asked_count(asked);
	unsigned mode = ANSWER_SECCOMP_UNKNOWN;
	struct buf text = BUF_INIT;
	struct status status;
	char path[32];

	for (size_t i = 0; i < count && !s->from && mode == ANSWER_SECCOMP_UNKNOWN; i++) {
		snprintf(path, sizeof(path), "/proc/%d/status", ours ? (int)getpid() : (int)asked_at(asked, i)->pid);
		if (!status_read(AT_FDCWD, path, &text) && !status_parse(buf_str(&text), text.len, &status))
			mode = status.seccomp;
	}
	buf_done(&text);
	return mode;
}

enum { PROGRAMS_SHOWN = 3 };	/* of what runs in no unit and no container */

/* "sleep, cat and 2 more"; nothing where no file is known. */
static void put_programs(struct buf *b, const struct asked *asked)
{
	struct asked_refusal refusal;
	const char *path, *slash;
	size_t count = 0;

	for (size_t i = 0; (path = asked_file(asked, i)); i++) {
		if (asked_file_refused(asked, i, &refusal) || count++ >= PROGRAMS_SHOWN)
			continue;
		slash = strrchr(path, '/');
		buf_printf(b, "%s%s", count > 1 ? ", " : "", slash ? slash + 1 : path);
	}
	if (count > PROGRAMS_SHOWN)
		buf_printf(b, " and %zu more", count - PROGRAMS_SHOWN);
}

static void put_ids(struct buf *b, const struct filter_ids *ids, const char *one, const char *several)
{
	size_t wanted = 0, n = 0;

	for (size_t i = 0; i < ids->count; i++)
		wanted += !ids->at[i].not;
	for (size_t i = 0; i < ids->count; i++)
		if (!ids->at[i].not)
			buf_printf(b, "%s%s%u", b->len && !n ? "; " : "", n ? ", " : wanted == 1 ? one : several, ids->at[i].id), n++;
}

/* Which processes, by their numbers. */
static void put_processes(struct buf *b, const struct filter *f)
{
	put_ids(b, &f->pids, "pid ", "pids ");
	put_ids(b, &f->trees, "the tree of pid ", "the trees of pids ");
}

/* Has its cgroup a name that says who it is? */
static bool is_named(const struct subject *subject)
{
	return subject->name && strcmp(subject->name, "/") != 0;
}

/*
 * Who was watched, as a person calls it; NULL: not known, or many. What is around nobody in particular is called by its
 * programs and, where they were chosen so, its processes.
 */
static int name_subject(struct study *s, const struct subject *subject, const char **ret)
{
	const struct options *o = s->options;
	struct buf programs = BUF_INIT, processes = BUF_INIT;
	int err;

	*ret = subject->name;
	if (o->profile.host || is_named(subject))
		return 0;
	put_processes(&processes, &o->filter);
	if (!processes.len && !subject->name)
		return 0;
	put_programs(&programs, subject->asked);
	buf_clear(&s->name);
	buf_puts(&s->name, buf_str(&programs));
	if (processes.len)
		buf_printf(&s->name, programs.len ? " (%s)" : "%s", buf_str(&processes));
	err = s->name.error ?: programs.error ?: processes.error;
	buf_done(&programs);
	buf_done(&processes);
	*ret = s->name.len ? buf_str(&s->name) : NULL;
	return err;
}

/* To be freed, also after -ENOMEM. */
static int take_files(const struct study *s, const struct flow_result *result, struct asked *asked, struct answer *a)
{
	int err = add_command(s, result, asked);
	struct answer_file *files = err ? NULL : look_at_files(s, asked, &a->file_count);

	a->files = files;
	return files ? 0 : -ENOMEM;
}

/* Its files are to be freed. 0 or -ENOMEM. */
static int conclude(struct study *s, const struct flow_result *result, const struct subject *subject, struct answer *ret)
{
	const struct options *o = s->options;
	struct answer a = {
		.asked = subject->asked,
		.checks = subject->checks,
		.lost = loss_total(&result->account.loss),
		.command = o->command.argv ? o->command.argv[0] : NULL,
		.user = o->command.as,
		.workload = subject->name,
		.runs = 1,
		.start_seen = subject->start_seen,
		.made_ns = clock_ns(CLOCK_REALTIME),
	};
	const struct workload *w = subject->workload;
	int err = name_subject(s, subject, &a.workload);

	if (err)
		return err;
	a.failed = result->command_ended ? launch_exit_code(result->command_status) : 0;
	a.seccomp = seccomp_of(s, subject->asked);

	if (w && !o->command.argv) {
		a.granted_source = w->granted.source;
		a.granted = granted_to(w);
		a.granted_bounding = w->granted.bounding;
		a.filter = *w->granted.filter ? w->granted.filter : NULL;
	}
	err = take_files(s, result, subject->asked, &a) ?: answer_conclude(&a);
	if (err) {
		free((struct answer_file *)a.files);
		return err;
	}
	a.incomplete = a.incomplete || result->incomplete;
	a.sites_unknown = asked_unnamed(subject->asked);
	*ret = a;
	return 0;
}

int profile_conclude_one(struct study *s, const struct flow_result *result, size_t n, struct answer *ret)
{
	return conclude(s, result, &s->taken[n], ret);
}

int profile_conclude(struct study *s, const struct flow_result *result, struct answer *ret)
{
	int err = subjects_take(s->subjects, &s->taken, &s->taken_count);

	err = err ?: conclude(s, result, s->taken, ret);
	if (err)
		say_error(&to, "memory", err);
	else
		s->files = (struct answer_file *)ret->files;
	return err;
}

int profile_tell(const struct study *s, const struct answer *a)
{
	const char *file = s->options->output.file;
	int code = file ? profile_file_write(&to, file, a) : EXIT_FINE;

	return code ?: profile_print_answer(a, s->recipe, &s->options->output);
}

/* An answer about nobody would say that nothing is needed. */
static bool is_nobody(const struct study *s)
{
	struct subjects_state state;

	subjects_state(s->subjects, &state);
	if (state.met)
		return false;
	return s->options->profile.wait || (filter_keys(&s->options->filter) && !state.here);
}

int profile_say_nobody(struct study *s)
{
	const char *who = s->waits_for.len ? buf_str(&s->waits_for) : "who is meant";

	if (!is_nobody(s))
		return EXIT_FINE;
	if (s->from)
		say(&to, "the recording does not have %s: no profile was made", who);
	else if (s->options->profile.wait)
		say(&to, "nothing was started: waited in vain for %s; no profile was made", who);
	else
		say(&to, "nobody was met: waited in vain for %s; no profile was made", who);
	return EXIT_FAILED;
}
