/* SPDX-License-Identifier: BSD-2-Clause */
/* The daemon's socket, with real clients. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/guard/control.h"

static struct {
	char dir[32];
	struct sockaddr_un at;
	struct control *control;
	unsigned int asked;
	uint64_t client;	/* the last one */
	struct request request;
	bool later;		/* he is not answered at once */
} w;

static void on_request(void *ctx, uint64_t client, const struct request *r)
{
	(void)ctx;
	assert_true(client > w.client);
	w.asked++;
	w.client = client;
	w.request = *r;
	if (!w.later)
		control_answer(w.control, client, "{}\n", 3);
}

static int begin(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	strcpy(w.dir, "/tmp/test_control.XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	w.at.sun_family = AF_UNIX;
	snprintf(w.at.sun_path, sizeof(w.at.sun_path), "%s/control", w.dir);
	assert_int_equal(control_open(w.at.sun_path, on_request, NULL, &w.control), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	control_close(w.control);
	assert_int_equal(access(w.at.sun_path, F_OK), -1);
	return rmdir(w.dir);
}

static int come(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&w.at, sizeof(w.at)), 0);
	control_work(w.control);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	control_work(w.control);
}

/* What came, up to now: "-" nothing, "" the end. */
static void hears(int fd, const char *want)
{
	char text[8192];
	ssize_t n;

	control_work(w.control);
	n = recv(fd, text, sizeof(text) - 1, 0);
	if (n < 0)
		assert_true(errno == EAGAIN || errno == ECONNRESET);
	text[n < 0 ? 0 : n] = '\0';
	assert_string_equal(n < 0 && errno == EAGAIN ? "-" : text, want);
}

static void who_asks_is_answered_once_and_has_to_go(void **state)
{
	int fd = come();

	(void)state;
	hears(fd, "-");
	say(fd, "{\"do\":");
	hears(fd, "-");
	say(fd, "\"test-output\",\"output\":\"pager\"}\n{\"do\":\"reload\"}\n");
	assert_int_equal(w.asked, 1);
	assert_int_equal(w.request.what, REQUEST_TEST_OUTPUT);
	assert_string_equal(w.request.output, "pager");
	hears(fd, "{}\n");
	close(fd);
	fd = come();
	say(fd, "{\"do\":\"learn-anew\",\"workload\":null}\n");
	/* Root's alone, whoever else may ask. */
	assert_int_equal(w.asked, geteuid() ? 1 : 2);
	if (geteuid()) {
		hears(fd, "{\"ok\":false,\"error\":\"only root may have forgotten what was learned\"}\n");
	} else {
		assert_int_equal(w.request.what, REQUEST_LEARN_ANEW);
		assert_string_equal(w.request.workload, "");
		hears(fd, "{}\n");
	}
	hears(fd, "");
	close(fd);
}

static void an_answer_may_come_later_or_to_nobody(void **state)
{
	int one = come(), two = come();
	uint64_t first;

	(void)state;
	w.later = true;
	say(one, "{\"do\":\"status\"}\n");
	first = w.client;
	say(two, "{\"do\":\"status\"}\n");
	hears(one, "-");
	close(one);
	control_work(w.control);
	control_work(w.control);
	control_answer(w.control, first, "{1}\n", 4);
	control_answer(w.control, 12345, "{2}\n", 4);
	control_answer(w.control, w.client, "{3}\n", 4);
	hears(two, "{3}\n");
	hears(two, "");
	close(two);
}

/* More than its socket takes at once. */
static void a_long_answer_is_handed_over_bit_by_bit(void **state)
{
	enum { LONG = 3 << 20 };
	char *line = malloc(LONG), part[65536];
	size_t got = 0;
	ssize_t n;
	int fd = come();

	(void)state;
	assert_non_null(line);
	memset(line, 'x', LONG);
	line[LONG - 1] = '\n';
	w.later = true;
	say(fd, "{\"do\":\"status\"}\n");
	control_answer(w.control, w.client, line, LONG);
	while ((n = recv(fd, part, sizeof(part), 0)) > 0) {
		got += (size_t)n;
		control_work(w.control);
	}
	assert_int_equal(n, 0);
	assert_int_equal(got, LONG);
	close(fd);
	free(line);
}

static void nonsense_is_told_as_such(void **state)
{
	char line[REQUEST_BYTES_MAX + 1];
	char heard[8192];
	ssize_t n;
	int fd = come();

	(void)state;
	say(fd, "{\"do\":\"stat\\u001bus\"}\n");
	control_work(w.control);
	n = recv(fd, heard, sizeof(heard) - 1, 0);
	assert_true(n > 0);
	heard[n] = '\0';
	assert_non_null(strstr(heard, "\"ok\":false"));
	assert_null(strchr(heard, '\033'));
	close(fd);
	fd = come();
	memset(line, 'a', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	say(fd, line);
	hears(fd, "{\"ok\":false,\"error\":\"the line is too long\"}\n");
	close(fd);
	assert_int_equal(w.asked, 0);
}

static void there_are_few_at_once(void **state)
{
	int held[CONTROL_CLIENTS], fd;

	(void)state;
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		held[i] = come();
	fd = come();
	hears(fd, "");
	close(fd);
	close(held[3]);
	control_work(w.control);
	fd = come();
	say(fd, "{\"do\":\"status\"}\n");
	hears(fd, "{}\n");
	close(fd);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (i != 3)
			close(held[i]);
}

static void what_another_left_there_is_replaced(void **state)
{
	struct control *next;
	struct stat st;

	(void)state;
	assert_int_equal(control_open(w.at.sun_path, on_request, NULL, &next), 0);
	assert_int_equal(stat(w.at.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	control_close(w.control);
	w.control = next;
	assert_int_equal(control_open("/nonexistent/control", on_request, NULL, &next), -ENOENT);
	assert_int_equal(control_open("/tmp/123456789012345678901234567890123456789012345678901234567890"
				      "123456789012345678901234567890123456789012345678901234567890", on_request, NULL, &next),
			 -ENAMETOOLONG);
	/* The one that was replaced took the name with it. */
	control_close(w.control);
	assert_int_equal(control_open(w.at.sun_path, on_request, NULL, &w.control), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(who_asks_is_answered_once_and_has_to_go),
		TEST(an_answer_may_come_later_or_to_nobody),
		TEST(a_long_answer_is_handed_over_bit_by_bit),
		TEST(nonsense_is_told_as_such),
		TEST(there_are_few_at_once),
		TEST(what_another_left_there_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
