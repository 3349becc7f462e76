/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/out.h"
#include "user/base/text.h"
#include "user/base/when.h"
#include "user/caps/syscalls.h"
#include "user/cmd/begin.h"
#include "user/cmd/commands.h"
#include "user/cmd/hear.h"
#include "user/cmd/options.h"
#include "user/cmd/say.h"
#include "user/cmd/screen.h"
#include "user/cmd/verdict.h"
#include "user/flow.h"
#include "user/host/signals.h"
#include "user/host/users.h"
#include "user/model/board.h"
#include "user/model/recording.h"
#include "user/sink/post.h"
#include "user/sink/sink.h"
#include "user/source/replay.h"
#include "user/view/frame.h"
#include "user/view/top.h"

enum { ITEMS_MAX = 50000, NOTES_MAX = 1000, POLL_MS = 500 };

static const struct say to = { "top" };

static const uint64_t usual_interval_ns = 2000000000;

/* What was to be said on standard error while the terminal was a screen. */
struct later {
	enum flow_level level[NOTES_MAX];
	char *text[NOTES_MAX];
	size_t count;
};

struct show {
	const struct options *options;
	struct hear hear;
	struct replay *from;		/* NULL: live */
	struct board *board;
	struct users *users;
	struct syscalls *syscalls;
	struct sink *sink;
	struct out out;
	struct top top;
	struct when when;
	struct buf source;
	struct post_told told;		/* as of the last turn */
	struct later later;
	uint64_t interval_ns, shown;
	uint64_t looked_ns, spent_ns;	/* when our own CPU time was looked at last, and what it was */
	double cpu;
	bool on_screen, quit, ended;
};

/* ---- notes --------------------------------------------------------------------------------------------------------- */

static void on_note(void *ctx, enum flow_level level, const char *text)
{
	struct show *s = ctx;
	struct later *l = &s->later;

	if (!s->on_screen) {
		hear_note(&s->hear, level, text);
	} else if (l->count < NOTES_MAX && (level <= FLOW_WARNING || s->options->output.verbose)) {
		l->level[l->count] = level;
		l->text[l->count] = strdup(text);
		l->count += l->text[l->count] != NULL;
	}
}

static void leave_screen(struct show *s)
{
	if (!s->on_screen)
		return;
	screen_close();
	s->on_screen = false;
	for (size_t i = 0; i < s->later.count; i++) {
		hear_note(&s->hear, s->later.level[i], s->later.text[i]);
		free(s->later.text[i]);
	}
	s->later.count = 0;
}

/* ---- what is shown ------------------------------------------------------------------------------------------------- */

static void look_at_costs(struct show *s)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), spent = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

	s->cpu = s->from || !s->looked_ns || now <= s->looked_ns
			 ? -1
			 : (double)(spent - s->spent_ns) / (double)(now - s->looked_ns);
	s->looked_ns = now;
	s->spent_ns = spent;
}

static void put_name(struct buf *b, const char *name)
{
	if (name)
		text_escape(b, name, strlen(name));
	else
		buf_putc(b, '?');
}

static void on_start(void *ctx, const struct sink_start *start)
{
	struct show *s = ctx;

	if (s->from)
		buf_puts(&s->source, "recording of ");
	put_name(&s->source, start->host);
	buf_puts(&s->source, ", Linux ");
	put_name(&s->source, start->kernel);
	buf_printf(&s->source, ", %s", start->probe ? start->probe : "?");
	if (!s->from && !start->sites)
		buf_puts(&s->source, ", no call sites");
	if (start->sites_of_few)
		buf_puts(&s->source, ", few unwound");
}

/* To the second; of a recording nothing before its first check. */
static void put_time(struct show *s, struct buf *b)
{
	uint64_t ns = s->from ? s->told.wall_ns : clock_ns(CLOCK_REALTIME);
	struct buf text = BUF_INIT;

	if (!ns)
		return;
	when_print(&s->when, &text, ns);
	if (text.len > WHEN_TIME_AT)
		buf_put(b, text.data + WHEN_TIME_AT, text.len - WHEN_TIME_AT);
	buf_done(&text);
}

static void tell(struct show *s, struct buf *time, struct top_facts *ret)
{
	put_time(s, time);
	*ret = (struct top_facts){
		.source = buf_str(&s->source),
		.time = buf_str(time),
		.hidden = s->told.account.hidden,
		.hidden_known = s->told.account_known,
		.lost = s->told.lost,
		.cpu = s->cpu,
		.ended = s->ended,
		.ascii = s->on_screen && screen_is_ascii(),
	};
	board_sums(s->board, &ret->sums);
}

static int draw(struct show *s)
{
	struct buf time = BUF_INIT;
	struct top_facts facts;
	struct frame frame;
	int rows, cols, err;

	tell(s, &time, &facts);
	screen_size(&rows, &cols);
	err = top_frame(&s->top, &facts, rows, cols, &frame);
	if (!err)
		screen_show(&frame);
	frame_done(&frame);
	buf_done(&time);
	return err;
}

static int print(struct show *s)
{
	struct buf time = BUF_INIT, text = BUF_INIT;
	struct top_facts facts;
	int err;

	tell(s, &time, &facts);
	if (s->shown)
		buf_putc(&text, '\n');
	top_text(&text, &s->top, &facts);
	err = text.error;
	if (!err)
		out_write(&s->out, text.data, text.len);
	err = err ?: out_flush(&s->out);
	buf_done(&text);
	buf_done(&time);
	return err;
}

static int on_turn(void *ctx, const struct post_told *told)
{
	struct show *s = ctx;
	const uint64_t most = s->options->output.count;
	int err;

	s->told = *told;
	look_at_costs(s);
	err = s->top.paused ? 0 : top_refresh(&s->top, s->board);
	err = err ?: s->on_screen ? draw(s) : print(s);
	s->shown += !s->top.paused;
	return err ?: most && s->shown >= most ? SINK_ENOUGH : 0;
}

/* ---- keys ---------------------------------------------------------------------------------------------------------- */

/* The terminal is gone: nothing will ever be read from it. */
static bool is_hung_up(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR | POLLNVAL);
}

static bool on_keys(void *ctx)
{
	struct show *s = ctx;
	bool changed = false;
	uint32_t key;

	while (screen_key(&key, &changed)) {
		enum top_does does = top_key(&s->top, key);

		s->quit |= does == TOP_QUIT;
		if (does != TOP_CHANGED)
			continue;
		changed = true;
		if (top_refresh(&s->top, s->board))
			s->quit = true;
	}
	if (is_hung_up() || (changed && !s->quit && draw(s)))
		s->quit = true;
	return !s->quit;
}

/* Waits for a key, another size or a signal, as the run did; not for ever: the second may come just before. */
static bool wait_for_key(struct show *s, const struct signals *signals)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = signals->fd, .events = POLLIN } };
	struct signals_caught caught;

	poll(p, 2, POLL_MS);
	return !signals_next(signals, &caught) && on_keys(s);
}

/* A recording that was played to its end stays on the screen. */
static void stay(struct show *s)
{
	struct signals signals = { .fd = -1 };

	s->ended = true;
	if (s->quit || draw(s) || signals_catch(&signals))
		return;
	signals_release(&signals);
	while (wait_for_key(s, &signals))
		;
	signals_forget(&signals);
}

/* ---- the run ------------------------------------------------------------------------------------------------------- */

static void show_done(struct show *s)
{
	leave_screen(s);
	if (s->sink)
		s->sink->ops->free(s->sink);
	out_close(&s->out);
	users_free(s->users);
	syscalls_free(s->syscalls);
	board_free(s->board);
	top_done(&s->top);
	buf_done(&s->source);
}

/* In the kernel. Classes are only told of each check. */
static bool is_counted(const struct show *s)
{
	return !s->from && !s->options->filter.classes;
}

/* What came of it, its class and operation: the rows' further columns. */
static bool shows_more(const struct options *o)
{
	return o->output.every_column || (o->filter.denied && !o->filter.allowed);
}

/* Negative errno after saying why. */
static int show_open(struct show *s)
{
	const struct post_config config = {
		.start = on_start,
		.turn = on_turn,
		.ctx = s,
		.interval_ns = s->interval_ns,
		.replayed = s->from,
		.paused = &s->top.paused,
	};
	struct post_config post = config;
	int err;

	out_init(&s->out, STDOUT_FILENO, false);
	when_init(&s->when, WHEN_SECOND, s->options->output.utc);
	top_init(&s->top, (enum top_by)s->options->top.by);
	s->top.more = shows_more(s->options);
	s->cpu = -1;
	s->board = board_new(ITEMS_MAX);
	s->users = s->from ? users_new_told() : users_new();
	s->syscalls = syscalls_new();
	if (s->syscalls && s->from)
		syscalls_set_machine(s->syscalls, replay_facts(s->from)->machine);
	post.board = s->board;
	post.users = s->users;
	post.syscalls = s->syscalls;
	err = s->board && s->users && s->syscalls ? post_new(&s->out, &post, &s->sink) : -ENOMEM;
	if (err) {
		s->sink = NULL;
		say_error(&to, "memory", err);
	}
	return err;
}

static int run(struct show *s)
{
	const struct options *o = s->options;
	const struct flow_notes notes = { on_note, s };
	const struct flow_input input = { .fd = STDIN_FILENO, .ready = on_keys, .ctx = s };
	struct flow_result result = { 0 };
	const struct flow_config config = {
		.filter = &o->filter,
		.kernel = hear_kernel(o),
		.sites = s->from ? replay_facts(s->from)->has & RECORDING_SITES : true,
		.sites_dear = is_counted(s),
		.counting = is_counted(s),
		.outcomes = s->top.more && o->kernel.outcomes != OUTCOMES_OFF,
		.outcomes_of_few = o->kernel.outcomes != OUTCOMES_ALL,
		.all = s->from != NULL,
		.duration_ns = o->output.duration_ns,
		.interval_ns = s->interval_ns,
		.sink = s->sink,
		.input = s->on_screen ? &input : NULL,
		.replay = s->from,
		.users = s->users,
		.realtime = s->on_screen,
	};
	int err = flow_run(&config, &notes, &result);

	if (!err && s->from && s->on_screen && !result.output_error && !result.signalled)
		stay(s);
	leave_screen(s);
	/* Those of a recording were told where they stand in it, each once. */
	if (!s->from)
		hear_losses(&to, &result.account);
	if (!err && result.output_error)
		say_error(&to, "standard output", result.output_error);
	return verdict(&result, err, NULL);
}

static int show(struct options *o, struct replay *from)
{
	struct show s = {
		.options = o,
		.hear = { &to, &o->output },
		.from = from,
		.interval_ns = o->top.interval_ns ? o->top.interval_ns : usual_interval_ns,
		.out = OUT_INIT,
	};
	int err = show_open(&s), code;

	if (!err && !o->top.batch && screen_possible())
		s.on_screen = screen_open();
	code = err ? verdict_of_failure(err, NULL) : run(&s);
	show_done(&s);
	return code;
}

static int start(struct options *o)
{
	struct replay *from;
	int code;

	if (!o->recording.from)
		return show(o, NULL);
	code = hear_recording(&to, o->recording.from, &from);
	if (code)
		return code;
	code = show(o, from);
	replay_free(from);
	return code;
}

int top_main(int argc, char **argv)
{
	return begin(&options_top, &to, NULL, start, argc, argv);
}
