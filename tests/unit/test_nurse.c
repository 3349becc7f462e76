/* SPDX-License-Identifier: BSD-2-Clause */
/* What starts the sender, and another one when that dies; the sender does as its socket tells it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/guard/nurse.h"

#define PATIENCE_NS 60000000000ULL
#define PATIENCE_MS 60000

/* 'e' ends in order, 'f' fails, 'k' is killed, 'd' tells which descriptors there are; the socket's end: in order, too. */
static int obey(void *ctx, int fd)
{
	char word;

	(void)ctx;
	while (recv(fd, &word, 1, 0) == 1) {
		char open = 0;

		if (word == 'k')
			raise(SIGKILL);
		if (word != 'd')
			return word == 'f' ? 7 : 0;
		for (int i = 3; i < 64; i++)
			open += fcntl(i, F_GETFD) >= 0 && i != fd && i != NURSE_KEPT;
		if (fcntl(NURSE_KEPT, F_GETFD) < 0)
			open = 100;
		(void)!send(fd, &open, 1, MSG_NOSIGNAL);
	}
	return 0;
}

static void start(struct nurse *n, int keep)
{
	const struct nurse_config config = { .uid = (uid_t)-1, .gid = (gid_t)-1, .keep = keep, .run = obey };

	assert_int_equal(nurse_start(&config, n), 0);
	assert_true(n->pid > 0 && n->fd >= 0);
}

/* Waits for it. */
static struct nurse_news next(struct nurse *n)
{
	struct pollfd p = { .fd = n->fd, .events = POLLIN };
	struct nurse_news news;

	assert_int_equal(poll(&p, 1, PATIENCE_MS), 1);
	assert_int_equal(nurse_next(n, &news), 1);
	return news;
}

static void tell(const struct nurse_news *sender, char word)
{
	assert_int_equal(send(sender->fd, &word, 1, MSG_NOSIGNAL), 1);
}

static void who_dies_is_followed_by_another(void **state)
{
	struct nurse_news first, second, death;
	struct nurse n;

	(void)state;
	start(&n, -1);
	first = next(&n);
	assert_int_equal(first.what, NURSE_STARTED);
	assert_true(first.fd >= 0 && first.pid > 0 && first.pid != n.pid);
	tell(&first, 'k');
	death = next(&n);
	assert_int_equal(death.what, NURSE_DIED);
	assert_int_equal(death.pid, first.pid);
	assert_true(WIFSIGNALED(death.status) && WTERMSIG(death.status) == SIGKILL);
	assert_int_equal(death.wait_ms, 500);
	assert_int_equal(death.fd, -1);
	second = next(&n);
	assert_int_equal(second.what, NURSE_STARTED);
	assert_int_not_equal(second.pid, first.pid);
	/* The wait is longer each time, as long as they die soon. */
	tell(&second, 'f');
	death = next(&n);
	assert_true(WIFEXITED(death.status) && WEXITSTATUS(death.status) == 7);
	assert_int_equal(death.wait_ms, 1000);
	close(first.fd);
	close(second.fd);
	/* It is alone while it waits, and ends: not in order, for nobody is there who had. */
	close(n.fd);
	n.fd = -1;
	assert_false(nurse_end(&n, PATIENCE_NS));
	assert_int_equal(n.pid, -1);
}

static void an_end_in_order_is_the_end(void **state)
{
	struct nurse_news news;
	struct nurse n;

	(void)state;
	start(&n, -1);
	news = next(&n);
	assert_int_equal(nurse_next(&n, &(struct nurse_news){ 0 }), 0);
	tell(&news, 'e');
	close(news.fd);
	news = next(&n);
	assert_int_equal(news.what, NURSE_ENDED);
	while (nurse_next(&n, &news) != -EPIPE)
		poll(NULL, 0, 10);
	assert_true(nurse_end(&n, PATIENCE_NS));
	assert_false(nurse_end(&n, PATIENCE_NS));
}

/* Of ours it has nothing but its socket, and what it is to keep. */
static void it_has_no_descriptors_of_ours(void **state)
{
	int ours = open("/dev/null", O_RDONLY), keep = open("/", O_RDONLY | O_DIRECTORY);
	struct nurse_news news;
	struct nurse n;
	char open_there = 77;

	(void)state;
	assert_true(ours >= 0 && keep >= 0);
	start(&n, keep);
	news = next(&n);
	tell(&news, 'd');
	assert_int_equal(recv(news.fd, &open_there, 1, 0), 1);
	assert_int_equal(open_there, 0);
	/* Its socket's end is its end. */
	close(news.fd);
	assert_int_equal(next(&n).what, NURSE_ENDED);
	assert_true(nurse_end(&n, PATIENCE_NS));
	close(ours);
	close(keep);
}

static void who_does_not_end_is_killed(void **state)
{
	struct nurse_news news;
	struct nurse n;

	(void)state;
	start(&n, -1);
	news = next(&n);
	assert_false(nurse_end(&n, 0));
	close(news.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_dies_is_followed_by_another),
		cmocka_unit_test(an_end_in_order_is_the_end),
		cmocka_unit_test(it_has_no_descriptors_of_ours),
		cmocka_unit_test(who_does_not_end_is_killed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
