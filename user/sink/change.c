/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/change.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/caps/filecaps.h"
#include "user/caps/filespec.h"
#include "user/caps/securebits.h"
#include "user/model/lifecycle.h"
#include "user/model/outcome.h"

enum { NAMES_FEW = 6 };	/* so many names are easier to read than what they are not */

#define NEW_USERNS 0x10000000u	/* CLONE_NEWUSER */
#define EVERY	   (UINT64_MAX >> (CAPABILITY_MAX - CAPABILITY_COUNT))

struct parts {
	struct buf *b;
	size_t start;
};

static void begin(const struct parts *p)
{
	if (p->b->len > p->start)
		buf_puts(p->b, ", ");
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static void put_caps(struct buf *b, const char *sign, uint64_t set)
{
	for (; set; set &= set - 1) {
		buf_puts(b, sign);
		capability_put_short(b, (unsigned int)__builtin_ctzll(set));
	}
}

/* What came and went. Many at once are told by what is there now. */
static void put_difference(struct buf *b, uint64_t was, uint64_t is)
{
	uint64_t came = is & ~was, went = was & ~is, lacks = EVERY & ~is;

	if (!is && __builtin_popcountll(went) > NAMES_FEW) {
		buf_puts(b, " -all");
	} else if (__builtin_popcountll(went) > NAMES_FEW && __builtin_popcountll(is) <= NAMES_FEW) {
		buf_puts(b, " only");
		put_caps(b, " ", is);
	} else if (__builtin_popcountll(came) > NAMES_FEW && __builtin_popcountll(lacks) <= NAMES_FEW) {
		buf_puts(b, " +all");
		put_caps(b, " -", lacks);
	} else {
		put_caps(b, " +", came);
		put_caps(b, " -", went);
	}
}

static void put_id(struct buf *b, uint64_t id)
{
	if ((uint32_t)id == (uint32_t)-1)
		buf_puts(b, "-1");
	else
		buf_u64(b, (uint32_t)id);
}

static void put_value(struct buf *b, enum lifecycle_value how, uint64_t value)
{
	switch (how) {
	case LIFECYCLE_ID:
		put_id(b, value);
		break;
	case LIFECYCLE_SET:
		put_difference(b, 0, value);
		break;
	case LIFECYCLE_CAP:
		if (value < CAPABILITY_MAX)
			capability_put_short(b, (unsigned int)value);
		else
			buf_u64(b, value);
		break;
	case LIFECYCLE_NUMBER:
		buf_u64(b, value);
		break;
	case LIFECYCLE_BITS:
		securebits_print(b, (uint32_t)value);
		break;
	case LIFECYCLE_SWITCH:
		buf_puts(b, value ? "on" : "off");
		break;
	}
}

/* ---- what changed ---------------------------------------------------------------------------------------------- */

static bool same_difference(uint64_t was_a, uint64_t is_a, uint64_t was_b, uint64_t is_b)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	bool same;

	put_difference(&a, was_a, is_a);
	put_difference(&b, was_b, is_b);
	same = !strcmp(buf_str(&a), buf_str(&b));
	buf_done(&a);
	buf_done(&b);
	return same;
}

/* Would one member's change be told in the same words as another's? */
static bool is_alike(const struct event_lifecycle *e, const struct lifecycle_member *a, const struct lifecycle_member *b)
{
	uint64_t was_a = lifecycle_get(&e->before, a), is_a = lifecycle_get(&e->after, a);
	uint64_t was_b = lifecycle_get(&e->before, b), is_b = lifecycle_get(&e->after, b);

	if (a->value != b->value)
		return false;
	if (a->value == LIFECYCLE_SET)
		return same_difference(was_a, is_a, was_b, is_b);
	return a->value == LIFECYCLE_ID && was_a == was_b && is_a == is_b;
}

/* Its name, and those behind it that changed alike; what was told is marked in *told. */
static void put_names(struct buf *b, const struct event_lifecycle *e, size_t first, uint32_t *told)
{
	const struct lifecycle_member *m = lifecycle_members;

	buf_puts(b, m[first].name);
	for (size_t i = first + 1; i < lifecycle_member_count; i++) {
		if (!lifecycle_changed(e, &m[i]) || !is_alike(e, &m[first], &m[i]))
			continue;
		buf_printf(b, ",%s", m[i].name);
		*told |= 1U << i;
	}
}

static void put_changes(const struct parts *p, const struct event_lifecycle *e)
{
	uint32_t told = 0;

	for (size_t i = 0; i < lifecycle_member_count; i++) {
		const struct lifecycle_member *m = &lifecycle_members[i];
		uint64_t was = lifecycle_get(&e->before, m), is = lifecycle_get(&e->after, m);

		if (told & 1U << i || !lifecycle_changed(e, m))
			continue;
		begin(p);
		put_names(p->b, e, i, &told);
		if (m->value == LIFECYCLE_SET) {
			put_difference(p->b, was, is);
			continue;
		}
		buf_putc(p->b, ' ');
		put_value(p->b, m->value, was);
		buf_puts(p->b, "->");
		put_value(p->b, m->value, is);
	}
}

/* ---- what was wanted ------------------------------------------------------------------------------------------- */

/* The sets that it asked for, as what they would have changed. */
static void put_wanted_sets(const struct parts *p, const struct event_lifecycle *e)
{
	const uint64_t was[] = { e->before.effective, e->before.permitted, e->before.inheritable };

	for (unsigned int i = 0; i < 3; i++) {
		enum lifecycle_value how;

		if (was[i] == e->asked[i])
			continue;
		begin(p);
		buf_printf(p->b, "wanted %s", lifecycle_asked(e->what, i, &how));
		put_difference(p->b, was[i], e->asked[i]);
	}
}

/* Of one capability in one set. */
static void put_wanted_cap(const struct parts *p, const struct event_lifecycle *e)
{
	begin(p);
	buf_printf(p->b, "wanted %s %c", e->what == LIFE_BOUNDING_DROP ? "bounding" : "ambient",
		   e->what == LIFE_AMBIENT_RAISE ? '+' : '-');
	put_value(p->b, LIFECYCLE_CAP, e->asked[0]);
}

static void put_wanted(const struct parts *p, const struct event_lifecycle *e)
{
	enum lifecycle_value how;
	const char *name;

	if (!(e->head.flags & LIFE_ASKED_KNOWN))
		return;
	if (e->what == LIFE_CAPSET && e->head.flags & LIFE_BEFORE_KNOWN) {
		put_wanted_sets(p, e);
		return;
	}
	if (e->what == LIFE_UNSHARE || e->what == LIFE_SETNS || e->what == LIFE_FORK)
		return;
	for (unsigned int i = 0; (name = lifecycle_asked(e->what, i, &how)); i++) {
		if (how == LIFECYCLE_ID && (uint32_t)e->asked[i] == (uint32_t)-1)
			continue;
		if (how == LIFECYCLE_CAP) {
			put_wanted_cap(p, e);
			continue;
		}
		begin(p);
		buf_printf(p->b, "wanted %s%s", how == LIFECYCLE_SWITCH ? "" : name,
			   how == LIFECYCLE_SET || how == LIFECYCLE_SWITCH ? "" : " ");
		put_value(p->b, how, e->asked[i]);
	}
}

/* ---- kinds with more to tell ----------------------------------------------------------------------------------- */

static void put_exec(const struct parts *p, const struct lifecycle *l)
{
	const struct event_lifecycle *e = &l->event;
	const struct filecaps caps = {
		.version = l->file_rootid ? 3 : 2,
		.effective = l->file & LIFECYCLE_FILE_EFFECTIVE,
		.permitted = l->file_permitted,
		.inheritable = l->file_inheritable,
		.rootid = l->file_rootid,
	};

	if (e->head.flags & LIFE_PATH_KNOWN) {
		text_escape(p->b, (const char *)e->path, strnlen((const char *)e->path, sizeof(e->path)));
		if (e->head.flags & LIFE_PATH_TRUNCATED)
			buf_puts(p->b, "...");
	}
	if (!(l->file & LIFECYCLE_FILE_HAS))
		return;
	begin(p);
	buf_puts(p->b, "file ");
	filespec_print(p->b, &caps);
}

static void put_more(const struct parts *p, const struct lifecycle *l)
{
	const struct event_lifecycle *e = &l->event;

	if (e->what == LIFE_EXEC)
		put_exec(p, l);
	if (e->what == LIFE_FORK && e->asked[0])
		buf_printf(p->b, "process %llu", (unsigned long long)e->asked[0]);
	if (e->what == LIFE_FORK && !e->asked[0] && e->asked[1] & NEW_USERNS)
		buf_puts(p->b, "wanted a user namespace");
	if (e->what == LIFE_UNSHARE && e->ret < 0)
		buf_puts(p->b, "wanted a user namespace");
	if (e->what == LIFE_SETNS && e->ret < 0)
		buf_puts(p->b, e->asked[0] & NEW_USERNS ? "wanted a user namespace" : "wanted a namespace");
}

void change_print(struct buf *b, const struct lifecycle *l)
{
	const struct parts p = { b, b->len };
	int number;

	put_more(&p, l);
	put_changes(&p, &l->event);
	if (lifecycle_result(&l->event, &number) == LIFECYCLE_FAILED)
		put_wanted(&p, &l->event);
	if (b->len == p.start)
		buf_putc(b, '-');
}

void change_print_result(struct buf *b, const struct event_lifecycle *e)
{
	char made[OUTCOME_WORD_MAX];
	int number;

	switch (lifecycle_result(e, &number)) {
	case LIFECYCLE_UNKNOWN:
		buf_putc(b, '?');
		break;
	case LIFECYCLE_WORKED:
		buf_puts(b, "ok");
		break;
	case LIFECYCLE_FAILED:
		buf_puts(b, number ? outcome_word(OUTCOME_FAILED, number, made) : "refused");
		break;
	case LIFECYCLE_EXITED:
		buf_u64(b, (uint64_t)number);
		break;
	case LIFECYCLE_KILLED:
		if (sigabbrev_np(number))
			buf_printf(b, "SIG%s", sigabbrev_np(number));
		else
			buf_printf(b, "signal_%d", number);
		break;
	}
}
