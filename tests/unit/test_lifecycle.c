// SPDX-License-Identifier: BSD-2-Clause
/* Lifecycle events: what is read of them, and each kind in text and in JSON. */
#include "tests/unit/made.h"

#include <errno.h>
#include <stdbool.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/model/lifecycle.h"
#include "user/model/record.h"
#include "user/sink/change.h"
#include "user/sink/json_life.h"

enum { NEWUSER = 0x10000000 };

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static void what_is_too_short_is_refused(void **state)
{
	struct event_lifecycle e = made_lifecycle();
	struct lifecycle l;

	(void)state;
	for (size_t n = 0; n <= sizeof(e); n++) {
		bool whole = n >= offsetof(struct event_lifecycle, path);
		void *copy;

		e.head.size = (uint16_t)n;
		e.head.flags |= LIFE_PATH_KNOWN;
		copy = made_copy(&e, n);
		assert_int_equal(lifecycle_decode(copy, n, &l), whole ? 0 : -EBADMSG);
		if (whole)
			assert_int_equal(!(l.event.head.flags & LIFE_PATH_KNOWN), n < sizeof(e));
		free(copy);
	}
	e.head.size = sizeof(e) - 1;
	assert_int_equal(lifecycle_decode(&e, sizeof(e), &l), -EBADMSG);
	e.head.size = sizeof(e);
	e.head.kind = EVENT_OUTCOME;
	assert_int_equal(lifecycle_decode(&e, sizeof(e), &l), -EBADMSG);
}

static void a_longer_one_is_taken_as_far_as_it_is_known(void **state)
{
	struct {
		struct event_lifecycle e;
		char more[16];
	} longer = { .e = made_lifecycle(), .more = "later" };
	struct lifecycle l;

	(void)state;
	longer.e.head.size = sizeof(longer);
	assert_int_equal(lifecycle_decode(&longer, sizeof(longer), &l), 0);
	assert_memory_equal(&l.event, &longer.e, sizeof(longer.e));
}

/* The line is of what the task became; of a fork it is the parent's. */
static void whose_ids_the_record_has(void **state)
{
	struct lifecycle l = { .event = made_lifecycle() };
	struct record r;

	(void)state;
	l.event.after.uid = 7;
	l.event.after.effective = 0;
	lifecycle_record(&l, &r);
	assert_int_equal(r.check.uid, 7);
	assert_int_equal(r.check.effective, 0);
	assert_int_equal(r.check.head.flags, CHECK_SYSCALL_KNOWN);
	assert_int_equal(r.parts, RECORD_LIFE);
	l.event.what = LIFE_FORK;
	lifecycle_record(&l, &r);
	assert_int_equal(r.check.uid, 1000);
	l.event.head.flags = LIFE_ABI_32;
	lifecycle_record(&l, &r);
	assert_int_equal(r.check.head.flags, CHECK_IDS_UNKNOWN | CHECK_SYSCALL_NONE | CHECK_ABI_32);
}

static void every_operation_has_a_name(void **state)
{
	enum lifecycle_value how;

	(void)state;
	for (uint32_t what = 1; what < LIFE_COUNT; what++) {
		assert_non_null(lifecycle_operation(what));
		for (uint32_t other = 1; other < what; other++)
			assert_string_not_equal(lifecycle_operation(what), lifecycle_operation(other));
	}
	assert_null(lifecycle_operation(0));
	assert_null(lifecycle_operation(LIFE_COUNT));
	assert_null(lifecycle_asked(LIFE_COUNT, 0, &how));
	assert_null(lifecycle_asked(LIFE_CAPSET, 3, &how));
}

/* Every byte of the credentials belongs to a member, and to one. */
static void the_members_are_all_of_them(void **state)
{
	uint8_t seen[sizeof(struct event_creds)] = { 0 };

	(void)state;
	for (size_t i = 0; i < lifecycle_member_count; i++)
		for (int k = 0; k < lifecycle_members[i].width; k++)
			assert_int_equal(seen[lifecycle_members[i].offset + k]++, 0);
	for (size_t i = 0; i < sizeof(seen); i++)
		assert_int_equal(seen[i], 1);
}

/* ---- in words --------------------------------------------------------------------------------------------------- */

#define ALL 0x1ffffffffffULL

static struct lifecycle root(uint32_t what)
{
	struct lifecycle l = { .event = made_lifecycle() };

	memset(&l.event.before, 0, sizeof(l.event.before));
	l.event.before.effective = l.event.before.permitted = l.event.before.bounding = ALL;
	l.event.before.userns = 5;
	l.event.after = l.event.before;
	l.event.what = what;
	memset(l.event.asked, 0, sizeof(l.event.asked));
	return l;
}

static void assert_line(const struct lifecycle *l, const char *result, const char *change)
{
	struct buf b = BUF_INIT;

	change_print_result(&b, &l->event);
	assert_string_equal(buf_str(&b), result);
	buf_clear(&b);
	change_print(&b, l);
	assert_string_equal(buf_str(&b), change);
	buf_done(&b);
}

static void sets_in_words(void **state)
{
	struct lifecycle l = root(LIFE_CAPSET);

	(void)state;
	assert_line(&l, "ok", "-");
	l.event.after.effective &= ~(1ULL << 13 | 1ULL << 21);
	assert_line(&l, "ok", "effective -net_raw -sys_admin");
	l.event.after.permitted = l.event.after.effective;
	assert_line(&l, "ok", "effective,permitted -net_raw -sys_admin");
	l.event.after.permitted = 0;
	assert_line(&l, "ok", "effective -net_raw -sys_admin, permitted -all");
	l.event.after.effective = l.event.after.permitted = 1 << 13 | 1 << 0;
	assert_line(&l, "ok", "effective,permitted only chown net_raw");
	l.event.before.effective = 0;
	assert_line(&l, "ok", "effective +chown +net_raw, permitted only chown net_raw");
	l.event.after.effective = ALL & ~(1ULL << 24);
	assert_line(&l, "ok", "effective +all -sys_resource, permitted only chown net_raw");
	l.event.after = l.event.before;
	l.event.after.inheritable = l.event.after.ambient = 1ULL << 63;
	assert_line(&l, "ok", "inheritable,ambient +63");
}

static void ids_in_words(void **state)
{
	struct lifecycle l = root(LIFE_SETRESUID);

	(void)state;
	l.event.after.uid = l.event.after.euid = l.event.after.suid = l.event.after.fsuid = 65534;
	l.event.after.effective = l.event.after.permitted = 0;
	l.event.after.groups = 3;
	assert_line(&l, "ok", "uid,euid,suid,fsuid 0->65534, groups 0->3, effective,permitted -all");
	l = root(LIFE_SETRESUID);
	l.event.ret = -EPERM;
	l.event.asked[0] = l.event.asked[2] = (uint32_t)-1;
	l.event.asked[1] = 300;
	assert_line(&l, "EPERM", "wanted euid 300");
	l.event.head.flags &= ~(uint32_t)LIFE_ASKED_KNOWN;
	assert_line(&l, "EPERM", "-");
	l.event.ret = -4000;
	assert_line(&l, "error 4000", "-");
	l.event.head.flags &= ~(uint32_t)LIFE_RESULT_KNOWN;
	assert_line(&l, "?", "-");
}

/* It returns what was: 4294967290 is no error. */
static void setfsuid_tells_nothing(void **state)
{
	struct lifecycle l = root(LIFE_SETFSUID);

	(void)state;
	l.event.asked[0] = 12;
	l.event.ret = 0xfffffffa;
	assert_line(&l, "refused", "wanted fsuid 12");
	l.event.after.fsuid = 12;
	assert_line(&l, "ok", "fsuid 0->12");
	l.event.asked[0] = (uint32_t)-1;
	assert_line(&l, "ok", "fsuid 0->12");
	l.event.what = LIFE_SETFSGID;
	l.event.asked[0] = 13;
	l.event.after.fsuid = 0;
	assert_line(&l, "refused", "wanted fsgid 13");
	l.event.head.flags &= ~(uint32_t)LIFE_ASKED_KNOWN;
	assert_line(&l, "?", "-");
}

static void what_was_wanted(void **state)
{
	static const struct {
		uint32_t what;
		uint64_t asked[3];
		const char *words;
	} rows[] = {
		{ LIFE_CAPSET, { ALL, ALL, 0 }, "-" },
		{ LIFE_CAPSET, { ALL & ~1ULL, ALL, 1 << 13 }, "wanted effective -chown, wanted inheritable +net_raw" },
		{ LIFE_SETGID, { 7 }, "wanted gid 7" },
		{ LIFE_SETREGID, { 7, (uint32_t)-1 }, "wanted gid 7" },
		{ LIFE_SETGROUPS, { 2 }, "wanted groups 2" },
		{ LIFE_AMBIENT_RAISE, { 13 }, "wanted ambient +net_raw" },
		{ LIFE_AMBIENT_LOWER, { 13 }, "wanted ambient -net_raw" },
		{ LIFE_AMBIENT_CLEAR, { 0 }, "-" },
		{ LIFE_BOUNDING_DROP, { 1 << 20 }, "wanted bounding -1048576" },
		{ LIFE_SECUREBITS, { 5 }, "wanted securebits noroot,no_setuid_fixup" },
		{ LIFE_KEEP_CAPS, { 1 }, "wanted on" },
		{ LIFE_NO_NEW_PRIVS, { 0 }, "wanted off" },
		{ LIFE_UNSHARE, { NEWUSER }, "wanted a user namespace" },
		{ LIFE_SETNS, { NEWUSER }, "wanted a user namespace" },
		{ LIFE_SETNS, { 0 }, "wanted a namespace" },
		{ LIFE_FORK, { 0, 17 }, "-" },
		{ LIFE_FORK, { 0, NEWUSER }, "wanted a user namespace" },
		{ 1000, { 7 }, "-" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lifecycle l = root(rows[i].what);

		l.event.ret = -EPERM;
		memcpy(l.event.asked, rows[i].asked, sizeof(rows[i].asked));
		assert_line(&l, "EPERM", rows[i].words);
	}
}

static void lives_in_words(void **state)
{
	struct lifecycle l = root(LIFE_FORK);

	(void)state;
	l.event.asked[0] = l.event.ret = 4711;
	assert_line(&l, "ok", "process 4711");
	l.event.after.userns = 6;
	assert_line(&l, "ok", "process 4711, userns 5->6");
	l = root(LIFE_EXIT);
	l.event.head.flags = LIFE_RESULT_KNOWN | LIFE_BEFORE_KNOWN;
	assert_line(&l, "0", "-");
	l.event.ret = 3 << 8;
	assert_line(&l, "3", "-");
	l.event.ret = 9;
	assert_line(&l, "SIGKILL", "-");
	l.event.ret = 0x80 | 11;
	assert_line(&l, "SIGSEGV", "-");
	l.event.ret = 50;
	assert_line(&l, "signal_50", "-");
}

static void an_exec_in_words(void **state)
{
	struct lifecycle l = root(LIFE_EXEC);

	(void)state;
	memset(&l.event.before, 0, sizeof(l.event.before));
	l.event.after = l.event.before;
	l.event.after.permitted = 1 << 13;
	assert_line(&l, "ok", "permitted +net_raw");
	l.event.head.flags |= LIFE_PATH_KNOWN;
	strcpy((char *)l.event.path, "/bin/p\033[2Jng");
	l.file = LIFECYCLE_FILE_KNOWN;
	assert_line(&l, "ok", "/bin/p\\x1b[2Jng, permitted +net_raw");
	l.file |= LIFECYCLE_FILE_HAS | LIFECYCLE_FILE_EFFECTIVE;
	l.file_permitted = 1 << 13;
	assert_line(&l, "ok", "/bin/p\\x1b[2Jng, file cap_net_raw=ep, permitted +net_raw");
	l = root(LIFE_EXEC);
	l.event.head.flags |= LIFE_PATH_KNOWN | LIFE_PATH_TRUNCATED;
	l.event.ret = -ENOENT;
	memset(l.event.path, 'x', sizeof(l.event.path));
	assert_int_equal(sizeof(l.event.path), 128);
	assert_line(&l, "ENOENT",
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...");
}

/* ---- in JSON ---------------------------------------------------------------------------------------------------- */

/* Less the credentials of an event of root(), which say nothing new. */
static void assert_json(const struct lifecycle *l, const char *want)
{
	struct lifecycle copy = *l;
	struct buf b = BUF_INIT;
	struct json j;

	copy.event.head.flags &= ~(uint32_t)(LIFE_BEFORE_KNOWN | LIFE_AFTER_KNOWN);
	json_init(&j, &b);
	json_object(&j);
	json_life(&j, &copy);
	json_object_end(&j);
	assert_string_equal(buf_str(&b), want);
	buf_done(&b);
}

static void credentials_in_json(void **state)
{
	static const char creds[] =
		"{\"uid\":%s,\"euid\":1001,\"suid\":1002,\"fsuid\":1003,\"gid\":100,\"egid\":101,\"sgid\":102,"
		"\"fsgid\":103,\"groups\":4,\"effective\":%s,\"permitted\":[\"CAP_NET_RAW\",\"CAP_SYS_ADMIN\"],"
		"\"inheritable\":[\"CAP_CHOWN\"],\"ambient\":[],\"bounding\":[],\"securebits\":%s,"
		"\"no_new_privs\":%s,\"userns\":4026531837}";
	struct lifecycle l = { .event = made_lifecycle() };
	struct buf got = BUF_INIT, want = BUF_INIT;
	struct json j;

	(void)state;
	l.event.before.bounding = l.event.after.bounding = 0;
	l.event.after.uid = (uint32_t)-2;
	l.event.after.securebits = 3;
	l.event.after.no_new_privs = 1;
	json_init(&j, &got);
	json_object(&j);
	json_life(&j, &l);
	json_object_end(&j);
	buf_puts(&want, "{\"event\":\"capset\",\"result\":\"ok\",\"ret\":0,\"asked\":{\"effective\":"
			"[\"CAP_SYS_ADMIN\"],\"permitted\":[\"CAP_NET_RAW\",\"CAP_SYS_ADMIN\"],\"inheritable\":"
			"[\"CAP_CHOWN\"]},\"changed\":[\"uid\",\"effective\",\"securebits\",\"no_new_privs\"],\"before\":");
	buf_printf(&want, creds, "1000", "[\"CAP_NET_RAW\",\"CAP_SYS_ADMIN\"]", "\"none\"", "false");
	buf_puts(&want, ",\"after\":");
	buf_printf(&want, creds, "4294967294", "[\"CAP_SYS_ADMIN\"]", "\"noroot,noroot_locked\"", "true");
	buf_puts(&want, "}");
	assert_string_equal(buf_str(&got), buf_str(&want));
	buf_done(&got);
	buf_done(&want);
}

static void each_kind_in_json(void **state)
{
	static const struct {
		uint32_t what;
		int64_t ret;
		uint64_t asked[3];
		const char *json;
	} rows[] = {
		{ LIFE_SETUID, 0, { 7 }, "{\"event\":\"setuid\",\"result\":\"ok\",\"ret\":0,\"asked\":{\"uid\":7}}" },
		{ LIFE_SETRESGID, -1, { 7, (uint32_t)-1, 9 },
		  "{\"event\":\"setresgid\",\"result\":\"EPERM\",\"errno\":1,\"ret\":-1,"
		  "\"asked\":{\"gid\":7,\"egid\":null,\"sgid\":9}}" },
		{ LIFE_AMBIENT_RAISE, 0, { 13 },
		  "{\"event\":\"ambient_raise\",\"result\":\"ok\",\"ret\":0,\"asked\":{\"cap\":\"CAP_NET_RAW\"}}" },
		{ LIFE_BOUNDING_DROP, -22, { 64 },
		  "{\"event\":\"bounding_drop\",\"result\":\"EINVAL\",\"errno\":22,\"ret\":-22,\"asked\":{\"cap\":64}}" },
		{ LIFE_SECUREBITS, 0, { 1 },
		  "{\"event\":\"securebits\",\"result\":\"ok\",\"ret\":0,\"asked\":{\"securebits\":\"noroot\"}}" },
		{ LIFE_KEEP_CAPS, 0, { 1 },
		  "{\"event\":\"keep_caps\",\"result\":\"ok\",\"ret\":0,\"asked\":{\"on\":true}}" },
		{ LIFE_AMBIENT_CLEAR, 0, { 0 }, "{\"event\":\"ambient_clear\",\"result\":\"ok\",\"ret\":0}" },
		{ LIFE_SETGROUPS, 0, { 3 },
		  "{\"event\":\"setgroups\",\"result\":\"ok\",\"ret\":0,\"asked\":{\"groups\":3}}" },
		{ LIFE_UNSHARE, -4000, { NEWUSER },
		  "{\"event\":\"unshare\",\"result\":\"error 4000\",\"errno\":4000,\"ret\":-4000,"
		  "\"asked\":{\"flags\":268435456}}" },
		{ LIFE_FORK, 4711, { 4711, 17 },
		  "{\"event\":\"fork\",\"result\":\"ok\",\"ret\":4711,\"child\":4711,\"flags\":17}" },
		{ LIFE_EXIT, 3 << 8, { 0 }, "{\"event\":\"exit\",\"exit_code\":3}" },
		{ LIFE_EXIT, 0x8b, { 0 }, "{\"event\":\"exit\",\"exit_signal\":\"SIGSEGV\",\"core_dumped\":true}" },
		{ LIFE_EXIT, 50, { 0 }, "{\"event\":\"exit\",\"exit_signal\":\"signal_50\",\"core_dumped\":false}" },
		{ 1000, 0, { 7 }, "{\"event\":\"event_1000\",\"result\":\"ok\",\"ret\":0}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lifecycle l = root(rows[i].what);

		l.event.ret = rows[i].ret;
		memcpy(l.event.asked, rows[i].asked, sizeof(rows[i].asked));
		assert_json(&l, rows[i].json);
	}
}

static void an_exec_in_json(void **state)
{
	struct lifecycle l = root(LIFE_EXEC);

	(void)state;
	l.event.head.flags &= ~(uint32_t)LIFE_RESULT_KNOWN;
	assert_json(&l, "{\"event\":\"exec\"}");
	l.event.head.flags |= LIFE_PATH_KNOWN | LIFE_PATH_TRUNCATED;
	strcpy((char *)l.event.path, "a\n");
	l.file = LIFECYCLE_FILE_KNOWN;
	assert_json(&l, "{\"event\":\"exec\",\"path\":\"a\\n\",\"path_truncated\":true,\"file\":{\"capabilities\":null}}");
	l.event.head.flags &= ~(uint32_t)(LIFE_PATH_KNOWN | LIFE_PATH_TRUNCATED);
	l.file |= LIFECYCLE_FILE_HAS;
	l.file_permitted = l.file_inheritable = 1;
	l.file_rootid = 1000;
	assert_json(&l, "{\"event\":\"exec\",\"file\":{\"capabilities\":{\"text\":\"cap_chown=ip\",\"permitted\":"
			"[\"CAP_CHOWN\"],\"inheritable\":[\"CAP_CHOWN\"],\"effective\":false,\"rootid\":1000}}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_too_short_is_refused),
		cmocka_unit_test(a_longer_one_is_taken_as_far_as_it_is_known),
		cmocka_unit_test(whose_ids_the_record_has),
		cmocka_unit_test(every_operation_has_a_name),
		cmocka_unit_test(the_members_are_all_of_them),
		cmocka_unit_test(sets_in_words),
		cmocka_unit_test(ids_in_words),
		cmocka_unit_test(setfsuid_tells_nothing),
		cmocka_unit_test(what_was_wanted),
		cmocka_unit_test(lives_in_words),
		cmocka_unit_test(an_exec_in_words),
		cmocka_unit_test(credentials_in_json),
		cmocka_unit_test(each_kind_in_json),
		cmocka_unit_test(an_exec_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
