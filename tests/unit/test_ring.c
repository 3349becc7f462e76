/* SPDX-License-Identifier: BSD-2-Clause */
/* The last of what was refused or alerted on, as files in a directory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/made.h"
#include "user/base/clock.h"
#include "user/host/users.h"
#include "user/model/loss.h"
#include "user/model/record.h"
#include "user/model/recording.h"
#include "user/sink/ring.h"
#include "user/sink/sink.h"

#define WALL 1795309346000000000ULL
#define MOST (256ULL << 10)

static char dir[32];
static struct users *users;

static int begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_ring.XXXXXX");
	users = users_new_told();
	return users && mkdtemp(dir) ? 0 : -1;
}

static int end(void **state)
{
	char command[64];

	(void)state;
	users_free(users);
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static struct sink *made(void)
{
	const struct ring_options options = { .dir = dir, .bytes_max = MOST, .has = RECORDING_SITES, .users = users };
	const struct sink_start start = { .host = "h", .kernel = "6.1", .machine = "x86_64", .probe = "tp", .wall_ns = WALL };
	struct sink *s;

	assert_int_equal(ring_new(&options, &s), 0);
	assert_int_equal(s->ops->start(s, &start), 0);
	return s;
}

static void check(struct sink *s, uint64_t at, bool denied, uint8_t action)
{
	struct record r = { .parts = RECORD_CHECK | RECORD_WALL | RECORD_DECISION, .kind = EVENT_CHECK, .wall_ns = WALL + at,
			    .mono_ns = at, .check = made_check() };

	r.decision.action = action;
	r.check.head.flags &= ~(uint32_t)(CHECK_DENIED | CHECK_LSM_KNOWN);
	if (denied)
		r.check.head.flags |= CHECK_DENIED;
	assert_int_equal(s->ops->check(s, &r), 0);
}

static void finish(struct sink *s)
{
	const struct account account = { .seen = 1 };

	assert_int_equal(s->ops->stop(s, WALL, &account), 0);
	s->ops->free(s);
}

/* How many files there are, and the bytes of ours. */
static size_t files(uint64_t *ret_bytes)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char path[512];
	struct stat st;
	size_t n = 0;

	assert_non_null(d);
	*ret_bytes = 0;
	while ((e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		n++;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (!lstat(path, &st) && strstr(path, ".rec") && S_ISREG(st.st_mode))
			*ret_bytes += (uint64_t)st.st_size;
	}
	closedir(d);
	return n;
}

static void what_was_denied_or_alerted_on_is_kept(void **state)
{
	struct sink *s = made();
	uint64_t bytes, missed;

	(void)state;
	check(s, 1, false, DECISION_LOG);
	check(s, 2, false, DECISION_ALLOW);
	check(s, 3, true, DECISION_IGNORE);
	assert_int_equal(files(&bytes), 0);
	check(s, 4, true, DECISION_LOG);
	check(s, 5, false, DECISION_ALERT);
	assert_int_equal(files(&bytes), 1);
	assert_int_equal(ring_error(s, &missed), 0);
	finish(s);
	files(&bytes);
	assert_true(bytes > 0);
}

static void put(const char *name, size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(ftruncate(fileno(f), (off_t)size), 0);
	fclose(f);
}

static bool is_there(const char *name)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return !lstat(path, &st);
}

static void the_oldest_go_and_what_is_not_ours_stays(void **state)
{
	struct sink *s;
	uint64_t bytes;

	(void)state;
	put("00000000000000000001.rec", MOST / 2);
	put("00000000000000000002.rec", MOST / 2);
	put("00000000000000000003.rec", MOST / 4);
	put("week.rec", MOST);
	put("0000000000000000001.rec", MOST);
	put("00000000000000000001.txt", MOST);
	s = made();
	check(s, 4, true, DECISION_LOG);
	finish(s);
	assert_false(is_there("00000000000000000001.rec"));
	assert_true(is_there("00000000000000000002.rec"));
	assert_true(is_there("00000000000000000003.rec"));
	assert_true(is_there("week.rec"));
	assert_true(is_there("0000000000000000001.rec"));
	assert_true(is_there("00000000000000000001.txt"));
	assert_int_equal(files(&bytes), 6);
}

static void nap(void)
{
	const struct timespec t = { .tv_nsec = 50000000 };

	nanosleep(&t, NULL);
}

/* It ends nothing: what is missing is counted, until it can be written again. */
static void a_file_that_cannot_be_written_is_tried_again(void **state)
{
	const uint64_t until = clock_ns(CLOCK_MONOTONIC) + 60000000000ULL;
	struct sink *s = made();
	uint64_t missed, bytes;

	(void)state;
	assert_int_equal(rmdir(dir), 0);
	check(s, 1, true, DECISION_LOG);
	check(s, 2, true, DECISION_LOG);
	assert_int_equal(ring_error(s, &missed), -ENOENT);
	assert_int_equal(missed, 2);
	assert_int_equal(mkdir(dir, 0700), 0);
	while (ring_error(s, &missed) && clock_ns(CLOCK_MONOTONIC) < until) {
		check(s, 3, true, DECISION_LOG);
		assert_int_equal(sink_flush(s), 0);
		nap();
	}
	assert_int_equal(ring_error(s, &missed), 0);
	assert_true(missed >= 2);
	finish(s);
	assert_int_equal(files(&bytes), 1);
}

/* As on a full disk: no try leaves anything. */
static void what_has_no_room_leaves_no_file(void **state)
{
	struct rlimit was, none;
	struct sink *s = made();
	uint64_t missed, bytes;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	none = (struct rlimit){ .rlim_cur = 0, .rlim_max = was.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	check(s, 1, true, DECISION_LOG);
	check(s, 2, true, DECISION_LOG);
	assert_int_equal(ring_error(s, &missed), -EFBIG);
	assert_int_equal(missed, 2);
	assert_int_equal(files(&bytes), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	finish(s);
	assert_int_equal(files(&bytes), 0);
	/* There is room for the head of one, and for no check. */
	s = made();
	check(s, 3, true, DECISION_LOG);
	assert_int_equal(files(&bytes), 1);
	none.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	check(s, 4, true, DECISION_LOG);
	assert_int_equal(s->ops->stop(s, WALL, NULL), 0);
	assert_int_equal(ring_error(s, &missed), -EFBIG);
	assert_int_equal(missed, 2);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(files(&bytes), 0);
	s->ops->free(s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(what_was_denied_or_alerted_on_is_kept),
		TEST(the_oldest_go_and_what_is_not_ours_stays),
		TEST(a_file_that_cannot_be_written_is_tried_again),
		TEST(what_has_no_room_leaves_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
