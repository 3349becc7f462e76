/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/history.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/when.h"
#include "user/cmd/begin.h"
#include "user/cmd/commands.h"
#include "user/cmd/hear.h"
#include "user/cmd/look.h"
#include "user/cmd/say.h"
#include "user/history/history.h"
#include "user/model/past.h"
#include "user/source/replay.h"
#include "user/view/history.h"

/* Whoever watches says so at least so often. */
#define SILENT_NS 600000000000ULL

enum { STORIES = 5, DENIALS = 10000 };

static const struct say to = { "history" };

struct question {
	const struct options *options;
	struct history *history;
	struct past_state state;
	struct ask_time time;
	struct past_list list;
	struct past_denials denials;
	struct past_gaps gaps;
	struct chart_look look;
	struct history_view view;
};

/* ---- asking ------------------------------------------------------------------------------------------------------------ */

static int ask_for_denials(struct question *q)
{
	int err = 0;

	for (size_t i = 0; i < q->list.count && !err; i++)
		err = ask_denials(q->history, &q->time, &q->list.at[i], DENIALS, &q->denials);
	if (err)
		return err;
	history_choose_denials(q->options, &q->denials);
	past_sort_denials(&q->denials);
	return 0;
}

static int ask(struct question *q)
{
	int err = ask_workloads(q->history, &q->list);

	err = err ?: history_choose(q->history, q->options, &q->time, &q->list);
	if (!err && q->options->filter.denied)
		err = ask_for_denials(q);
	return err ?: ask_gaps(q->history, &q->time, &q->gaps);
}

/* ---- telling ----------------------------------------------------------------------------------------------------------- */

static void put_stories(const struct question *q, struct buf *b)
{
	if (!q->list.count)
		buf_puts(b, "Nobody who was asked for is in the history of this time.\n");
	if (q->list.count > STORIES && !q->options->output.every_column) {
		history_table(b, &q->view, &q->list);
		buf_putc(b, '\n');
		return;
	}
	for (size_t i = 0; i < q->list.count; i++) {
		history_story(b, &q->view, &q->list.at[i]);
		buf_putc(b, '\n');
	}
}

static void put_text(const struct question *q, struct buf *b)
{
	if (q->options->filter.denied) {
		history_denials(b, &q->view, &q->denials);
		buf_putc(b, '\n');
	} else {
		put_stories(q, b);
	}
	history_blind(b, &q->view);
}

static void put_json(const struct question *q, struct buf *b)
{
	if (q->options->filter.denied)
		history_denials_json(b, &q->denials);
	for (size_t i = 0; i < q->list.count && !q->options->filter.denied; i++)
		history_story_json(b, &q->view, &q->list.at[i]);
	history_end_json(b, &q->view);
}

static int tell(struct question *q)
{
	const struct output_options *o = &q->options->output;
	struct buf text = BUF_INIT;
	int code;

	q->view = (struct history_view){
		.state = &q->state, .gaps = &q->gaps, .from_ns = q->time.from_ns, .to_ns = q->time.to_ns, .utc = o->utc,
		.allowed = q->options->filter.allowed, .denied = q->options->filter.denied, .every = o->every_column,
		.look = look_pictures(o->color, &q->look) ? &q->look : NULL, .width = look_width(STDOUT_FILENO),
	};
	(o->json ? put_json : put_text)(q, &text);
	if (text.error) {
		say_error(&to, "memory", text.error);
		buf_done(&text);
		return EXIT_FAILED;
	}
	fwrite(buf_str(&text), 1, text.len, stdout);
	buf_done(&text);
	code = say_flush(&to);
	return code ?: past_lost(&q->gaps) ? EXIT_INCOMPLETE : EXIT_FINE;
}

static int tell_nothing_yet(const struct question *q)
{
	struct buf text = BUF_INIT;
	struct when w;

	if (q->state.imported) {
		say(&to, "no check is in this recording");
		return EXIT_FINE;
	}
	if (!q->state.any) {
		say(&to, "nothing is in this history yet, and nobody watched so far");
		return EXIT_FINE;
	}
	when_init(&w, WHEN_SECOND, q->options->output.utc);
	when_print(&w, &text, q->state.since_ns);
	say(&to, "nothing is in this history yet: capsieve watches since %s, and what it sees comes here every minute", buf_str(&text));
	buf_done(&text);
	return EXIT_FINE;
}

static int answer(struct question *q)
{
	uint64_t now = clock_ns(CLOCK_REALTIME);
	int err = history_hold(q->history), code;

	err = err ?: ask_state(q->history, &q->state);
	if (err) {
		say_error(&to, "the history", err);
		return EXIT_FAILED;
	}
	if (!q->state.told && !q->options->output.json)
		return tell_nothing_yet(q);
	q->state.ended |= q->state.until_ns + SILENT_NS < now;
	now = q->state.imported ? q->state.until_ns : now;
	code = history_time(&to, q->options, q->state.imported ? q->state.since_ns : 0, now, &q->time);
	if (code)
		return code;
	err = ask(q);
	if (!err)
		return tell(q);
	say_error(&to, "the history", err);
	return EXIT_FAILED;
}

static int start(struct options *o)
{
	struct question q = { .options = o };
	struct replay *from = NULL;
	bool incomplete = false;
	int code = history_check_filter(&to, o);

	if (!code && o->recording.from)
		code = hear_recording(&to, o->recording.from, &from);
	if (!code)
		code = from ? history_of_recording(&to, o, from, &q.history, &incomplete) : history_find(&to, o, &q.history);
	if (!code)
		code = answer(&q) ?: incomplete ? EXIT_INCOMPLETE : EXIT_FINE;
	past_done_denials(&q.denials);
	past_done_all(&q.list);
	past_done_gaps(&q.gaps);
	history_close(q.history);
	if (from)
		replay_free(from);
	return code;
}

int history_main(int argc, char **argv)
{
	return begin(&options_history, &to, NULL, start, argc, argv);
}
