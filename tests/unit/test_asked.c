/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/combine.h"
#include "user/advice/saved.h"
#include "user/base/buf.h"
#include "user/base/jsonin.h"
#include "user/caps/profile.h"
#include "user/caps/asked.h"
#include "user/caps/capset.h"
#include "user/view/answer.h"
#include "user/view/capwords.h"

#define C(name) (1ULL << CAP_##name)

enum { DENIED = 1, FAILED = 2, WORKED = 4, FOREIGN = 8 };

struct made {
	int cap;
	enum site_class class;
	const char *name, *call;
	unsigned flags;
	uint64_t times;
};

static void add(struct asked *a, const struct made *m)
{
	struct site site = { .class = m->class, .name = m->name, .name_len = m->name ? strlen(m->name) : 0,
			     .operation = m->class == SITE_UNCLASSIFIED ? NULL : "do a thing" };
	struct asked_check c = {
		.cap = m->cap, .site = &site, .call = m->call, .denied = m->flags & DENIED, .no_need = m->flags & FOREIGN,
		.failed = m->flags & FAILED ? m->times : 0, .worked = m->flags & WORKED ? m->times : 0, .error = m->flags & FAILED ? EPERM : 0,
		.times = m->times, .wall_ns = 1000, .pid = 7, .comm = "a\033b", .comm_len = 3,
	};

	assert_int_equal(asked_add(a, &c, NULL), 0);
}

static const struct made story[] = {
	{ CAP_NET_RAW, SITE_NEEDED, "inet_create", "socket", 0, 1 },
	{ CAP_NET_RAW, SITE_NEEDED, "inet_create", "socket", 0, 1 },
	{ CAP_NET_RAW, SITE_NEEDED, "inet_create", "socket", DENIED | FAILED, 1 },
	{ CAP_NET_RAW, SITE_NEEDED, "packet_create", "socket", 0, 40 },
	{ CAP_SYS_ADMIN, SITE_ADVISORY, "may_open", "openat", 0, 1 },
	{ CAP_SYS_ADMIN, SITE_NEEDED, "may_mount", "mount", FOREIGN, 1 },
	{ CAP_KILL, SITE_NEEDED, "kill_ok", "kill", DENIED | WORKED, 1 },
	{ CAP_MKNOD, SITE_NEEDED, "vfs_mknod", "mknod", FOREIGN, 1 },
};

static struct asked *told(void)
{
	struct asked *a = asked_new();

	assert_non_null(a);
	for (size_t i = 0; i < sizeof(story) / sizeof(story[0]); i++)
		add(a, &story[i]);
	return a;
}

static void gathers_what_is_the_same(void **state)
{
	struct asked *a = told();
	const struct asked_row *row;

	(void)state;
	assert_int_equal(asked_count(a), 6);
	row = asked_at(a, 0);
	assert_int_equal(row->cap, CAP_KILL);
	assert_int_equal(row->worked, 1);
	row = asked_at(a, 1);
	assert_int_equal(row->cap, CAP_NET_RAW);
	assert_string_equal(row->name, "packet_create");
	assert_int_equal(row->granted, 40);
	row = asked_at(a, 2);
	assert_string_equal(row->name, "inet_create");
	assert_int_equal(row->granted, 2);
	assert_int_equal(row->denied, 1);
	assert_int_equal(row->failed, 1);
	assert_int_equal(row->error, EPERM);
	assert_false(asked_unnamed(a));
	asked_free(a);
}

static struct answer concluded(struct asked *a, uint64_t lost)
{
	struct answer answer = { .asked = a, .checks = 47, .lost = lost, .runs = 1, .start_seen = true, .command = "it", .user = "web:www" };

	assert_int_equal(answer_conclude(&answer), 0);
	return answer;
}

static void a_check_is_not_a_need(void **state)
{
	struct asked *a = told();
	struct answer answer = concluded(a, 0);

	(void)state;
	assert_int_equal(answer.caps, C(NET_RAW));
	assert_int_equal(answer.bounding, C(NET_RAW));
	assert_true(answer.no_new_privs);
	assert_false(answer.incomplete);
	assert_int_equal(answer_part_of(&answer, CAP_SYS_ADMIN), SOLVE_ADVISORY);
	assert_int_equal(answer_part_of(&answer, CAP_KILL), SOLVE_DENIED);
	assert_int_equal(answer_part_of(&answer, CAP_MKNOD), SOLVE_NO_NEED);
	assert_int_equal(answer_part_of(&answer, CAP_CHOWN), SOLVE_PARTS);
	asked_free(a);
}

static void files_widen_the_bounding_set(void **state)
{
	const struct answer_file files[] = { { "/bin/ping", C(NET_RAW), false, false }, { "/bin/su", 0, true, false } };
	struct asked *a = asked_new();
	struct answer answer = { .asked = a, .files = files, .file_count = 1,
				 .user = "web" };

	(void)state;
	assert_int_equal(answer_conclude(&answer), 0);
	assert_int_equal(answer.caps, 0);
	assert_int_equal(answer.bounding, C(NET_RAW));
	assert_false(answer.no_new_privs);
	answer = (struct answer){ .asked = a, .files = files + 1, .file_count = 1 };
	assert_int_equal(answer_conclude(&answer), 0);
	assert_int_equal(answer.bounding, 0);
	assert_false(answer.no_new_privs);
	answer = (struct answer){ .asked = a, .files = files, .file_count = 1 };
	assert_int_equal(answer_conclude(&answer), 0);
	assert_int_equal(answer.caps, C(NET_RAW));
	asked_free(a);
}

static void losses_make_it_incomplete(void **state)
{
	struct asked *a = told();
	struct answer answer = concluded(a, 1);

	(void)state;
	assert_true(answer.incomplete);
	asked_free(a);
}

/* What is written is what `run --profile` and `profile show` read. */
static void its_json_is_a_profile(void **state)
{
	struct asked *a = told();
	struct answer answer = concluded(a, 0);
	struct buf text = BUF_INIT, why = BUF_INIT;
	struct profile p;

	(void)state;
	answer_json(&text, &answer);
	if (profile_parse("it", text.data, text.len, &why, &p))
		fail_msg("%s in %s", buf_str(&why), buf_str(&text));
	assert_int_equal(p.caps, C(NET_RAW));
	assert_int_equal(p.status, PROFILE_ESTIMATED);
	assert_string_equal(p.user, "web:www");
	assert_true(p.no_new_privs);
	profile_done(&p);
	buf_done(&text);
	buf_done(&why);
	asked_free(a);
}

/* One of a socket as somebody, from one of the kernel's functions. */
static struct asked *from(const char *stack, const char *user)
{
	const struct site_query q = { .cap = CAP_NET_RAW, .stack = stack, .call = "socket", .argument = 17ULL << 32 | 3 };
	struct asked *a = asked_new();
	struct site site;
	const struct asked_check c = { .cap = CAP_NET_RAW, .site = &site, .call = q.call, .times = 1, .wall_ns = 1000 + strlen(stack),
				       .pid = 7, .ids_known = true, .uid = 33, .user = user, .argument_known = true, .argument = q.argument,
				       .comm = "a", .comm_len = 1 };

	site_find(&q, &site);
	assert_int_equal(asked_add(a, &c, NULL), 0);
	return a;
}

static void read_again(const struct answer *is, struct saved *ret)
{
	struct buf text = BUF_INIT, why = BUF_INIT, again = BUF_INIT;

	answer_json(&text, is);
	if (saved_parse("it", text.data, text.len, &why, ret))
		fail_msg("%s", buf_str(&why));
	answer_json(&again, &ret->answer);
	assert_string_equal(buf_str(&again), buf_str(&text));
	buf_done(&text);
	buf_done(&why);
	buf_done(&again);
}

static const char *text_of(const struct answer *a, struct buf *b)
{
	buf_clear(b);
	answer_json(b, a);
	return buf_str(b);
}

/* What is written of it is read again, and of several all is told. */
static void who_and_from_where(void **state)
{
	struct answer of[] = { { .runs = 1 }, { .runs = 1 }, { .runs = 1 } };
	struct saved each[3], all;
	struct buf text = BUF_INIT;

	(void)state;
	of[0].asked = from("ns_capable packet_create __sock_create do_syscall_64", "www-data");
	of[1].asked = from("ns_capable_noaudit packet_create ?", NULL);
	of[2].asked = asked_new();
	add(of[2].asked, &(const struct made){ CAP_KILL, SITE_UNCLASSIFIED, NULL, "", 0, 1 });
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(answer_conclude(&of[i]), 0);
		read_again(&of[i], &each[i]);
	}
	assert_non_null(strstr(text_of(&each[0].answer, &text), "\"helpers\":[\"audited\"],\"callers\":[\"__sock_create\"],"
				"\"site\":\"packet_create\",\"syscall\":\"socket\",\"arguments\":[17,3],"));
	assert_non_null(strstr(buf_str(&text), "\"pid\":7,\"uid\":33,\"user\":\"www-data\",\"euid\":0,\"comm\":\"a\""));
	assert_non_null(strstr(text_of(&each[1].answer, &text), "\"helpers\":[\"noaudit\"],\"callers\":null,"));
	assert_non_null(strstr(buf_str(&text), "\"uid\":33,\"user\":null,\"euid\":0,"));
	assert_non_null(strstr(text_of(&each[2].answer, &text), "\"helpers\":null,\"callers\":null,\"site\":null,"
				"\"syscall\":null,\"arguments\":null,"));
	assert_non_null(strstr(buf_str(&text), "\"pid\":7,\"uid\":null,\"user\":null,\"euid\":null,"));
	assert_int_equal(combine(each, 3, &all), 0);
	assert_int_equal(asked_count(all.answer.asked), 2);
	assert_non_null(strstr(text_of(&all.answer, &text), "\"helpers\":[\"audited\",\"noaudit\"],\"callers\":[\"__sock_create\"],"));
	assert_non_null(strstr(buf_str(&text), "\"uid\":33,\"user\":null,"));
	buf_clear(&text);
	answer_page(&text, &each[0].answer, 0, NULL);
	assert_non_null(strstr(buf_str(&text), " by a (7, user www-data, euid 0)\n"));
	for (size_t i = 0; i < 3; i++) {
		saved_done(&each[i]);
		asked_free(of[i].asked);
	}
	saved_done(&all);
	buf_done(&text);
}

/* What was asked for in an exec is told of what was executed, of that process alone. */
static void an_exec_is_what_it_executes(void **state)
{
	const struct site site = { .class = SITE_NEEDED, .name = "f", .name_len = 1, .operation = "execute a thing" };
	struct asked_check c = { .cap = CAP_DAC_OVERRIDE, .site = &site, .call = "execve", .times = 1, .wall_ns = 10, .pid = 7, .comm = "a",
				 .comm_len = 1, .exe = "/bin/launcher" };
	struct asked *a = asked_new();

	(void)state;
	assert_int_equal(asked_add(a, &c, NULL), 0);
	c.call = "openat";
	assert_int_equal(asked_add(a, &c, NULL), 0);
	c.call = "execveat";
	c.pid = 8;
	assert_int_equal(asked_add(a, &c, NULL), 0);
	assert_int_equal(asked_becomes(a, 7, "/bin/it"), 0);
	assert_int_equal(asked_count(a), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(asked_at(a, i)->exe, strcmp(asked_at(a, i)->call, "execve") ? "/bin/launcher" : "/bin/it");
	asked_free(a);
}

/* More of the kernel's functions than are told, and a name that is too long. */
static void no_more_callers_than_there_is_room(void **state)
{
	static const char *const stacks[] = { "f a", "f b", "f c", "f a", "f d", "f e" };
	char longest[ASKED_USER_BYTES + 2];
	struct asked *a = asked_new(), *one;

	(void)state;
	memset(longest, 'u', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		one = from(stacks[i], longest + 1);
		assert_int_equal(asked_merge(a, one), 0);
		asked_free(one);
	}
	assert_int_equal(asked_count(a), 1);
	assert_string_equal(asked_at(a, 0)->callers[ASKED_CALLERS - 1], "d");
	assert_int_equal(strlen(asked_at(a, 0)->user), ASKED_USER_BYTES);
	asked_free(a);
	a = from(stacks[0], longest);
	assert_string_equal(asked_at(a, asked_count(a) - 1)->user, "");
	asked_free(a);
}

static void what_is_read_wrongly(void **state)
{
	static const struct {
		const char *was, *is, *says;
	} rows[] = {
		{ "[\"audited\"]", "[\"audible\"]", "helpers[0]: unknown word 'audible'; there are direct, audited, noaudit, insetid" },
		{ "[\"__sock_create\"]", "[\"a\",\"b\",\"c\",\"d\",\"e\"]", "callers: more than the 4 that there may be" },
		{ "[17,3]", "[17,3,0]", "arguments: more than the 2 that there may be" },
		{ "[17,3]", "[4294967296]", "arguments[0]: 4294967296 is out of range" },
		{ "\"uid\":33", "\"uid\":-1", "uid: -1 is out of range" },
		{ "\"euid\":0", "\"euid\":null", "euid: a whole number is expected" },
	};
	struct answer is = { .asked = from("ns_capable packet_create __sock_create", "web"), .runs = 1 };
	struct buf text = BUF_INIT, wrong = BUF_INIT, why = BUF_INIT;
	struct saved s;

	(void)state;
	assert_int_equal(answer_conclude(&is), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *all = text_of(&is, &text), *at = strstr(all, rows[i].was);

		assert_non_null(at);
		buf_clear(&wrong);
		buf_clear(&why);
		buf_put(&wrong, all, (size_t)(at - all));
		buf_printf(&wrong, "%s%s", rows[i].is, at + strlen(rows[i].was));
		assert_int_equal(saved_parse("it", wrong.data, wrong.len, &why, &s), -EINVAL);
		if (!strstr(buf_str(&why), rows[i].says))
			fail_msg("%s", buf_str(&why));
	}
	buf_done(&text);
	buf_done(&wrong);
	buf_done(&why);
	asked_free(is.asked);
}

static void the_page_is_safe_for_a_terminal(void **state)
{
	struct asked *a = told();
	struct answer answer = concluded(a, 0);
	struct buf page = BUF_INIT;

	(void)state;
	answer.command = "\033[31mred";
	answer_page(&page, &answer, 0, NULL);
	assert_null(memchr(page.data, '\033', page.len));
	assert_int_equal(strncmp(page.data, "\\x1b[31mred needs CAP_NET_RAW", strlen("\\x1b[31mred needs CAP_NET_RAW")), 0);
	assert_non_null(strstr(buf_str(&page), "needs CAP_NET_RAW: estimated, not verified"));
	assert_non_null(strstr(buf_str(&page), "(packet_create), granted 40 times"));
	assert_non_null(strstr(buf_str(&page), "(1 failed with EPERM)"));
	buf_clear(&page);
	capwords_held(&page, capset_all() & ~(C(NET_RAW) | C(SYS_RESOURCE)), C(NET_RAW) | C(CHOWN));
	assert_string_equal(buf_str(&page), "all but cap_net_raw; not held: cap_sys_resource");
	buf_clear(&page);
	capwords_held(&page, capset_all() & ~C(SYS_RESOURCE), C(CHOWN));
	assert_string_equal(buf_str(&page), "all but cap_sys_resource (not held)");
	buf_done(&page);
	asked_free(a);
}

/* Whoever reads why a capability is advised that nobody asked for finds the places that it serves. */
static void what_serves_says_what_for(void **state)
{
	const struct site_row known = { .cap = CAP_SYS_ADMIN, .others = C(SYS_NICE), .operation = "do a thing" };
	const struct site either = { .class = SITE_ALTERNATIVE, .row = &known, .name = "f", .name_len = 1, .operation = known.operation };
	const struct asked_check c = { .cap = CAP_SYS_ADMIN, .site = &either, .call = "ioprio_set", .times = 2, .wall_ns = 20 + ASKED_START_NS,
				       .pid = 7, .comm = "a", .comm_len = 1 };
	struct asked *a = asked_new();
	struct answer answer = { .asked = a, .runs = 1 };
	struct buf page = BUF_INIT, json = BUF_INIT;
	const char *why, *beside;

	(void)state;
	assert_int_equal(asked_add(a, &c, NULL), 0);
	assert_int_equal(answer_conclude(&answer), 0);
	assert_int_equal(answer.caps, C(SYS_NICE));
	assert_string_equal(answer_phase(&answer, CAP_SYS_NICE), "steady");
	answer_page(&page, &answer, 0, NULL);
	why = strstr(buf_str(&page), "do a thing: ioprio_set (f), granted 2 times");
	beside = strstr(buf_str(&page), "\nNot advised");
	assert_non_null(why);
	assert_non_null(beside);
	assert_true(why < beside);
	assert_true(strstr(why, "; CAP_SYS_ADMIN was asked for, and this serves") < beside);
	answer_json(&json, &answer);
	assert_non_null(strstr(buf_str(&json), "\"serves\":[{\"capability\":\"CAP_SYS_ADMIN\",\"operation\":\"do a thing\",\"site\":\"f\","
					       "\"syscall\":\"ioprio_set\",\"granted\":2,"));
	buf_done(&page);
	buf_done(&json);
	asked_free(a);
}

/* What is told of a failure fits who failed. */
static void what_a_failure_is_told(void **state)
{
	const struct made refused = { CAP_SYS_RESOURCE, SITE_NEEDED, "f", "setrlimit", DENIED | FAILED, 1 };
	static const struct {
		uint64_t held;
		const char *user, *says;
	} rows[] = {
		{ C(CHOWN), "web", "--as USER --grant all shows that" },
		{ C(SETUID) | C(SETPCAP) | C(SYS_ADMIN), NULL, "with all that there was to give, without CAP_SYS_RESOURCE" },
		{ C(SYS_RESOURCE), NULL, "its processes held CAP_SYS_RESOURCE, and had given that up" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer answer = { .asked = asked_new(), .runs = 1, .failed = 1, .user = rows[i].user, .command = "it" };
		struct buf page = BUF_INIT;

		add(answer.asked, &refused);
		assert_int_equal(asked_program(answer.asked, rows[i].held, NULL), 0);
		assert_int_equal(answer_conclude(&answer), 0);
		assert_int_equal(answer_lacking(&answer), C(SYS_RESOURCE));
		answer_page(&page, &answer, 0, NULL);
		if (!strstr(buf_str(&page), rows[i].says))
			fail_msg("%s", buf_str(&page));
		buf_done(&page);
		asked_free(answer.asked);
	}
}

/* A drop to one user at the start, and what goes on afterwards. */
static void when_and_what_for(void **state)
{
	const struct site set = { .class = SITE_NEEDED, .name = "f", .name_len = 1, .operation = "change the user" };
	struct asked_check c = { .cap = CAP_SETUID, .site = &set, .call = "setuid", .drops = true, .times = 1, .wall_ns = 10,
				 .comm = "a", .comm_len = 1 };
	struct asked *a = asked_new();
	struct answer answer = { .asked = a, .runs = 1 };
	struct buf instead = BUF_INIT;

	(void)state;
	asked_starts(a, 1);
	asked_drop_to(a, 33);
	assert_int_equal(asked_add(a, &c, NULL), 0);
	assert_int_equal(answer_conclude(&answer), 0);
	assert_null(answer_phase(&answer, CAP_SETUID));
	assert_int_equal(answer.drops, C(SETUID));
	assert_int_equal(answer.drops_to, 33);
	c = (struct asked_check){ .cap = CAP_CHOWN, .site = &set, .call = "chown", .times = 1, .wall_ns = 1 + ASKED_START_NS, .comm = "a",
				  .comm_len = 1 };
	assert_int_equal(asked_add(a, &c, NULL), 0);
	assert_int_equal(answer_conclude(&answer), 0);
	assert_string_equal(answer_phase(&answer, CAP_SETUID), "start-up");
	assert_string_equal(answer_phase(&answer, CAP_CHOWN), "steady");
	assert_int_equal(answer.drops, C(SETUID));
	answer_put_instead(&instead, &answer, CAP_SETUID);
	assert_non_null(strstr(buf_str(&instead), "be started as that user already"));
	asked_drop_to(a, 34);
	assert_int_equal(answer_conclude(&answer), 0);
	assert_int_equal(answer.drops, 0);
	buf_clear(&instead);
	answer_put_instead(&instead, &answer, CAP_SETUID);
	assert_string_equal(buf_str(&instead), "nothing: it became several users, as what logs people in does");
	buf_done(&instead);
	asked_free(a);
}

static void setuid_programs_keep_it(void **state)
{
	const struct answer_file su = { "/bin/su", 0, true, false };
	const struct site quality = { .class = SITE_QUALITY, .name = "f", .name_len = 1 };
	const struct asked_check c = { .cap = CAP_SETUID, .site = &quality, .call = "setuid", .times = 1, .comm = "a", .comm_len = 1 };
	struct asked *a = asked_new();
	struct answer answer = { .asked = a, .runs = 1 };

	(void)state;
	assert_int_equal(asked_add(a, &c, NULL), 0);
	assert_int_equal(answer_conclude(&answer), 0);
	assert_int_equal(answer.caps, 0);
	assert_int_equal(answer_part_of(&answer, CAP_SETUID), SOLVE_QUALITY);
	answer.files = &su;
	answer.file_count = 1;
	assert_int_equal(answer_conclude(&answer), 0);
	assert_int_equal(answer.caps, C(SETUID));
	assert_int_equal(answer_part_of(&answer, CAP_SETUID), SOLVE_KEPT);
	asked_free(a);
}

static void holds_what_its_programs_held(void **state)
{
	struct asked *a = asked_new();

	uint64_t held;

	(void)state;
	assert_false(asked_held(a, &held));
	assert_int_equal(asked_program(a, C(CHOWN), "/bin/one"), 0);
	assert_int_equal(asked_program(a, C(KILL), "/bin/one"), 0);
	assert_true(asked_held(a, &held));
	assert_int_equal(held, C(CHOWN) | C(KILL));
	assert_string_equal(asked_file(a, 0), "/bin/one");
	assert_null(asked_file(a, 1));
	asked_free(a);
}

static void remembers_what_was_refused(void **state)
{
	const struct asked_refusal few = { .bounding = C(CHOWN) | C(KILL) }, fewer = { C(KILL) | C(SETUID), true };
	struct asked *a = asked_new(), *b = asked_new();
	struct asked_refusal found;

	(void)state;
	assert_int_equal(asked_executed(a, "/bin/sh"), 0);
	assert_int_equal(asked_refused(a, "/bin/ping", &few), 0);
	assert_false(asked_file_refused(a, 0, &found));
	assert_true(asked_file_refused(a, 1, &found));
	assert_int_equal(found.bounding, few.bounding);
	assert_false(found.elsewhere);
	assert_false(asked_file_refused(a, 2, &found));
	/* Also in another table, where it was executed too. */
	assert_int_equal(asked_executed(b, "/bin/ping"), 0);
	assert_int_equal(asked_refused(b, "/bin/ping", &fewer), 0);
	assert_int_equal(asked_merge(a, b), 0);
	assert_true(asked_file_refused(a, 1, &found));
	assert_int_equal(found.bounding, C(KILL));
	assert_true(found.elsewhere);
	assert_null(asked_file(a, 2));
	asked_free(a);
	asked_free(b);
}

static void add_mark(struct asked *a, int cap, bool denied, bool withheld)
{
	const struct site_query q = { .cap = cap, .stack = "ns_capable sk_setsockopt", .call = "setsockopt", .argument = 1ULL << 32 | 36 };
	struct site site;
	struct asked_check c = { .cap = cap, .site = &site, .call = q.call, .denied = denied, .withheld = withheld,
				 .times = 1, .comm = "ping", .comm_len = 4 };

	site_find(&q, &site);
	assert_int_equal(site.class, SITE_ALTERNATIVE);
	assert_int_equal(asked_add(a, &c, NULL), 0);
}

static uint64_t advised(struct asked *asked)
{
	struct answer a = { .asked = asked };

	assert_int_equal(answer_conclude(&a), 0);
	return a.caps;
}

/* ping raises NET_ADMIN alone to mark packets, where NET_RAW would do as well. */
static void what_a_program_withholds_is_no_alternative(void **state)
{
	struct asked *a = asked_new(), *b = asked_new(), *c = asked_new();

	(void)state;
	add_mark(a, CAP_NET_RAW, true, true);
	add_mark(a, CAP_NET_ADMIN, false, false);
	assert_int_equal(advised(a), C(NET_ADMIN));
	/* It was not there to be used. */
	add_mark(b, CAP_NET_RAW, true, false);
	add_mark(b, CAP_NET_ADMIN, false, false);
	assert_int_equal(advised(b), C(NET_RAW));
	/* At another time it was used. */
	add_mark(c, CAP_NET_RAW, true, true);
	add_mark(c, CAP_NET_RAW, false, false);
	add_mark(c, CAP_NET_ADMIN, false, false);
	assert_int_equal(advised(c), C(NET_RAW));
	asked_free(a);
	asked_free(b);
	asked_free(c);
}

/* The kernel asks for the lesser one first, where that would do. */
static void what_follows_a_refused_lesser_one_needs_no_more(void **state)
{
	static const struct made reads[] = {
		{ CAP_DAC_READ_SEARCH, SITE_ALTERNATIVE, "generic_permission", "openat2", DENIED, 5 },
		{ CAP_DAC_OVERRIDE, SITE_NEEDED, "generic_permission", "openat2", 0, 5 },
	}, writes[] = {
		{ CAP_DAC_READ_SEARCH, SITE_ALTERNATIVE, "generic_permission", "openat2", DENIED, 5 },
		{ CAP_DAC_OVERRIDE, SITE_NEEDED, "generic_permission", "openat2", 0, 6 },
	}, elsewhere[] = {
		{ CAP_DAC_READ_SEARCH, SITE_ALTERNATIVE, "generic_permission", "openat", DENIED, 5 },
		{ CAP_DAC_OVERRIDE, SITE_NEEDED, "generic_permission", "openat2", 0, 5 },
	};
	const struct {
		const struct made *story;
		uint64_t lost, caps;
	} rows[] = {
		{ reads, 0, C(DAC_READ_SEARCH) }, { writes, 0, C(DAC_OVERRIDE) }, { elsewhere, 0, C(DAC_OVERRIDE) },
		/* What was lost may have been a write. */
		{ reads, 1, C(DAC_OVERRIDE) },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct answer a = { .asked = asked_new(), .lost = rows[i].lost };

		add(a.asked, &rows[i].story[0]);
		add(a.asked, &rows[i].story[1]);
		assert_int_equal(asked_count(a.asked), 2);
		assert_int_equal(answer_conclude(&a), 0);
		assert_int_equal(a.caps, rows[i].caps);
		asked_free(a.asked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gathers_what_is_the_same),	cmocka_unit_test(a_check_is_not_a_need),
		cmocka_unit_test(files_widen_the_bounding_set), cmocka_unit_test(losses_make_it_incomplete),
		cmocka_unit_test(its_json_is_a_profile),	cmocka_unit_test(the_page_is_safe_for_a_terminal),
		cmocka_unit_test(holds_what_its_programs_held), cmocka_unit_test(remembers_what_was_refused),
		cmocka_unit_test(what_a_program_withholds_is_no_alternative),
		cmocka_unit_test(when_and_what_for),		cmocka_unit_test(what_serves_says_what_for),
		cmocka_unit_test(who_and_from_where),		cmocka_unit_test(no_more_callers_than_there_is_room),
		cmocka_unit_test(an_exec_is_what_it_executes),	cmocka_unit_test(what_is_read_wrongly),		cmocka_unit_test(what_a_failure_is_told),	cmocka_unit_test(setuid_programs_keep_it),	cmocka_unit_test(what_follows_a_refused_lesser_one_needs_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
