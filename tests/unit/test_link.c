/* SPDX-License-Identifier: BSD-2-Clause */
/* The collector's end of what joins it to the sender; the tests are the sender. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/guard/link.h"

static struct {
	struct link *link;
	int sender;		/* our end */
	char packet[MESSAGE_BYTES_MAX + 1];
	struct message heard;
	char said[256];		/* what it told its ears */
} w;

static void on_tested(void *ctx, const char *output, bool ok, const char *sentence)
{
	(void)ctx;
	snprintf(w.said, sizeof(w.said), "tested %s %d %s", output, ok, sentence);
}

static void on_gap(void *ctx, uint64_t start_ns, uint64_t end_ns, uint64_t lost, const char *reason)
{
	(void)ctx;
	snprintf(w.said, sizeof(w.said), "gap %d %d %d %s", (int)start_ns, (int)end_ns, (int)lost, reason);
}

static void on_refused(void *ctx, const char *sentence)
{
	(void)ctx;
	snprintf(w.said, sizeof(w.said), "refused %s", sentence);
}

static void join(void)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends), 0);
	link_use(w.link, ends[0]);
	w.sender = ends[1];
}

static void begin(void)
{
	const struct link_ears ears = { on_tested, on_gap, on_refused, NULL };

	memset(&w, 0, sizeof(w));
	w.link = link_new(&ears);
	assert_non_null(w.link);
	w.sender = -1;
}

static void end(void)
{
	if (w.sender >= 0)
		close(w.sender);
	link_free(w.link);
}

/* The next message that came, 0: there is none. */
static int hear(void)
{
	ssize_t n = recv(w.sender, w.packet, sizeof(w.packet), 0);

	if (n < 0)
		return 0;
	assert_int_equal(message_get(w.packet, (size_t)n, &w.heard), 0);
	return (int)w.heard.type;
}

static void tell(const struct message *m)
{
	struct buf b = BUF_INIT;

	assert_int_equal(message_put(&b, m), 0);
	assert_int_equal(send(w.sender, buf_str(&b), b.len, 0), b.len);
	buf_done(&b);
}

static int alert(uint64_t seq, uint8_t severity, const char *json)
{
	const struct message_alert a = { .seq = seq, .severity = severity, .rule = "r", .key = "k", .json = json };

	return link_alert(w.link, &a);
}

static uint64_t waiting(void)
{
	struct link_figures f;

	link_figures(w.link, &f);
	return f.waiting;
}

static void the_configuration_comes_first_and_the_end_last(void **state)
{
	const struct metric_sample sample = { .metric = METRIC_RULES, .value = 3 };

	(void)state;
	begin();
	assert_int_equal(link_fd(w.link), -1);
	assert_false(link_waits(w.link));
	assert_int_equal(link_configure(w.link, "c.yaml", "version: 1\n", NULL, 0), 0);
	link_drain(w.link, 77);
	assert_int_equal(link_test(w.link, "pager"), 0);
	assert_int_equal(alert(1, 3, "{}"), 0);
	link_reopen(w.link);
	join();
	assert_int_equal(link_metrics(w.link, &sample, 1), 0);
	assert_true(link_waits(w.link));
	assert_int_equal(link_work(w.link), 0);
	assert_false(link_waits(w.link));
	assert_int_equal(hear(), MESSAGE_CONFIG);
	assert_string_equal(w.heard.config.text, "version: 1\n");
	assert_int_equal(hear(), MESSAGE_REOPEN);
	assert_int_equal(hear(), MESSAGE_ALERT);
	assert_int_equal(hear(), MESSAGE_TEST);
	assert_string_equal(w.heard.test.output, "pager");
	assert_int_equal(hear(), MESSAGE_METRICS);
	assert_true(w.heard.metrics.last);
	assert_int_equal(hear(), MESSAGE_DRAIN);
	assert_int_equal(w.heard.drain.deadline_ns, 77);
	assert_int_equal(hear(), 0);
	end();
}

static void an_alert_is_kept_until_it_is_safe(void **state)
{
	const struct message stored = { .type = MESSAGE_STORED, .stored = { 2 } };

	(void)state;
	begin();
	join();
	for (uint64_t seq = 1; seq <= 3; seq++)
		assert_int_equal(alert(seq, 3, "{}"), 0);
	assert_int_equal(link_work(w.link), 0);
	assert_int_equal(waiting(), 3);
	tell(&stored);
	assert_int_equal(link_work(w.link), 0);
	assert_int_equal(waiting(), 1);
	/* The sender dies; the next one is told what was not safe, and its configuration. */
	assert_int_equal(link_configure(w.link, "", "", NULL, 0), 0);
	assert_int_equal(link_work(w.link), 0);
	close(w.sender);
	assert_int_equal(link_work(w.link), -EPIPE);
	assert_int_equal(link_fd(w.link), -1);
	assert_int_equal(link_work(w.link), 0);
	assert_int_equal(waiting(), 1);
	join();
	/* What was told to the other one only is not safe for that this one says so. */
	tell(&(struct message){ .type = MESSAGE_STORED, .stored = { 3 } });
	assert_int_equal(link_work(w.link), 0);
	assert_int_equal(waiting(), 1);
	assert_int_equal(hear(), MESSAGE_CONFIG);
	assert_int_equal(hear(), MESSAGE_ALERT);
	assert_int_equal(w.heard.alert.seq, 3);
	assert_int_equal(hear(), 0);
	end();
}

static void what_there_is_no_room_for_is_the_least_severe_and_counted(void **state)
{
	struct link_figures f;

	(void)state;
	begin();
	assert_int_equal(alert(1, 6, "{}"), 0);
	assert_int_equal(alert(2, 2, "{}"), 0);
	assert_int_equal(alert(3, 6, "{}"), 0);
	for (uint64_t seq = 4; seq <= LINK_ALERTS_MAX + 2; seq++)
		assert_int_equal(alert(seq, 4, "{}"), 0);
	link_figures(w.link, &f);
	assert_int_equal(f.alerts, LINK_ALERTS_MAX + 2);
	assert_int_equal(f.dropped, 2);
	assert_int_equal(f.waiting, LINK_ALERTS_MAX);
	join();
	link_work(w.link);
	assert_int_equal(hear(), MESSAGE_ALERT);
	assert_int_equal(w.heard.alert.seq, 2);
	assert_int_equal(hear(), MESSAGE_ALERT);
	assert_int_equal(w.heard.alert.seq, 4);
	end();
}

/* Whoever does not read is not waited for, and is told in order once he does. */
static void nobody_is_waited_for(void **state)
{
	enum { LONG = 100 << 10, COUNT = 39 };
	char *json = malloc(LONG + 1);
	uint64_t seq = 0;

	(void)state;
	assert_non_null(json);
	memset(json, 'x', LONG);
	json[LONG] = '\0';
	begin();
	join();
	for (uint64_t i = 1; i <= COUNT; i++)
		assert_int_equal(alert(i, 3, json), 0);
	assert_int_equal(link_work(w.link), 0);
	for (int turns = 0; seq < COUNT && turns < COUNT; turns++) {
		while (hear())
			assert_int_equal(w.heard.alert.seq, ++seq);
		assert_int_equal(link_work(w.link), 0);
	}
	assert_int_equal(seq, COUNT);
	assert_false(link_waits(w.link));
	/* By their size there is an end, too. */
	for (uint64_t i = 1; i <= 10; i++)
		assert_int_equal(alert(COUNT + i, 3, json), 0);
	assert_in_range(waiting(), 30, LINK_BYTES_MAX / LONG);
	free(json);
	end();
}

static void what_it_says_is_handed_on(void **state)
{
	struct message m = { .type = MESSAGE_TESTED, .answer = { "pager", true, "delivered" } };
	const struct message_output *outputs;

	(void)state;
	begin();
	join();
	tell(&m);
	assert_int_equal(link_work(w.link), 0);
	assert_string_equal(w.said, "tested pager 1 delivered");
	m = (struct message){ .type = MESSAGE_GAP, .gap = { 1, 2, 3, "full" } };
	tell(&m);
	assert_int_equal(link_work(w.link), 0);
	assert_string_equal(w.said, "gap 1 2 3 full");
	m = (struct message){ .type = MESSAGE_CONFIGURED, .answer = { "c", true, "" } };
	tell(&m);
	m.answer.ok = false;
	m.answer.sentence = "no";
	tell(&m);
	assert_int_equal(link_work(w.link), 0);
	assert_string_equal(w.said, "refused no");
	m = (struct message){ .type = MESSAGE_STATUS };
	m.status.count = 1;
	m.status.outputs[0] = (struct message_output){ .name = "pager", .queue = 4, .last_error = "late" };
	m.status.metrics = "taken";
	tell(&m);
	m = (struct message){ .type = MESSAGE_DONE, .done = { 9 } };
	tell(&m);
	assert_false(link_is_done(w.link));
	assert_int_equal(link_work(w.link), 0);
	assert_true(link_is_done(w.link));
	/* Its words outlive the packet that came after them. */
	assert_int_equal(link_outputs(w.link, &outputs), 1);
	assert_string_equal(outputs[0].name, "pager");
	assert_string_equal(outputs[0].last_error, "late");
	assert_string_equal(link_metrics_trouble(w.link), "taken");
	end();
}

/* As a sender would be that somebody else got hold of. */
static void who_makes_no_sense_is_not_talked_to(void **state)
{
	static const struct message wrong[] = {
		{ .type = MESSAGE_CONFIG, .config = { "", "version: 1\n" } },
		{ .type = MESSAGE_DRAIN },
		{ .type = MESSAGE_REOPEN },
	};

	(void)state;
	for (size_t i = 0; i <= sizeof(wrong) / sizeof(wrong[0]); i++) {
		begin();
		join();
		if (i < sizeof(wrong) / sizeof(wrong[0]))
			tell(&wrong[i]);
		else
			assert_int_equal(send(w.sender, "\377\377\377", 3, 0), 3);
		assert_int_equal(link_work(w.link), -EPIPE);
		assert_int_equal(link_fd(w.link), -1);
		end();
	}
}

static void tests_have_an_end_and_of_metrics_there_are_the_newest(void **state)
{
	struct metric_sample sample = { .metric = METRIC_RULES };
	int heard = 0;

	(void)state;
	begin();
	for (int i = 0; i < 16; i++)
		assert_int_equal(link_test(w.link, "o"), 0);
	assert_int_equal(link_test(w.link, "o"), -EBUSY);
	/* Nobody is there to be told. */
	assert_int_equal(link_metrics(w.link, &sample, 1), 0);
	join();
	for (sample.value = 1; sample.value < 4; sample.value++)
		assert_int_equal(link_metrics(w.link, &sample, 1), 0);
	assert_int_equal(link_work(w.link), 0);
	while (hear() == MESSAGE_TEST)
		heard++;
	assert_int_equal(heard, 16);
	assert_int_equal(w.heard.type, MESSAGE_METRICS);
	assert_int_equal((int)w.heard.metrics.samples[0].value, 3);
	assert_int_equal(hear(), 0);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_comes_first_and_the_end_last),
		cmocka_unit_test(an_alert_is_kept_until_it_is_safe),
		cmocka_unit_test(what_there_is_no_room_for_is_the_least_severe_and_counted),
		cmocka_unit_test(nobody_is_waited_for),
		cmocka_unit_test(what_it_says_is_handed_on),
		cmocka_unit_test(who_makes_no_sense_is_not_talked_to),
		cmocka_unit_test(tests_have_an_end_and_of_metrics_there_are_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
