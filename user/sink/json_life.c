/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/json_life.h"

#include <stdio.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/caps/capability.h"
#include "user/caps/filecaps.h"
#include "user/caps/filespec.h"
#include "user/caps/securebits.h"
#include "user/model/lifecycle.h"
#include "user/model/outcome.h"

enum { CORE_DUMPED = 0x80 };	/* in what wait(2) gives */

void json_life_set(struct json *j, uint64_t mask)
{
	json_array(j);
	for (; mask; mask &= mask - 1) {
		char name[CAPABILITY_NAME_MAX];

		json_cstr(j, capability_name((unsigned int)__builtin_ctzll(mask), name));
	}
	json_array_end(j);
}

static void put_name(struct json *j, const char *name)
{
	json_key_str(j, name, strlen(name));
}

static void put_bits(struct json *j, uint32_t bits)
{
	struct buf text = BUF_INIT;

	securebits_print(&text, bits);
	json_cstr(j, buf_str(&text));
	buf_done(&text);
}

static void put_cap(struct json *j, uint64_t cap)
{
	char made[CAPABILITY_NAME_MAX];

	if (cap < CAPABILITY_MAX)
		json_cstr(j, capability_name((unsigned int)cap, made));
	else
		json_u64(j, cap);
}

/* An id that is to stay as it is: none was asked for. */
static void put_asked_id(struct json *j, uint64_t id)
{
	if ((uint32_t)id == (uint32_t)-1)
		json_null(j);
	else
		json_u64(j, (uint32_t)id);
}

static void put_value(struct json *j, enum lifecycle_value how, uint64_t value)
{
	switch (how) {
	case LIFECYCLE_ID:
	case LIFECYCLE_NUMBER:
		json_u64(j, value);
		break;
	case LIFECYCLE_SET:
		json_life_set(j, value);
		break;
	case LIFECYCLE_CAP:
		put_cap(j, value);
		break;
	case LIFECYCLE_BITS:
		put_bits(j, (uint32_t)value);
		break;
	case LIFECYCLE_SWITCH:
		json_bool(j, value);
		break;
	}
}

/* ---- how it ended ---------------------------------------------------------------------------------------------- */

static void put_signal(struct json *j, int number, int64_t status)
{
	const char *name = sigabbrev_np(number);
	char made[24];

	if (name)
		snprintf(made, sizeof(made), "SIG%s", name);
	else
		snprintf(made, sizeof(made), "signal_%d", number);
	json_key(j, "exit_signal");
	json_cstr(j, made);
	json_key(j, "core_dumped");
	json_bool(j, status & CORE_DUMPED);
}

static void put_word(struct json *j, const char *word)
{
	json_key(j, "result");
	json_cstr(j, word);
}

static void put_failure(struct json *j, int number)
{
	char made[OUTCOME_WORD_MAX];

	if (!number) {
		put_word(j, "refused");
		return;
	}
	put_word(j, outcome_word(OUTCOME_FAILED, number, made));
	json_key(j, "errno");
	json_u64(j, (uint64_t)number);
}

static void put_result(struct json *j, const struct event_lifecycle *e)
{
	int number;

	switch (lifecycle_result(e, &number)) {
	case LIFECYCLE_UNKNOWN:
		return;
	case LIFECYCLE_WORKED:
		put_word(j, "ok");
		break;
	case LIFECYCLE_FAILED:
		put_failure(j, number);
		break;
	case LIFECYCLE_EXITED:
		json_key(j, "exit_code");
		json_u64(j, (uint64_t)number);
		return;
	case LIFECYCLE_KILLED:
		put_signal(j, number, e->ret);
		return;
	}
	json_key(j, "ret");
	json_i64(j, e->ret);
}

/* ---- what it was about ----------------------------------------------------------------------------------------- */

static void put_asked(struct json *j, const struct event_lifecycle *e)
{
	enum lifecycle_value how;
	const char *name = lifecycle_asked(e->what, 0, &how);

	if (!(e->head.flags & LIFE_ASKED_KNOWN) || !name || e->what == LIFE_FORK)
		return;
	json_key(j, "asked");
	json_object(j);
	for (unsigned int i = 0; (name = lifecycle_asked(e->what, i, &how)); i++) {
		put_name(j, name);
		if (how == LIFECYCLE_ID)
			put_asked_id(j, e->asked[i]);
		else
			put_value(j, how, e->asked[i]);
	}
	json_object_end(j);
}

static void put_fork(struct json *j, const struct event_lifecycle *e)
{
	if (e->what != LIFE_FORK)
		return;
	if (e->asked[0]) {
		json_key(j, "child");
		json_u64(j, e->asked[0]);
	}
	if (e->head.flags & LIFE_ASKED_KNOWN) {
		json_key(j, "flags");
		json_u64(j, e->asked[1]);
	}
}

static void put_file(struct json *j, const struct lifecycle *l)
{
	const struct filecaps caps = {
		.version = l->file_rootid ? 3 : 2,
		.effective = l->file & LIFECYCLE_FILE_EFFECTIVE,
		.permitted = l->file_permitted,
		.inheritable = l->file_inheritable,
		.rootid = l->file_rootid,
	};
	struct buf text = BUF_INIT;

	if (!(l->file & LIFECYCLE_FILE_KNOWN))
		return;
	json_key(j, "file");
	json_object(j);
	json_key(j, "capabilities");
	if (!(l->file & LIFECYCLE_FILE_HAS)) {
		json_null(j);
		json_object_end(j);
		return;
	}
	filespec_print(&text, &caps);
	json_object(j);
	json_key(j, "text");
	json_cstr(j, buf_str(&text));
	json_key(j, "permitted");
	json_life_set(j, caps.permitted);
	json_key(j, "inheritable");
	json_life_set(j, caps.inheritable);
	json_key(j, "effective");
	json_bool(j, caps.effective);
	json_key(j, "rootid");
	json_u64(j, caps.rootid);
	json_object_end(j);
	json_object_end(j);
	buf_done(&text);
}

static void put_path(struct json *j, const struct event_lifecycle *e)
{
	if (!(e->head.flags & LIFE_PATH_KNOWN))
		return;
	json_key(j, "path");
	json_str(j, (const char *)e->path, strnlen((const char *)e->path, sizeof(e->path)));
	if (!(e->head.flags & LIFE_PATH_TRUNCATED))
		return;
	json_key(j, "path_truncated");
	json_bool(j, true);
}

/* ---- credentials ----------------------------------------------------------------------------------------------- */

static void put_changed(struct json *j, const struct event_lifecycle *e)
{
	if (~e->head.flags & (LIFE_BEFORE_KNOWN | LIFE_AFTER_KNOWN))
		return;
	json_key(j, "changed");
	json_array(j);
	for (size_t i = 0; i < lifecycle_member_count; i++)
		if (lifecycle_changed(e, &lifecycle_members[i]))
			json_cstr(j, lifecycle_members[i].name);
	json_array_end(j);
}

static void put_creds(struct json *j, const char *name, const struct event_creds *c)
{
	put_name(j, name);
	json_object(j);
	for (size_t i = 0; i < lifecycle_member_count; i++) {
		const struct lifecycle_member *m = &lifecycle_members[i];

		put_name(j, m->name);
		put_value(j, m->value, lifecycle_get(c, m));
	}
	json_object_end(j);
}

void json_life(struct json *j, const struct lifecycle *l)
{
	const struct event_lifecycle *e = &l->event;
	const char *operation = lifecycle_operation(e->what);
	char made[24];

	snprintf(made, sizeof(made), "event_%u", e->what);
	json_key(j, "event");
	json_cstr(j, operation ?: made);
	put_result(j, e);
	put_path(j, e);
	put_file(j, l);
	put_fork(j, e);
	put_asked(j, e);
	put_changed(j, e);
	if (e->head.flags & LIFE_BEFORE_KNOWN)
		put_creds(j, "before", &e->before);
	if (e->head.flags & LIFE_AFTER_KNOWN)
		put_creds(j, "after", &e->after);
}
