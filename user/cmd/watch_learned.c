/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon has learned, read from its history: `watch learned`. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/recalled.h"
#include "user/base/json.h"
#include "user/base/text.h"
#include "user/base/when.h"
#include "user/cmd/commands.h"
#include "user/cmd/say.h"
#include "user/cmd/watch.h"
#include "user/history/ask.h"
#include "user/history/history.h"
#include "user/history/learn.h"
#include "user/model/past.h"
#include "user/view/answer.h"
#include "user/view/capwords.h"

struct listing {
	const struct watch_options *options;
	struct history *history;
	struct buf text;
	size_t count;
	bool found;
	struct learn_baseline one;	/* of .options->key; its .key is not set */
};

static void put_time(struct buf *b, bool utc, uint64_t ns)
{
	struct when w;

	when_init(&w, WHEN_SECOND, utc);
	when_print(&w, b, ns);
}

static void put_json(struct buf *b, const struct learn_baseline *l)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_key(&j, "type");
	json_literal(&j, "learned");
	json_member_cstr(&j, "workload", l->key);
	when_member(&j, "since", l->since_ns);
	if (!l->until_ns) {
		json_member_cstr(&j, "until", NULL);
	} else {
		when_member(&j, "until", l->until_ns);
		json_key(&j, "capabilities");
		capwords_json(&j, l->caps);
	}
	json_object_end(&j);
	buf_putc(b, '\n');
}

static void put_text(struct buf *b, const struct learn_baseline *l, bool utc)
{
	text_escape(b, l->key, strlen(l->key));
	buf_puts(b, l->until_ns ? "  learned from " : "  is being learned since ");
	put_time(b, utc, l->since_ns);
	if (l->until_ns) {
		buf_puts(b, " to ");
		put_time(b, utc, l->until_ns);
		buf_puts(b, ": ");
		capwords(b, l->caps);
	}
	buf_putc(b, '\n');
}

static int take(void *ctx, const struct learn_baseline *l)
{
	struct listing *s = ctx;

	s->count++;
	if (s->options->key) {
		if (!strcmp(l->key, s->options->key)) {
			s->one = *l;
			s->found = true;
		}
	} else if (s->options->json) {
		put_json(&s->text, l);
	} else {
		put_text(&s->text, l, s->options->utc);
	}
	return 0;
}

static bool is_called(const struct past *p, const char *key)
{
	struct buf image = BUF_INIT;
	bool is;

	workload_put_image_key(&image, &p->workload);
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): it is asked where there is one */
	is = !strcmp(p->key, key) || (image.len && !strcmp(buf_str(&image), key));
	buf_done(&image);
	return is;
}

/* One for all that are called so: the containers of an image are as one. */
static int gather(struct listing *s, const struct ask_time *time, struct past_list *list, struct past **ret)
{
	struct past *first = NULL;
	int err = ask_workloads(s->history, list);

	for (size_t i = 0; i < list->count && !err; i++) {
		struct past *p = &list->at[i];

		if (!is_called(p, s->options->key))
			continue;
		err = ask_uses(s->history, time, p);
		if (!err && first)
			err = past_join(first, p);
		first = first ?: p;
	}
	*ret = first;
	return err ?: first ? err : -ENOENT;
}

/* The history counts by the hour, learning ends at any time: what is not in the baseline was done before or after it. */
static void leave_learned(struct past *p, uint64_t caps)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		const int32_t cap = p->uses[i].cap;

		if (cap >= 0 && cap < 64 && caps >> cap & 1) {
			p->uses[n++] = p->uses[i];
		} else {
			past_done_use(&p->uses[i]);
		}
	}
	p->count = n;
}

/* What it did while it was learned, as a profile. */
static int put_profile(struct listing *s)
{
	const struct ask_time time = { s->one.since_ns, s->one.until_ns };
	const struct recalled known = { .watched_ns = time.to_ns - time.from_ns, .now_ns = time.to_ns };
	struct past_list list = { NULL, 0 };
	struct past *p;
	struct answer a;
	int err = gather(s, &time, &list, &p);

	if (!err)
		leave_learned(p, s->one.caps);
	err = err ?: recalled_answer(p, &known, &a);
	if (!err) {
		answer_json(&s->text, &a);
		recalled_forget(&a);
	}
	past_done_all(&list);
	return err;
}

/* Who watches since less than a minute has stored nothing, whether it learns or not. */
static void say_nothing(struct listing *s)
{
	struct past_state state;
	struct buf since = BUF_INIT;

	if (ask_state(s->history, &state) || !state.any || state.ended || state.told) {
		say(&watch_say, "nothing is learned of anybody: 'capsieve watch --learn 7d' learns");
		return;
	}
	put_time(&since, s->options->utc, state.since_ns);
	say(&watch_say, "nothing is learned of anybody yet: who watches since %s has stored nothing so far, which it does at least every minute; "
	    "it learns with --learn, or where a rule has 'learn'", buf_str(&since));
	buf_done(&since);
}

static int tell(struct listing *s)
{
	int err = learn_each(s->history, take, s);

	if (!err && s->options->key && !s->found) {
		say(&watch_say, "nothing is learned of '%s'; 'capsieve watch learned' lists of whom", s->options->key);
		return EXIT_FAILED;
	}
	if (!err && s->found && !s->one.until_ns) {
		say(&watch_say, "'%s' is still being learned", s->options->key);
		return EXIT_FAILED;
	}
	if (!err && s->found)
		err = put_profile(s);
	err = err ?: s->text.error;
	if (err) {
		say_error(&watch_say, "the history", err);
		return EXIT_FAILED;
	}
	if (!s->count && !s->options->json)
		say_nothing(s);
	fwrite(buf_str(&s->text), 1, s->text.len, stdout);
	return say_flush(&watch_say);
}

int watch_learned(const struct watch_options *o)
{
	struct listing s = { .options = o, .text = BUF_INIT };
	struct buf path = BUF_INIT, told = BUF_INIT;
	int err, code;

	buf_printf(&path, "%s/" HISTORY_FILE, o->state);
	err = path.error ?: history_read(buf_str(&path), &told, &s.history);
	if (err)
		say(&watch_say, "%s", told.len ? buf_str(&told) : strerror(-err));
	code = err ? EXIT_FAILED : tell(&s);
	history_close(s.history);
	buf_done(&s.text);
	buf_done(&told);
	buf_done(&path);
	return code;
}
