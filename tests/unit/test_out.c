/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "user/base/out.h"

static char dir[] = "/tmp/test_out.XXXXXX";

static const char *in_dir(const char *name, char path[static 64])
{
	snprintf(path, 64, "%s/%s", dir, name);
	return path;
}

static int make_dir(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	static const char *const names[] = { "file", "private" };
	char path[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_dir(names[i], path));
	return rmdir(dir);
}

static void assert_content(const char *path, const char *expect)
{
	char data[256];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, data, sizeof(data) - 1);

	close(fd);
	assert_true(n >= 0);
	data[n] = '\0';
	assert_string_equal(data, expect);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void write_file(const char *path, unsigned flags, const char *text)
{
	struct out out;

	assert_int_equal(out_open(&out, path, flags), 0);
	assert_false(out_is_terminal(&out));
	assert_int_equal(out_write(&out, text, strlen(text)), 0);
	assert_int_equal(out_close(&out), 0);
	assert_int_equal(out.fd, -1);
	assert_int_equal(out_close(&out), 0);
}

static void truncates_or_appends(void **state)
{
	char path[64];

	(void)state;
	in_dir("file", path);
	write_file(path, 0, "a longer first text\n");
	write_file(path, 0, "one\n");
	assert_content(path, "one\n");
	write_file(path, OUT_APPEND, "two\n");
	assert_content(path, "one\ntwo\n");
	write_file(path, 0, "");
	assert_content(path, "");
	assert_int_equal(mode_of(path), 0644);
}

static void makes_files_private(void **state)
{
	char path[64];

	(void)state;
	in_dir("private", path);
	write_file(path, OUT_PRIVATE, "new");
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(chmod(path, 0644), 0);
	write_file(path, OUT_PRIVATE | OUT_APPEND, ", old");
	assert_int_equal(mode_of(path), 0600);
	assert_content(path, "new, old");
	write_file("/dev/null", OUT_PRIVATE, "a device keeps its mode");
	assert_int_not_equal(mode_of("/dev/null"), 0600);
}

static void says_what_cannot_be_opened(void **state)
{
	struct out out;

	(void)state;
	assert_int_equal(out_open(&out, "/nonexistent/file", 0), -ENOENT);
	assert_int_equal(out.fd, -1);
	assert_int_equal(out_open(&out, dir, 0), -EISDIR);
	assert_int_equal(out_close(&out), 0);
}

static void holds_back_until_it_is_worth_it(void **state)
{
	struct out out;
	char byte = 'x', read_back[4];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	out_init(&out, ends[1], true);
	for (size_t n = 0; n < OUT_THRESHOLD - 1; n++)
		assert_int_equal(out_write(&out, &byte, 1), 0);
	assert_int_equal(read(ends[0], read_back, 1), -1);
	assert_int_equal(out_write(&out, &byte, 1), 0);
	assert_int_equal(out.buf.len, 0);
	assert_int_equal(read(ends[0], read_back, 1), 1);
	assert_int_equal(out_close(&out), 0);
	close(ends[0]);
}

static void tells_a_full_disk(void **state)
{
	char data[1000] = { 0 };
	struct out out;

	(void)state;
	assert_int_equal(out_open(&out, "/dev/full", 0), 0);
	for (size_t n = 0; n + sizeof(data) < OUT_THRESHOLD; n += sizeof(data))
		assert_int_equal(out_write(&out, data, sizeof(data)), 0);
	assert_int_equal(out_write(&out, data, sizeof(data)), -ENOSPC);
	assert_int_equal(out.buf.len, 0);
	assert_int_equal(out_write(&out, data, 1), -ENOSPC);
	assert_int_equal(out.buf.len, 0);
	assert_int_equal(out_flush(&out), -ENOSPC);
	assert_int_equal(out_close(&out), -ENOSPC);
}

static void tells_a_full_disk_at_the_end(void **state)
{
	struct out out;

	(void)state;
	assert_int_equal(out_open(&out, "/dev/full", 0), 0);
	assert_int_equal(out_write(&out, "x", 1), 0);
	assert_int_equal(out_close(&out), -ENOSPC);
}

static void tells_a_closed_pipe(void **state)
{
	struct out out;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	out_init(&out, ends[1], true);
	assert_int_equal(out_write(&out, "x", 1), 0);
	assert_int_equal(out_flush(&out), -EPIPE);
	assert_int_equal(out_write(&out, "y", 1), -EPIPE);
	assert_int_equal(out_close(&out), -EPIPE);
}

static void tells_lack_of_memory(void **state)
{
	struct out out;

	(void)state;
	assert_int_equal(out_open(&out, "/dev/null", 0), 0);
	assert_int_equal(buf_reserve(&out.buf, SIZE_MAX), -ENOMEM);
	assert_int_equal(out_commit(&out), -ENOMEM);
	assert_int_equal(out_close(&out), -ENOMEM);
}

struct reader {
	int fd;
	size_t bytes;
	uint64_t sum;
};

static void *read_slowly(void *arg)
{
	struct reader *r = arg;
	unsigned char data[4096];
	ssize_t n;

	while ((n = read(r->fd, data, sizeof(data))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			r->sum = r->sum * 31 + data[i];
		r->bytes += (size_t)n;
		usleep(50);
	}
	return NULL;
}

static void ignore_alarm(int signal)
{
	(void)signal;
}

/* Without SA_RESTART, so that write and poll come back with EINTR. */
static void alarm_every(int usec)
{
	struct itimerval timer = { .it_interval.tv_usec = usec, .it_value.tv_usec = usec };
	struct sigaction action = { .sa_handler = ignore_alarm };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Everything arrives once and in order, though the pipe is full most of the time and signals interrupt. */
static void write_through_a_narrow_pipe(int flags)
{
	const size_t total = 3 << 20;
	struct reader reader = { 0 };
	sigset_t alarm_set;
	struct out out;
	pthread_t thread;
	uint64_t sum = 0;
	int ends[2];

	sigemptyset(&alarm_set);
	sigaddset(&alarm_set, SIGALRM);
	assert_int_equal(pipe2(ends, flags), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, 0), 0);
	reader.fd = ends[0];
	pthread_sigmask(SIG_BLOCK, &alarm_set, NULL);
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &reader), 0);
	pthread_sigmask(SIG_UNBLOCK, &alarm_set, NULL);
	alarm_every(300);
	out_init(&out, ends[1], true);
	for (size_t n = 0; n < total; n++) {
		unsigned char c = (unsigned char)(n * 7 + n / 251);

		sum = sum * 31 + c;
		assert_int_equal(out_write(&out, &c, 1), 0);
	}
	assert_int_equal(out_close(&out), 0);
	alarm_every(0);
	pthread_join(thread, NULL);
	close(ends[0]);
	assert_int_equal(reader.bytes, total);
	assert_true(reader.sum == sum);
}

static void waits_for_a_slow_reader(void **state)
{
	(void)state;
	write_through_a_narrow_pipe(O_CLOEXEC);
}

static void waits_on_a_non_blocking_pipe(void **state)
{
	(void)state;
	write_through_a_narrow_pipe(O_CLOEXEC | O_NONBLOCK);
}

static void knows_a_terminal(void **state)
{
	char path[64];
	struct out out;
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	(void)state;
	if (master < 0 || grantpt(master) || unlockpt(master) || ptsname_r(master, path, sizeof(path))) {
		print_message("no pseudo terminal here\n");
		skip();
	}
	assert_int_equal(out_open(&out, path, 0), 0);
	assert_true(out_is_terminal(&out));
	assert_int_equal(out_close(&out), 0);
	close(master);
}

/* What out_open says of standard output while it is this descriptor, or closed where fd is -1. */
static int open_stdout_as(int fd, struct out *out)
{
	int kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10), err;

	fflush(stdout);
	if (fd < 0)
		close(STDOUT_FILENO);
	else
		dup2(fd, STDOUT_FILENO);
	err = out_open(out, NULL, 0);
	if (!err)
		err = out_write(out, "text", 4);
	if (!err)
		err = out_close(out);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	return err;
}

static void takes_standard_output(void **state)
{
	char path[64];
	struct out out;
	int fd;

	(void)state;
	fd = open(in_dir("file", path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_equal(open_stdout_as(fd, &out), 0);
	close(fd);
	assert_content(path, "text");
	assert_true(fcntl(STDOUT_FILENO, F_GETFD) >= 0);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(open_stdout_as(fd, &out), -EBADF);
	close(fd);
	assert_int_equal(open_stdout_as(-1, &out), -EBADF);
	assert_int_equal(out.fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(truncates_or_appends),
		cmocka_unit_test(makes_files_private),
		cmocka_unit_test(says_what_cannot_be_opened),
		cmocka_unit_test(holds_back_until_it_is_worth_it),
		cmocka_unit_test(tells_a_full_disk),
		cmocka_unit_test(tells_a_full_disk_at_the_end),
		cmocka_unit_test(tells_a_closed_pipe),
		cmocka_unit_test(tells_lack_of_memory),
		cmocka_unit_test(waits_for_a_slow_reader),
		cmocka_unit_test(waits_on_a_non_blocking_pipe),
		cmocka_unit_test(knows_a_terminal),
		cmocka_unit_test(takes_standard_output),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
