// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/made.h"

#include <errno.h>

#include "user/base/out.h"
#include "user/caps/syscalls.h"
#include "user/host/users.h"
#include "user/model/loss.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/sink/json.h"
#include "user/sink/sink.h"

/* 2026-11-22T01:36:23.123456789Z */
#define WALL   1795311383123456789
#define SECOND 1000000000

#define HEAD(type) "{'v':1,'time':'2026-11-22T01:36:23.123456789Z','type':'" type "'"
#define HOST	   ",'host':'web','host_id':'7f3','boot_id':'91c'"

static struct syscalls *calls;

static int set_up(void **state)
{
	(void)state;
	calls = syscalls_new();
	return calls ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	syscalls_free(calls);
	return 0;
}

struct made_sink {
	struct out out;
	struct sink *sink;
};

static void open_sink(struct made_sink *m, struct users *users, bool args)
{
	const struct json_options o = { .args = args, .syscalls = calls, .users = users };

	out_init(&m->out, -1, false);
	assert_int_equal(json_new(&m->out, &o, &m->sink), 0);
}

static void close_sink(struct made_sink *m)
{
	m->sink->ops->free(m->sink);
	buf_done(&m->out.buf);
}

/* JSON as it is; here it is written with ' for ", which C can hold without backslashes. */
static char *unquoted(const char *json)
{
	char *copy = strdup(json);

	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

/* What was written since the last time. */
static void assert_written(struct made_sink *m, const char *want)
{
	char *json = unquoted(want);

	assert_string_equal(buf_str(&m->out.buf), json);
	buf_clear(&m->out.buf);
	free(json);
}

/* Is this a part of what was written since the last time? */
static void assert_holds(struct made_sink *m, const char *want)
{
	char *json = unquoted(want);

	assert_non_null(strstr(buf_str(&m->out.buf), json));
	buf_clear(&m->out.buf);
	free(json);
}

static void assert_check(struct made_sink *m, const struct record *r, const char *want)
{
	assert_int_equal(m->sink->ops->check(m->sink, r), 0);
	assert_written(m, want);
}

static struct program nginx(void)
{
	return (struct program){
		.id = 99,
		.flags = PROGRAM_EXE_KNOWN | PROGRAM_CGROUP_KNOWN | PROGRAM_LOGIN_KNOWN | PROGRAM_NSPID_KNOWN,
		.tgid = 4242,
		.ppid = 4001,
		.ns_pid = 17,
		.login_uid = -1,
		.cgroup_id = 9001,
		.exe = (char *)"/usr/sbin/nginx",
		.cgroup = (char *)"/system.slice/nginx.service",
		.unit = (char *)"nginx.service",
		.slice = (char *)"system.slice",
	};
}

static struct record made_record(void)
{
	return (struct record){
		.parts = RECORD_CHECK | RECORD_WALL,
		.kind = EVENT_CHECK,
		.mono_ns = 7000,
		.wall_ns = WALL,
		.seq = 5,
		.check = made_check(),
	};
}

#define ASKED \
	"'seq':5,'cap':'CAP_SYS_ADMIN','cap_nr':21,'verdict':'denied','audit':true,'insetid':false,'count':1," \
	"'syscall':'mount','syscall_nr':165,'via':null,'cred':'own','lsm_verdict':'denied'," \
	"'probe':'fexit',"
#define TASK "'pid':4242,'tid':4243,'comm':'nginx',"
#define IDS \
	"'euid':1001,'gid':100,'effective':['CAP_NET_BIND_SERVICE']," \
	"'permitted':['CAP_NET_BIND_SERVICE','CAP_SYS_ADMIN']," \
	"'userns':{'asker':4026531837,'target':4026532000}"
#define PROGRAM \
	",'ppid':4001,'ns_pid':17,'exe':'/usr/sbin/nginx','loginuid':null,'workload':'unit:nginx.service'," \
	"'cgroup':'/system.slice/nginx.service','cgroup_id':9001,'unit':'nginx.service'," \
	"'slice':'system.slice','session':null," \
	"'exec_id':'4242/99'"

static void a_check(void **state)
{
	struct program p = nginx();
	struct record r = made_record();
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	r.program = &p;
	for (int i = 0; i < 3; i++) {	/* made, and as it was made before */
		p.serial = i;
		assert_check(&m, &r, HEAD("check") "," ASKED TASK "'uid':1000," IDS PROGRAM
						   ",'mono_ns':7000}\n");
	}
	r.program = NULL;
	assert_check(&m, &r, HEAD("check") "," ASKED TASK "'uid':1000," IDS ",'mono_ns':7000}\n");
	r.check.head.flags |= CHECK_DERIVED;
	assert_check(&m, &r, HEAD("check") "," ASKED "'derived':true," TASK "'uid':1000," IDS ",'mono_ns':7000}\n");
	close_sink(&m);
}

static void start_and_what_follows(void **state)
{
	struct sink_start start = { .host = "web", .host_id = "7f3", .boot_id = "91c", .kernel = "6.18.5",
				    .probe = "tp_btf", .wall_ns = WALL, .run = 0xabc };
	struct record r = made_record();
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	assert_int_equal(m.sink->ops->start(m.sink, &start), 0);
	assert_written(&m, HEAD("start") HOST ",'version':'" VERSION "','kernel':'6.18.5',"
						"'probe':'tp_btf'}\n");
	assert_check(&m, &r, HEAD("check") HOST ",'id':'7f3/91c/abc-5'," ASKED TASK "'uid':1000," IDS ",'mono_ns':7000}\n");

	start = (struct sink_start){ .host = "a\"b\n", .wall_ns = WALL };
	assert_int_equal(m.sink->ops->start(m.sink, &start), 0);
	assert_written(&m, HEAD("start") ",'host':'a\\'b\\n','version':'" VERSION "'}\n");
	close_sink(&m);
}

/* Without the machine's id there is still the boot's; without that, or without a run, there is no name. */
static void a_name_for_each_check(void **state)
{
	static const struct {
		struct sink_start start;
		const char *want;
	} rows[] = {
		{ { .host_id = "7f3", .boot_id = "91c", .run = 1 }, "'boot_id':'91c','id':'7f3/91c/1-5','seq':5," },
		{ { .boot_id = "91c", .run = UINT64_MAX }, "'id':'/91c/ffffffffffffffff-5','seq':5," },
		{ { .host_id = "7f3", .run = 1 }, "'host_id':'7f3','seq':5," },
		{ { .boot_id = "91c" }, "'boot_id':'91c','seq':5," },
	};
	struct record r = made_record();
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(m.sink->ops->start(m.sink, &rows[i].start), 0);
		buf_clear(&m.out.buf);
		assert_int_equal(m.sink->ops->check(m.sink, &r), 0);
		assert_holds(&m, rows[i].want);
	}
	close_sink(&m);
}

/* Also where the same credentials sufficed for the one check and not for the other. */
static void who_granted_it(void **state)
{
	struct record r = made_record();
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	r.check.head.flags &= ~CHECK_DENIED;
	assert_int_equal(m.sink->ops->check(m.sink, &r), 0);
	assert_holds(&m, "'userns':{'asker':4026531837,'target':4026532000,'granter':4026531837}");
	r.check.head.flags |= CHECK_DENIED;
	assert_int_equal(m.sink->ops->check(m.sink, &r), 0);
	assert_holds(&m, "'userns':{'asker':4026531837,'target':4026532000}");
	r.check.head.flags &= ~CHECK_DENIED;
	r.check.userns_asker = 0;
	assert_int_equal(m.sink->ops->check(m.sink, &r), 0);
	assert_holds(&m, "'userns':{'target':4026532000}");
	close_sink(&m);
}

static void a_login_session(void **state)
{
	struct record r = made_record();
	struct program p = { .flags = PROGRAM_CGROUP_KNOWN, .cgroup = (char *)"/x", .session = (char *)"3" };
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	r.program = &p;
	assert_int_equal(m.sink->ops->check(m.sink, &r), 0);
	assert_holds(&m, "'unit':null,'slice':null,'session':'3',");
	close_sink(&m);
}

static void unknown_is_absent(void **state)
{
	struct record r = { .parts = RECORD_CHECK, .kind = EVENT_CHECK, .seq = 1, .mono_ns = 3 };
	struct program p = { .id = 1, .tgid = 7 };
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, true);
	r.check.head.flags = CHECK_IDS_UNKNOWN;
	r.check.cap = 41;
	assert_check(&m, &r,
		     "{'v':1,'type':'check','seq':1,'cap':'CAP_41','cap_nr':41,'verdict':'allowed','count':1,"
		     "'pid':0,'tid':0,'comm':'','mono_ns':3}\n");
	r.program = &p;
	assert_check(&m, &r,
		     "{'v':1,'type':'check','seq':1,'cap':'CAP_41','cap_nr':41,'verdict':'allowed','count':1,"
		     "'pid':0,'tid':0,'comm':'','ppid':0,'exec_id':'7/1','mono_ns':3}\n");
	close_sink(&m);
}

static void known_to_be_none_is_null(void **state)
{
	struct record r = { .parts = RECORD_CHECK, .kind = EVENT_CHECK, .seq = 1, .mono_ns = 3 };
	struct program p = { .flags = PROGRAM_KTHREAD | PROGRAM_LOGIN_KNOWN | PROGRAM_CGROUP_KNOWN,
			     .login_uid = -1, .cgroup = (char *)"/", .tgid = 2, .id = 1 };
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	r.check.head.flags = CHECK_KTHREAD | CHECK_DENIED;
	r.program = &p;
	assert_check(&m, &r,
		     "{'v':1,'type':'check','seq':1,'cap':'CAP_CHOWN','cap_nr':0,'verdict':'denied','count':1,"
		     "'syscall':null,'via':null,'cred':'own','pid':0,'tid':0,'comm':'','uid':0,"
		     "'euid':0,'gid':0,'effective':[],'permitted':[],'ppid':0,'exe':null,"
		     "'loginuid':null,'workload':'cgroup:/','cgroup':'/','unit':null,'slice':null,'session':null,'exec_id':'2/1',"
		     "'mono_ns':3}\n");
	close_sink(&m);
}

/* A unit may stand in the part of the path that is missing. */
static void half_a_cgroup_does_not_rule_out_a_unit(void **state)
{
	struct record r = made_record();
	struct program p = { .flags = PROGRAM_CGROUP_KNOWN | PROGRAM_CGROUP_TRUNCATED,
			     .cgroup = (char *)".../a/b" };
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	r.program = &p;
	assert_int_equal(m.sink->ops->check(m.sink, &r), 0);
	assert_holds(&m, "'workload':'cgroup:.../a/b','cgroup':'.../a/b','exec_id'");
	close_sink(&m);
}

static void users_and_args_where_asked(void **state)
{
	struct program p = nginx();
	struct record r = made_record();
	struct made_sink m;
	struct users *users = users_new();

	(void)state;
	p.args = (char *)"nginx -g \\x1b";
	r.program = &p;
	r.check.uid = 0;
	open_sink(&m, users, true);
	assert_check(&m, &r, HEAD("check") "," ASKED TASK "'uid':0,'user':'root'," IDS PROGRAM
					   ",'args':'nginx -g \\\\x1b','mono_ns':7000}\n");
	close_sink(&m);
	users_free(users);
}

static void what_a_process_chose_is_escaped(void **state)
{
	struct program p = { .exe = (char *)"/\xff\"\\\033", .flags = PROGRAM_EXE_KNOWN };
	struct record r = made_record();
	struct made_sink m;

	(void)state;
	r.program = &p;
	memcpy(r.check.comm, "sixteen \"\n\xc3\xb6\xc3!!", 16);
	open_sink(&m, NULL, false);
	assert_int_equal(m.sink->ops->check(m.sink, &r), 0);
	assert_holds(&m, "'comm':'sixteen \\'\\n\xc3\xb6\\ufffd!!',");
	assert_int_equal(m.sink->ops->check(m.sink, &r), 0);
	assert_holds(&m, "'exe':'/\\ufffd\\'\\\\\\u001b',");
	close_sink(&m);
}

static void a_program_that_changed_is_said_anew(void **state)
{
	struct program p = nginx();
	struct record r = made_record();
	struct made_sink m;

	(void)state;
	r.program = &p;
	open_sink(&m, NULL, false);
	p.serial = 1;
	m.sink->ops->check(m.sink, &r);
	buf_clear(&m.out.buf);
	p.ppid = 1;
	m.sink->ops->check(m.sink, &r);
	assert_holds(&m, "'ppid':4001,");
	p.serial = 2;
	m.sink->ops->check(m.sink, &r);
	assert_holds(&m, "'ppid':1,");
	close_sink(&m);
}

/* What was made before must not show through: each check as a fresh sink writes it. */
static void pieces_made_before_never_mix(void **state)
{
	struct made_sink kept, fresh;
	uint32_t seed = 12345;

	(void)state;
	open_sink(&kept, NULL, false);
	for (int i = 0; i < 3000; i++) {
		struct record r = made_record();

		seed = seed * 1664525 + 1013904223;
		r.check.cap = seed >> 8 & 3;
		r.check.head.flags = seed >> 10 & 0xffff;
		r.check.syscall = seed >> 26 & 3;
		r.check.uid = seed >> 28 & 1;
		r.check.effective = 1ULL << (seed >> 29 & 3) << 40;
		r.check.userns_target = seed >> 31;
		r.check.lsm_ret = seed >> 30 & 1;
		r.check.probe = seed >> 12 & 7;
		open_sink(&fresh, NULL, false);
		assert_int_equal(fresh.sink->ops->check(fresh.sink, &r), 0);
		assert_check(&kept, &r, buf_str(&fresh.out.buf));
		close_sink(&fresh);
	}
	close_sink(&kept);
}

#if defined(__x86_64__)
static void foreign_calls_say_so(void **state)
{
	static const struct {
		uint32_t flags;
		int32_t nr;
		const char *want;
	} rows[] = {
		{ CHECK_ABI_32, 21, "'syscall':'mount','syscall_nr':21,'abi':'i386'" },
		{ CHECK_ABI_X32, 0x400000a5, "'syscall':'mount','syscall_nr':1073741989,'abi':'x32'" },
		{ 0, 99999, "'syscall':'syscall_99999','syscall_nr':99999,'via'" },
	};
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct record r = made_record();

		r.check.head.flags = CHECK_DENIED | CHECK_SYSCALL_KNOWN | rows[i].flags;
		r.check.syscall = rows[i].nr;
		assert_int_equal(m.sink->ops->check(m.sink, &r), 0);
		assert_holds(&m, rows[i].want);
	}
	close_sink(&m);
}
#endif

static void losses(void **state)
{
	const struct sink_start start = { .host = "web", .host_id = "7f3", .boot_id = "91c",
					  .wall_ns = WALL - 10ULL * SECOND };
	struct loss lost = { { [LOSS_RING_FULL] = 12, [LOSS_PROGRAM_BUSY] = 1 } }, none = { { 0 } };
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	m.sink->ops->start(m.sink, &start);
	buf_clear(&m.out.buf);
	assert_int_equal(m.sink->ops->lost(m.sink, WALL, &lost), 0);
	assert_written(&m, HEAD("lost") HOST ",'cause':'ring_full','count':12,"
					     "'since':'2026-11-22T01:36:13.123456789Z'}\n" HEAD("lost") HOST
					     ",'cause':'program_busy','count':1,"
					     "'since':'2026-11-22T01:36:13.123456789Z'}\n");
	assert_int_equal(m.sink->ops->lost(m.sink, WALL, &none), 0);
	assert_written(&m, "");
	close_sink(&m);
}

static void the_account(void **state)
{
	struct account a = { .asked = 21, .own = 1, .outside = 2, .hidden = 3, .seen = 4, .unread = 6 };
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	assert_int_equal(m.sink->ops->stop(m.sink, WALL, &a), 0);
	assert_written(&m, HEAD("stop") ",'asked':21,'own':1,'outside':2,'hidden':3,'seen':4,'unread':6,"
					"'lost':{},'lost_is_bound':false}\n");
	a.loss.by_cause[LOSS_RING_FULL] = 11;
	a.loss.by_cause[LOSS_STORAGE_REFUSED] = UINT64_MAX;
	a.loss_is_bound = true;
	assert_int_equal(m.sink->ops->stop(m.sink, WALL, &a), 0);
	assert_written(&m, HEAD("stop") ",'asked':21,'own':1,'outside':2,'hidden':3,'seen':4,'unread':6,"
					"'lost':{'ring_full':11,'storage_refused':18446744073709551615},"
					"'lost_is_bound':true}\n");
	close_sink(&m);
}

static void other_records_are_passed_over(void **state)
{
	const struct record r = { .kind = EVENT_PROGRAM };
	struct made_sink m;

	(void)state;
	open_sink(&m, NULL, false);
	assert_check(&m, &r, "");
	close_sink(&m);
}

static void a_write_error_comes_back(void **state)
{
	struct record r = made_record();
	struct made_sink m;
	int err = 0;

	(void)state;
	open_sink(&m, NULL, false);
	for (int i = 0; i < 5000 && !err; i++)
		err = m.sink->ops->check(m.sink, &r);
	assert_int_equal(err, -EBADF);
	close_sink(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_check),
		cmocka_unit_test(start_and_what_follows),
		cmocka_unit_test(a_name_for_each_check),
		cmocka_unit_test(who_granted_it),
		cmocka_unit_test(a_login_session),
		cmocka_unit_test(unknown_is_absent),
		cmocka_unit_test(known_to_be_none_is_null),
		cmocka_unit_test(half_a_cgroup_does_not_rule_out_a_unit),
		cmocka_unit_test(users_and_args_where_asked),
		cmocka_unit_test(what_a_process_chose_is_escaped),
		cmocka_unit_test(a_program_that_changed_is_said_anew),
		cmocka_unit_test(pieces_made_before_never_mix),
#if defined(__x86_64__)
		cmocka_unit_test(foreign_calls_say_so),
#endif
		cmocka_unit_test(losses),
		cmocka_unit_test(the_account),
		cmocka_unit_test(other_records_are_passed_over),
		cmocka_unit_test(a_write_error_comes_back),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
