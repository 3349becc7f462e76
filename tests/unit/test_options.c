/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <pthread.h>
#include <unistd.h>

#include "user/cmd/args.h"
#include "user/cmd/options.h"

#define WORDS 12

static int parse(const struct argp *argp, const char *const words[WORDS], struct options *ret)
{
	static char *argv[WORDS + 2];	/* the options point into it */
	int argc = 1;

	memset(argv, 0, sizeof(argv));
	argv[0] = (char *)"trace";
	for (size_t i = 0; i < WORDS && words[i]; i++)
		argv[argc++] = (char *)words[i];
	return options_parse(argp, argc, argv, ret);
}

struct mistake {
	const char *words[WORDS];
	const char *error;
};

static void mistakes(const struct argp *argp, size_t count, const struct mistake *row)
{
	for (size_t i = 0; i < count; i++) {
		struct options o;
		int err = parse(argp, row[i].words, &o);

		if (err != -EINVAL || strcmp(buf_str(&o.error), row[i].error))
			fail_msg("'%s %s': %d\n  got:  %s\n  want: %s", row[i].words[0],
				 row[i].words[1] ? row[i].words[1] : "", err, buf_str(&o.error),
				 row[i].error);
		options_done(&o);
	}
}

#define MISTAKES(argp, rows) mistakes(argp, sizeof(rows) / sizeof((rows)[0]), rows)

static void unknown_options(void **state)
{
	static const struct mistake rows[] = {
		{ { "--alowed" }, "unknown option '--alowed'; did you mean '--allowed'?" },
		{ { "--alowed=yes" }, "unknown option '--alowed'; did you mean '--allowed'?" },
		{ { "--namespace", "web" }, "unknown option '--namespace'; there is --k8s-namespace GLOB" },
		{ { "--pid", "1" }, "unknown option '--pid'; there is -p PID" },
		{ { "--xyzzy" }, "unknown option '--xyzzy'; --help lists them" },
		{ { "--\033[31m" }, "unknown option '--\\x1b[31m'; --help lists them" },
		{ { "-json" }, "unknown option '-json'; did you mean '--json'?" },
		{ { "-P", "1" }, "unknown option '-P'; did you mean '-p'?" },
		{ { "-xz" }, "unknown option '-z' in '-xz'; --help lists them" },
		{ { "-\n" }, "unknown option '-\\x0a'; --help lists them" },
		{ { "--co", "x" }, "'--co' may be --comm or --container or --columns or --color or --count" },
		{ { "--a" }, "'--a' may be --allowed or --as or --args or --ancestors or --attach or --all" },
	};

	(void)state;
	MISTAKES(&options_trace, rows);
}

static void missing_and_unexpected_values(void **state)
{
	static const struct mistake rows[] = {
		{ { "-p" }, "'-p' needs a value: -p PID" },
		{ { "-xp" }, "'-p' needs a value: -p PID" },
		{ { "--tree" }, "'--tree' needs a value: --tree PID" },
		{ { "--tree", "--", "ls" }, "'--tree' needs a value: --tree PID" },
		{ { "--tree=" }, "--tree: an empty word where a value is needed" },
		{ { "--json=yes" }, "--json takes no value, and 'yes' was given" },
		{ { "ls" }, "unexpected word 'ls'; a command to start stands behind --" },
		{ { "-q", "-" }, "unexpected word '-'; a command to start stands behind --" },
		{ { "--" }, "'--' stands before a command, and none follows" },
	};
	static const struct mistake doctor[] = {
		{ { "ls" }, "unexpected word 'ls'" },
		{ { "--", "ls" }, "takes no command: leave out '--' and what follows" },
		{ { "--cap", "all" }, "unknown option '--cap'; --help lists them" },
	};

	(void)state;
	MISTAKES(&options_trace, rows);
	MISTAKES(&options_doctor, doctor);
}

static void bad_ids(void **state)
{
	static const struct mistake rows[] = {
		{ { "-p", "x1" }, "-p: 'x1' is no process id (1 to 4194304)" },
		{ { "-p", "0" }, "-p: '0' is no process id (1 to 4194304)" },
		{ { "-p", "-1" }, "-p: '-1' is no process id (1 to 4194304)" },
		{ { "-p", "4194305" }, "-p: '4194305' is no process id (1 to 4194304)" },
		{ { "-p", "99999999999999999999" },
		  "-p: '99999999999999999999' is no process id (1 to 4194304)" },
		{ { "-p", "1,,2" }, "-p: an empty word where a value is needed" },
		{ { "-p", "1,!2" }, "-p: '!2' has a '!' of its own: one stands before the whole list" },
		{ { "-p", "!" }, "-p: an empty word where a value is needed" },
		{ { "--tree", "1,b" }, "--tree: 'b' is no process id (1 to 4194304)" },
		{ { "-u", "roto" }, "-u: no user 'roto'; did you mean 'root'?" },
		{ { "-u", "no-such-user-here" }, "-u: no user 'no-such-user-here'" },
		{ { "-g", "rooot" }, "-g: no group 'rooot'; did you mean 'root'?" },
		{ { "-u", "root,roto" }, "-u: no user 'roto'; did you mean 'root'?" },
	};

	(void)state;
	MISTAKES(&options_trace, rows);
}

static void bad_capabilities(void **state)
{
	static const struct mistake rows[] = {
		{ { "-C", "net_rw" }, "-C: unknown capability 'net_rw'; did you mean 'CAP_NET_RAW'?" },
		{ { "--cap=net_raw,net_rw" },
		  "-C: unknown capability 'net_rw' at character 9; did you mean 'CAP_NET_RAW'?" },
		{ { "-C", "64" }, "-C: unknown capability '64'" },
		{ { "-C", "" }, "-C: no capability where one is needed" },
		{ { "-C", "!all" }, "-C: nothing is left of these capabilities" },
		{ { "-C", "chown", "-C", "!chown" }, "-C: nothing is left of these capabilities" },
		{ { "--grant", "everything" }, "--grant: unknown capability 'everything'" },
	};

	(void)state;
	MISTAKES(&options_trace, rows);
}

static void bad_words(void **state)
{
	static const struct mistake rows[] = {
		{ { "--attach", "fexti" }, "--attach: unknown probe 'fexti'; did you mean 'fexit'?" },
		{ { "--attach", "ebpf" },
		  "--attach: unknown probe 'ebpf'; there are auto, fexit, tp_btf, tp, kprobe" },
		{ { "--color", "alwys" }, "--color: unknown word 'alwys'; did you mean 'always'?" },
		{ { "--color", "red" }, "--color: unknown word 'red'; there are auto, always, never" },
		{ { "--userns", "hots" }, "--userns: unknown namespace 'hots'; did you mean 'host'?" },
		{ { "--userns", "all" },
		  "--userns: unknown namespace 'all'; there are host, own, /proc/PID/ns/user" },
		{ { "--userns", "/nowhere/user" }, "--userns: '/nowhere/user' No such file or directory" },
		{ { "--userns", "/dev/null" }, "--userns: '/dev/null' stands for no namespace" },
		{ { "--userns", "/proc/self/ns/pid" },
		  "--userns: '/proc/self/ns/pid' is a namespace, but not one of users" },
		{ { "--userns", "host", "--userns", "own" }, "--userns: only one namespace can be chosen" },
		{ { "--columns", "time,pdi" }, "--columns: unknown column 'pdi'; did you mean 'pid'?" },
		{ { "--comm", "[a" }, "--comm: '[a' is no glob: a bracket or a backslash is not complete" },
		{ { "--comm", "0123456789abcdef" },
		  "--comm: '0123456789abcdef' fits no thread: their names have at most 15 bytes" },
		{ { "--comm", "" }, "--comm: an empty word where a name is needed" },
		{ { "--cgroup", "/nowhere" }, "--cgroup: '/nowhere' No such file or directory" },
		{ { "--cgroup", "/dev/null" }, "--cgroup: '/dev/null' is no directory" },
		{ { "--btf", "/nowhere" }, "--btf: '/nowhere' No such file or directory" },
		{ { "--btf", "/dev/null" },
		  "--btf: '/dev/null' holds no BTF, a kernel's description of its types" },
		{ { "--btf", "/" }, "--btf: '/' Is a directory" },
		{ { "--proc", "/nowhere" }, "--proc: '/nowhere' No such file or directory" },
		{ { "-o", "" }, "-o: an empty word where a file is needed" },
	};

	(void)state;
	MISTAKES(&options_trace, rows);
}

static void bad_quantities(void **state)
{
	static const struct mistake rows[] = {
		{ { "-d", "soon" }, "-d: 'soon' is no length of time: 10s, 5m, 1h30m, 500ms" },
		{ { "-d", "0" }, "-d: '0' is no time at all" },
		{ { "-d", "99999999999999999999d" }, "-d: '99999999999999999999d' is too long a time" },
		{ { "-n", "0" }, "-n: '0' is no number from 1" },
		{ { "-n", "ten" }, "-n: 'ten' is no number from 1" },
		{ { "--ring", "big" }, "--ring: 'big' is no size: 65536, 64K, 8M" },
		{ { "--ring", "100K" }, "--ring: '100K' is no power of two; the nearest are 64K and 128K" },
		{ { "--ring", "3M" }, "--ring: '3M' is no power of two; the nearest are 2M and 4M" },
		{ { "--ring", "4K" }, "--ring: '4K' is outside 64K to 1G" },
		{ { "--ring", "2G" }, "--ring: '2G' is outside 64K to 1G" },
	};

	(void)state;
	MISTAKES(&options_trace, rows);
}

static void bad_commands(void **state)
{
	static const struct mistake rows[] = {
		{ { "--as", "root" }, "--as needs a command to start: -- COMMAND" },
		{ { "--as", "roto", "--", "true" }, "--as: no user 'roto'; did you mean 'root'?" },
		{ { "--as", "root:rooot", "--", "true" }, "--as: no group 'rooot'; did you mean 'root'?" },
		{ { "--as", ":root", "--", "true" }, "--as: ':root' is not USER or USER:GROUP" },
		{ { "--as", "root:", "--", "true" }, "--as: 'root:' is not USER or USER:GROUP" },
		{ { "--grant", "chown" }, "--grant needs a command to start: -- COMMAND" },
		{ { "--grant", "chown", "--", "true" },
		  "--grant needs --as USER: without it the command has what capsieve's caller has" },
		{ { "-p", "1", "--", "true" },
		  "-p and -- COMMAND exclude each other: a command is a new process" },
		{ { "--tree", "1", "--", "true" },
		  "--tree and -- COMMAND exclude each other: a command is a tree of its own" },
	};

	(void)state;
	MISTAKES(&options_trace, rows);
}

static void what_excludes_what(void **state)
{
	static const struct mistake rows[] = {
		{ { "--json", "--columns", "pid" },
		  "--json and --columns exclude each other: JSON has every field" },
		{ { "-x", "--columns", "pid" },
		  "-x and --columns exclude each other: -x shows every column" },
		{ { "-qv" }, "-q and -v exclude each other" },
		{ { "--record", "x", "-o", "x" }, "-o and --record name the same file" },
		{ { "--record", "" }, "--record: an empty word where a file is needed" },
		{ { "--replay", "" }, "--replay: an empty word where a file is needed" },
		{ { "--realtime" }, "--realtime needs a recording: --replay FILE" },
		{ { "--replay", "x", "--", "true" },
		  "--replay and -- COMMAND exclude each other: a recording starts nothing" },
		{ { "--replay", "x", "--attach", "tp" },
		  "--replay and --attach exclude each other: it was heard already" },
		{ { "--replay", "x", "--userns", "/proc/self/ns/user" },
		  "--userns: a path is of this machine; for --replay take host, own or the number that the column "
		  "userns shows" },
		{ { "--replay", "x", "--cgroup", "web.service" },
		  "--cgroup: 'web.service' is no path: as the column cgroup shows it" },
	};

	(void)state;
	MISTAKES(&options_trace, rows);
}

/* Of another machine nothing is looked up here: not its users, processes or cgroups. */
static void a_recording_is_of_another_machine(void **state)
{
	static const char *const words[WORDS] = {
		"--replay", "x", "-u", "roto,7", "-g", "!nogroupo", "-p", "4194304",
		"--cgroup", "/sys/fs/cgroup/unified/a.slice", "--cgroup", "!/b",
	};
	struct options o;

	(void)state;
	assert_int_equal(parse(&options_trace, words, &o), 0);
	assert_string_equal(o.filter.uids.at[0].name, "roto");
	assert_null(o.filter.uids.at[1].name);
	assert_int_equal(o.filter.uids.at[1].id, 7);
	assert_string_equal(o.filter.gids.at[0].name, "nogroupo");
	assert_true(o.filter.gids.at[0].not);
	assert_string_equal(o.filter.cgroups.at[0].text, "/a.slice");
	assert_string_equal(o.filter.cgroups.at[1].text, "/b");
	options_done(&o);
}

static void a_hundred_thousand_pids(void **state)
{
	struct buf list = BUF_INIT;
	struct options o;
	const char *words[WORDS] = { "-p" };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_puts(&list, i ? ",1" : "1");
	words[1] = buf_str(&list);
	assert_int_equal(parse(&options_trace, words, &o), -EINVAL);
	assert_string_equal(buf_str(&o.error), "-p: too many values: a filter holds at most 4096");
	options_done(&o);
	buf_done(&list);
}

static void nine_globs(void **state)
{
	char *argv[20] = { (char *)"trace" };
	struct options o;

	(void)state;
	for (int i = 1; i < 19; i += 2) {
		argv[i] = (char *)"--comm";
		argv[i + 1] = (char *)"a*";
	}
	assert_int_equal(options_parse(&options_trace, 19, argv, &o), -EINVAL);
	assert_string_equal(buf_str(&o.error), "--comm: too many values: at most 8");
	options_done(&o);
}

static void *wait_for_end(void *lock)
{
	pthread_mutex_lock(lock);
	return NULL;
}

struct thread_id {
	pthread_mutex_t lock;
	pthread_barrier_t barrier;
	long id;
};

static void *tell_id(void *arg)
{
	struct thread_id *t = arg;

	t->id = syscall(SYS_gettid);
	pthread_barrier_wait(&t->barrier);
	return wait_for_end(&t->lock);
}

static void pid_of_a_thread(void **state)
{
	struct thread_id t = { .lock = PTHREAD_MUTEX_INITIALIZER };
	char id[32], want[160];
	const char *words[WORDS] = { "-p", id };
	pthread_t thread;
	struct options o;

	(void)state;
	pthread_barrier_init(&t.barrier, NULL, 2);
	pthread_mutex_lock(&t.lock);
	assert_int_equal(pthread_create(&thread, NULL, tell_id, &t), 0);
	pthread_barrier_wait(&t.barrier);
	snprintf(id, sizeof(id), "%ld", t.id);
	snprintf(want, sizeof(want), "-p: %ld is a thread of process %d; use -p %d", t.id, getpid(),
		 getpid());
	assert_int_equal(parse(&options_trace, words, &o), -EINVAL);
	assert_string_equal(buf_str(&o.error), want);
	options_done(&o);
	pthread_mutex_unlock(&t.lock);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&t.barrier);
}

static void pid_that_is_not_there(void **state)
{
	static const struct mistake rows[] = {
		{ { "-p", "4194303" }, "-p: there is no process 4194303" },
		{ { "--tree", "!4194303" }, "--tree: there is no process 4194303" },
		{ { "-p", "1", "--proc", "/sys" }, "--proc: '/sys' is no procfs" },
	};

	(void)state;
	MISTAKES(&options_trace, rows);
}

static void filters_are_filled(void **state)
{
	char self[32];
	const char *words[WORDS] = { "-p", self, "-u", "!root,12345", "-C", "net_raw,sys_admin", "-C", "!21",
				     "--userns", "!own", "--denied" };
	struct options o;

	(void)state;
	snprintf(self, sizeof(self), "%d,1", getpid());
	assert_int_equal(parse(&options_trace, words, &o), 0);
	assert_int_equal(o.filter.pids.count, 2);
	assert_int_equal(o.filter.pids.at[0].id, getpid());
	assert_false(o.filter.pids.at[0].not);
	assert_int_equal(o.filter.uids.count, 2);
	assert_int_equal(o.filter.uids.at[0].id, 0);
	assert_int_equal(o.filter.uids.at[1].id, 12345);
	assert_true(o.filter.uids.at[0].not && o.filter.uids.at[1].not);
	assert_int_equal(o.filter.caps, 1 << 13);
	assert_int_equal(o.filter.userns, FILTER_USERNS_OWN);
	assert_true(o.filter.userns_not);
	assert_true(o.filter.denied);
	assert_false(o.filter.allowed);
	assert_int_equal(o.kernel.ring_bytes, 8 << 20);
	assert_int_equal(o.kernel.attach, PROBE_NONE);
	assert_null(o.command.argv);
	options_done(&o);
}

static void others_are_filled(void **state)
{
	static const char *const words[WORDS] = { "-vvd", "1m30s", "-n10", "--attach=tp", "--ring", "64K",
						  "-o-", "--colo", "never", "--", "ls", "-l" };
	struct options o;

	(void)state;
	assert_int_equal(parse(&options_trace, words, &o), 0);
	assert_int_equal(o.output.verbose, 2);
	assert_int_equal(o.output.duration_ns, 90000000000);
	assert_int_equal(o.output.count, 10);
	assert_int_equal(o.kernel.attach, PROBE_TP);
	assert_int_equal(o.kernel.ring_bytes, 65536);
	assert_int_equal(o.output.color, COLOR_NEVER);
	assert_null(o.output.file);
	assert_string_equal(o.command.argv[0], "ls");
	assert_string_equal(o.command.argv[1], "-l");
	assert_null(o.command.argv[2]);
	options_done(&o);
}

static void user_namespace_by_path(void **state)
{
	static const char *const words[WORDS] = { "--userns", "/proc/self/ns/user" };
	char link[64] = "", want[64];
	struct options o;

	(void)state;
	assert_true(readlink("/proc/self/ns/user", link, sizeof(link) - 1) > 0);
	assert_int_equal(parse(&options_trace, words, &o), 0);
	assert_int_equal(o.filter.userns, FILTER_USERNS_INODE);
	snprintf(want, sizeof(want), "user:[%u]", o.filter.userns_inode);
	assert_string_equal(link, want);
	options_done(&o);
}

static void help_ends_the_reading(void **state)
{
	static const char *const early[WORDS] = { "--json", "--help", "--nonsense" };
	static const struct mistake late[] = {
		{ { "--nonsense", "--help" }, "unknown option '--nonsense'; --help lists them" },
	};
	struct options o;

	(void)state;
	assert_int_equal(parse(&options_trace, early, &o), 0);
	assert_true(o.help);
	options_done(&o);
	MISTAKES(&options_trace, late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_options),
		cmocka_unit_test(missing_and_unexpected_values),
		cmocka_unit_test(bad_ids),
		cmocka_unit_test(bad_capabilities),
		cmocka_unit_test(bad_words),
		cmocka_unit_test(bad_quantities),
		cmocka_unit_test(bad_commands),
		cmocka_unit_test(what_excludes_what),
		cmocka_unit_test(a_recording_is_of_another_machine),
		cmocka_unit_test(a_hundred_thousand_pids),
		cmocka_unit_test(nine_globs),
		cmocka_unit_test(pid_of_a_thread),
		cmocka_unit_test(pid_that_is_not_there),
		cmocka_unit_test(filters_are_filled),
		cmocka_unit_test(others_are_filled),
		cmocka_unit_test(user_namespace_by_path),
		cmocka_unit_test(help_ends_the_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
