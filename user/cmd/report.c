/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/advice/ranking.h"
#include "user/advice/saved.h"
#include "user/base/buf.h"
#include "user/cmd/begin.h"
#include "user/cmd/commands.h"
#include "user/cmd/hear.h"
#include "user/cmd/moment.h"
#include "user/cmd/options.h"
#include "user/cmd/profile.h"
#include "user/cmd/profile_file.h"
#include "user/cmd/report_history.h"
#include "user/cmd/say.h"
#include "user/cmd/verdict.h"
#include "user/flow.h"
#include "user/model/filter.h"
#include "user/model/pace.h"
#include "user/model/recording.h"
#include "user/sink/pacer.h"
#include "user/sink/tee.h"
#include "user/sink/window.h"
#include "user/source/replay.h"
#include "user/view/report.h"

static const struct say to = { "report" };

/* ---- the page -------------------------------------------------------------------------------------------------------- */

static int write_page(const struct options *o, struct buf *page)
{
	int err = page->error;

	if (err) {
		say_error(&to, "the page", err);
		return EXIT_FAILED;
	}
	if (!o->output.file) {
		fwrite(buf_str(page), 1, page->len, stdout);
		return say_flush(&to);
	}
	err = profile_file_put(o->output.file, page);
	if (err)
		say_error(&to, o->output.file, err);
	return err ? EXIT_FAILED : EXIT_FINE;
}

static int make_page(const struct options *o, const struct report *r)
{
	struct buf page = BUF_INIT;
	int code;

	report_page(&page, r);
	code = write_page(o, &page);
	buf_done(&page);
	return code;
}

/* More make a page that is slow to open, and more than a person reads. */
enum { DETAILS = 100 };

static size_t details_of(const struct options *o)
{
	return o->report.details ?: DETAILS;
}

/* What is read; NULL: it has no name of its own. */
static const char *file_of(const struct options *o)
{
	const char *path = o->recording.from, *slash = strrchr(path, '/');

	if (o->report.count > 1 || !strcmp(path, "-"))
		return NULL;
	return slash && slash[1] ? slash + 1 : path;
}

/* ---- of a recording -------------------------------------------------------------------------------------------------- */

struct reporter {
	struct study study;
	struct pace pace;
	struct buf filter;
	uint64_t from_ns, to_ns;	/* CLOCK_REALTIME: what is looked at */
};

/* Who is looked for, in words. */
static const char *filter_words(const struct options *o, struct buf *b)
{
	if (o->report.since)
		buf_printf(b, "since %s", o->report.since);
	if (o->report.until)
		buf_printf(b, "%suntil %s", b->len ? ", " : "", o->report.until);
	if (!filter_is_set(&o->filter))
		return buf_str(b);
	buf_puts(b, b->len ? "; " : "");
	if (!filter_put_wanted(&o->filter, UINT32_MAX, b))
		buf_puts(b, "what the filters of its command line left");
	return buf_str(b);
}

static int tell(struct reporter *p, struct flow_result *result)
{
	const struct options *o = p->study.options;
	struct ranking ranking;
	uint64_t began;
	int err = profile_rank(&p->study, result, &ranking), code;

	if (err) {
		say_error(&to, "memory", err);
		return EXIT_FAILED;
	}
	began = replay_facts(p->study.from)->wall_ns;
	if (began < p->from_ns)
		began = p->from_ns;
	const struct report r = {
		.title = o->report.title,
		.file = file_of(o),
		.ranking = &ranking,
		.utc = o->output.utc,
		.details = details_of(o),
		.facts = replay_facts(p->study.from),
		.account = &result->account,
		.pace = &p->pace,
		.filter = filter_words(o, &p->filter),
		.began_ns = began,
		.ended_ns = began + ranking.watched_ns,
		.damaged = result->incomplete,
	};
	code = make_page(o, &r);
	result->incomplete |= ranking.incomplete;
	profile_done_ranking(&ranking);
	return code ?: verdict(result, 0, NULL);
}

/* The checks are also counted as they came. */
static int open_reporter(struct reporter *p)
{
	struct study *s = &p->study;
	struct sink *pacer;
	int err = profile_open_study(s);

	if (err)
		return err;
	err = pacer_new(&s->out, &p->pace, &pacer);
	if (!err) {
		struct sink *gatherer = s->sink;

		s->sink = NULL;
		err = tee_new(gatherer, pacer, &s->sink);
	}
	if (!err && (p->from_ns || p->to_ns != UINT64_MAX)) {
		struct sink *both = s->sink;

		s->sink = NULL;
		err = window_new(both, p->from_ns, p->to_ns, &s->sink);
	}
	if (err)
		say_error(&to, "memory", err);
	return err;
}

/* What is looked at. An exit code, after saying that there is nothing between the two. */
static int choose_window(struct reporter *p)
{
	const struct options *o = p->study.options;
	const uint64_t began = replay_facts(p->study.from)->wall_ns;

	p->to_ns = UINT64_MAX;
	if (o->report.since)
		moment_parse(o->report.since, began, o->output.utc, &p->from_ns);
	if (o->report.until)
		moment_parse(o->report.until, began, o->output.utc, &p->to_ns);
	if (p->from_ns < p->to_ns && p->to_ns > began)
		return EXIT_FINE;
	say(&to, "--since and --until: nothing of the recording is between these times");
	return EXIT_USAGE;
}

static int report_recording(struct options *o, struct replay *from)
{
	static const struct profile_start nothing = { .kill_after_ns = 0 };
	struct reporter *p = calloc(1, sizeof(*p));
	struct flow_result result = { 0 };
	int err, code;

	if (!p) {
		say_error(&to, "memory", -ENOMEM);
		return EXIT_FAILED;
	}
	o->profile.host = true;
	p->study = (struct study){ .to = &to, .options = o, .from = from, .out = OUT_INIT };
	code = choose_window(p);
	err = code ? 0 : open_reporter(p);
	if (!code) {
		err = err ?: profile_hear(&p->study, &nothing, &result);
		code = err ? verdict(&result, err, NULL) : tell(p, &result);
	}
	profile_done_study(&p->study);
	buf_done(&p->filter);
	free(p);
	return code;
}

static int start_recording(struct options *o)
{
	struct replay *from;
	int code = hear_recording(&to, o->recording.from, &from);

	if (code)
		return code;
	code = report_recording(o, from);
	replay_free(from);
	return code;
}

/* ---- of profiles ----------------------------------------------------------------------------------------------------- */

static void add_up(struct ranking *r)
{
	for (size_t i = 0; i < r->count; i++) {
		r->checks += r->at[i].checks;
		r->lost += r->at[i].lost;
		r->incomplete |= r->at[i].incomplete;
	}
	ranking_sort(r);
}

static int tell_profiles(const struct options *o, const struct saved_list *all)
{
	struct ranking ranking = { .at = calloc(all->count + 1, sizeof(*ranking.at)), .count = all->count };
	const struct report r = {
		.title = o->report.title,
		.file = file_of(o),
		.ranking = &ranking,
		.utc = o->output.utc,
		.details = details_of(o),
	};
	int code;

	if (!ranking.at) {
		say_error(&to, "memory", -ENOMEM);
		return EXIT_FAILED;
	}
	for (size_t i = 0; i < all->count; i++)
		ranking.at[i] = all->at[i].answer;
	add_up(&ranking);
	code = make_page(o, &r);
	free(ranking.at);
	return code ?: ranking.incomplete ? EXIT_INCOMPLETE : EXIT_FINE;
}

static int add_file(struct saved_list *all, const char *path)
{
	struct saved_list more;
	struct saved *grown;
	int code = profile_file_all(&to, path, EXIT_FAILED, &more);

	if (code)
		return code;
	grown = reallocarray(all->at, all->count + more.count + 1, sizeof(*grown));
	if (!grown) {
		saved_done_all(&more);
		say_error(&to, "memory", -ENOMEM);
		return EXIT_FAILED;
	}
	memcpy(grown + all->count, more.at, more.count * sizeof(*more.at));
	free(more.at);
	all->at = grown;
	all->count += more.count;
	return EXIT_FINE;
}

static int report_profiles(const struct options *o)
{
	struct saved_list all = { NULL, 0 };
	int code = EXIT_FINE;

	for (size_t i = 0; i < o->report.count && !code; i++)
		code = add_file(&all, o->report.files[i]);
	code = code ?: tell_profiles(o, &all);
	saved_done_all(&all);
	return code;
}

/* ---- which of the two ------------------------------------------------------------------------------------------------ */

/* JSON begins with a brace, and no recording does; what cannot be read is told by whoever reads it. */
static bool is_profile(const char *path)
{
	char first[64];
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	ssize_t n = fd < 0 ? 0 : pread(fd, first, sizeof(first) - 1, 0);

	if (fd >= 0)
		close(fd);
	first[n > 0 ? n : 0] = '\0';
	return first[strspn(first, " \t\r\n")] == '{';
}

/* *ret: all of them are profiles. */
static int check_files(const struct options *o, bool *ret)
{
	size_t profiles = 0;

	for (size_t i = 0; i < o->report.count; i++)
		profiles += is_profile(o->report.files[i]);
	*ret = profiles == o->report.count;
	if (*ret || o->report.count == 1)
		return EXIT_FINE;
	if (profiles)
		say(&to, "recordings and profiles do not mix: a page is of one recording, or of profiles");
	else
		say(&to, "one recording makes a page; 'capsieve profile --host --replay FILE -o DIR' makes profiles of each, which may be many");
	return EXIT_USAGE;
}

static int page_of_history(const struct options *o, const struct report *r)
{
	struct report page = *r;

	page.details = details_of(o);
	return make_page(o, &page);
}

static int start(struct options *o)
{
	bool profiles;
	int code;

	if (o->report.history && o->recording.from) {
		say(&to, "--history is of the daemon's history, or of that of --db FILE: a recording or a profile is another page");
		return EXIT_USAGE;
	}
	if (o->report.history)
		return report_history(&to, o, page_of_history);
	if (!o->recording.from) {
		say(&to, "of what? capsieve report FILE, a recording or a profile; or --history");
		return EXIT_USAGE;
	}
	code = check_files(o, &profiles);
	if (code)
		return code;
	if (!profiles)
		return start_recording(o);
	if (filter_is_set(&o->filter) || o->report.since || o->report.until) {
		say(&to, "profiles are whole: filters, --since and --until are for recordings");
		return EXIT_USAGE;
	}
	return report_profiles(o);
}

int report_main(int argc, char **argv)
{
	return begin(&options_report, &to, NULL, start, argc, argv);
}
