/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * feed SPOOL CONFIG [UID GID]: the daemon's sender without a daemon, told what to do by lines of standard input, and what
 * it says as lines on standard output:
 *
 *   alert SEVERITY OUTPUTS KEY JSON    OUTPUTS: names with commas between, or -
 *   many COUNT SEVERITY OUTPUTS BYTES  alerts of about that size, numbered in "seq_in_test"
 *   config FILE | test NAME | reopen | metrics FILE | kill | start | sleep MS | drain MS
 *   stored                             waits until all alerts are safe
 *   until NAME WORD NUMBER             waits until the status of an output says so: queue, ok, error or dropped at least;
 *                                      `until NAME empty 0`: nothing waits for it
 *
 * metrics: lines of "METRIC VALUE LABEL..." with the metric's name. kill ends the sender as nothing else can; start begins another, which
 * gets the alerts that nobody has stored. Waiting has a limit of 60 s: exit status 1. The last line is "done LEFT".
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/host/launch.h"
#include "user/model/message.h"
#include "user/sender/sender.h"

#define LIMIT_NS 60000000000ULL

enum { KEPT_MAX = 200000 };

static struct {
	const char *spool, *config;
	uid_t uid;
	gid_t gid;
	int fd, pidfd;
	pid_t pid;
	struct sender_setup setup;
	uint64_t seq, stored;
	struct buf kept[KEPT_MAX];	/* alerts by number, until they are stored */
	uint64_t first_seq;
	size_t count;
	struct message_output outputs[MESSAGE_OUTPUTS_MAX];
	size_t output_count;
	char names[MESSAGE_OUTPUTS_MAX][MESSAGE_NAME_MAX + 1];
	bool done;
} feed;

static struct message in, out;
static char packet[MESSAGE_BYTES_MAX];

static void fail(const char *what)
{
	fprintf(stderr, "feed: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void say(void *ctx, const char *sentence)
{
	(void)ctx;
	dprintf(STDERR_FILENO, "says: %s\n", sentence);
}

/* With our end open it would never hear that we are gone. */
static int part(void *ctx)
{
	close(feed.fd);
	return sender_run(ctx);
}

/* ---- hearing ---------------------------------------------------------------------------------------------------- */

static void on_status(void)
{
	feed.output_count = in.status.count;
	if (*in.status.metrics)
		printf("metrics %s\n", in.status.metrics);
	for (size_t i = 0; i < in.status.count; i++) {
		const struct message_output *o = &in.status.outputs[i];

		feed.outputs[i] = *o;
		strcpy(feed.names[i], o->name);
		printf("status %s queue=%llu bytes=%llu ok=%llu error=%llu dropped=%llu %s\n", o->name,
		       (unsigned long long)o->queue, (unsigned long long)o->spool_bytes, (unsigned long long)o->ok,
		       (unsigned long long)o->errors, (unsigned long long)o->dropped, o->last_error);
	}
}

static void on_stored(void)
{
	for (size_t i = 0; i < feed.count && feed.first_seq + i <= in.stored.seq; i++)
		buf_done(&feed.kept[i]);
	feed.stored = in.stored.seq;
}

static void on_message(void)
{
	switch (in.type) {
	case MESSAGE_STATUS:
		on_status();
		break;
	case MESSAGE_STORED:
		on_stored();
		break;
	case MESSAGE_CONFIGURED:
		printf("configured %s %s\n", in.answer.ok ? "ok" : "not", in.answer.sentence);
		break;
	case MESSAGE_TESTED:
		printf("tested %s %s %s\n", in.answer.name, in.answer.ok ? "ok" : "not", in.answer.sentence);
		break;
	case MESSAGE_GAP:
		printf("gap %llu %s\n", (unsigned long long)in.gap.lost, in.gap.reason);
		break;
	case MESSAGE_DONE:
		printf("done %llu\n", (unsigned long long)in.done.left);
		feed.done = true;
		break;
	default:
		printf("unexpected %d\n", in.type);
	}
	fflush(stdout);
}

/* For so long; false: the sender is gone. */
static bool hear(int ms)
{
	struct pollfd p = { .fd = feed.fd, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return true;
	n = recv(feed.fd, packet, sizeof(packet), MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	if (message_get(packet, (size_t)n, &in))
		printf("unreadable\n");
	else
		on_message();
	return true;
}

/* ---- telling ---------------------------------------------------------------------------------------------------- */

static void send_packet(const struct buf *b)
{
	while (send(feed.fd, b->data, b->len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		struct pollfd p = { .fd = feed.fd, .events = POLLOUT };

		if (errno != EAGAIN && errno != EINTR)
			return;
		hear(0);
		poll(&p, 1, 100);
	}
}

static void tell(void)
{
	struct buf b = BUF_INIT;

	if (message_put(&b, &out))
		fail("message_put");
	send_packet(&b);
	buf_done(&b);
}

static void configure(const char *path)
{
	FILE *f = fopen(path, "r");
	static char text[65536];
	size_t n;

	if (!f)
		fail(path);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	out.type = MESSAGE_CONFIG;
	out.config.name = path;
	out.config.text = text;
	tell();
}

static void start(void)
{
	int ends[2], size = 512 << 10, err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		fail("socketpair");
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	feed.setup = (struct sender_setup){ .fd = ends[1], .spool = feed.spool, .uid = feed.uid, .gid = feed.gid,
					    .host = "test-host", .say = say };
	feed.fd = ends[0];
	err = launch_part(part, &feed.setup, &feed.pid, &feed.pidfd);
	if (err)
		fail("launch_part");
	close(ends[1]);
	configure(feed.config);
	for (size_t i = 0; i < feed.count; i++)
		if (feed.kept[i].len)
			send_packet(&feed.kept[i]);
}

static void set_outputs(char *names)
{
	out.alert.output_count = 0;
	for (char *name = strtok(names, ","); name && strcmp(name, "-"); name = strtok(NULL, ","))
		out.alert.outputs[out.alert.output_count++] = name;
}

static void send_alert(unsigned severity, const char *key, const char *json)
{
	struct buf *b = &feed.kept[feed.count];

	if (feed.count == KEPT_MAX)
		fail("too many");
	out.type = MESSAGE_ALERT;
	out.alert.seq = feed.first_seq + feed.count++;
	out.alert.severity = (uint8_t)severity;
	out.alert.rule = "rule";
	out.alert.key = key;
	out.alert.json = json;
	if (message_put(b, &out))
		fail("message_put");
	send_packet(b);
}

static void many(unsigned count, unsigned severity, char *outputs, unsigned bytes)
{
	static char json[MESSAGE_BYTES_MAX], names[1024], filler[MESSAGE_BYTES_MAX];
	static unsigned number;

	memset(filler, 'x', bytes);
	filler[bytes] = '\0';
	while (count--) {
		snprintf(names, sizeof(names), "%s", outputs);
		set_outputs(names);
		snprintf(json, sizeof(json), "{\"v\":1,\"type\":\"alert\",\"rule\":\"r\",\"message\":\"m\",\"seq_in_test\":%u,"
			 "\"args\":\"%.*s\"}", ++number, 100000, filler);
		send_alert(severity, "key", json);
		hear(0);
	}
}

static void metrics(const char *path)
{
	FILE *f = fopen(path, "r");
	static char lines[MESSAGE_SAMPLES_MAX][512];
	size_t n = 0;

	if (!f)
		fail(path);
	out.type = MESSAGE_METRICS;
	while (n < MESSAGE_SAMPLES_MAX && fgets(lines[n], sizeof(lines[n]), f)) {
		struct metric_sample *s = &out.metrics.samples[n];
		char *name = strtok(lines[n], " \n"), *value = strtok(NULL, " \n");

		for (unsigned m = 0; m < METRIC_COUNT; m++)
			if (!strcmp(metric_facts((enum metric)m)->name, name))
				s->metric = (enum metric)m;
		s->value = atof(value);
		for (size_t i = 0; i < METRIC_LABELS_MAX; i++)
			s->labels[i] = strtok(NULL, " \n");
		n++;
	}
	fclose(f);
	out.metrics.count = n;
	out.metrics.last = true;
	tell();
}

/* ---- waiting ---------------------------------------------------------------------------------------------------- */

static bool is_so(const char *name, const char *word, uint64_t number)
{
	for (size_t i = 0; i < feed.output_count; i++) {
		const struct message_output *o = &feed.outputs[i];

		if (strcmp(feed.names[i], name))
			continue;
		if (!strcmp(word, "empty"))
			return o->queue == 0;
		if (!strcmp(word, "queue"))
			return o->queue >= number;
		if (!strcmp(word, "ok"))
			return o->ok >= number;
		if (!strcmp(word, "error"))
			return o->errors >= number;
		return o->dropped >= number;
	}
	return false;
}

static void until(const char *name, const char *word, uint64_t number)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + LIMIT_NS;

	while (!is_so(name, word, number)) {
		errno = ETIMEDOUT;
		if (!hear(200) || clock_ns(CLOCK_MONOTONIC) > end)
			fail(name);
	}
}

static void until_stored(void)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + LIMIT_NS;

	while (feed.count && feed.stored < feed.first_seq + feed.count - 1) {
		errno = ETIMEDOUT;
		if (!hear(200) || clock_ns(CLOCK_MONOTONIC) > end)
			fail("stored");
	}
	printf("stored\n");
	fflush(stdout);
}

static void wait_ms(unsigned ms)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + ms * 1000000ULL;

	while (clock_ns(CLOCK_MONOTONIC) < end)
		if (!hear(20))
			usleep(20000);
}

static void drain(unsigned ms)
{
	out.type = MESSAGE_DRAIN;
	out.drain.deadline_ns = clock_ns(CLOCK_MONOTONIC) + ms * 1000000ULL;
	tell();
	while (!feed.done && hear(1000))
		;
	waitpid(feed.pid, NULL, 0);
}

static void end_sender(void)
{
	kill(feed.pid, SIGKILL);
	waitpid(feed.pid, NULL, 0);
	close(feed.fd);
	close(feed.pidfd);
	feed.output_count = 0;
}

/* ---- commands --------------------------------------------------------------------------------------------------- */

static void obey(char *line)
{
	char word[16] = "", a[512] = "", b[512] = "";
	unsigned n = 0, m = 0, bytes = 0;
	int at = 0;

	sscanf(line, "%15s %n", word, &at);
	line += at;
	if (!strcmp(word, "alert") && sscanf(line, "%u %511s %511s %n", &n, a, b, &at) == 3) {
		set_outputs(a);
		send_alert(n, b, line + at);
	} else if (!strcmp(word, "many") && sscanf(line, "%u %u %511s %u", &n, &m, a, &bytes) == 4) {
		many(n, m, a, bytes);
	} else if (!strcmp(word, "until") && sscanf(line, "%511s %511s %u", a, b, &n) == 3) {
		until(a, b, n);
	} else if (!strcmp(word, "test")) {
		out.type = MESSAGE_TEST;
		out.test.output = line;
		tell();
	} else if (!strcmp(word, "config")) {
		configure(line);
	} else if (!strcmp(word, "metrics")) {
		metrics(line);
	} else if (!strcmp(word, "reopen")) {
		out.type = MESSAGE_REOPEN;
		tell();
	} else if (!strcmp(word, "stored")) {
		until_stored();
	} else if (!strcmp(word, "sleep")) {
		wait_ms((unsigned)atoi(line));
	} else if (!strcmp(word, "kill")) {
		end_sender();
	} else if (!strcmp(word, "start")) {
		start();
	} else if (!strcmp(word, "drain")) {
		drain((unsigned)atoi(line));
	} else {
		fprintf(stderr, "feed: what is '%s %s'?\n", word, line);
		exit(2);
	}
}

/* A line of input; what the sender says meanwhile is heard. False at the end. */
static bool next_line(char *line, size_t size)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = feed.fd, .events = POLLIN } };

	for (;;) {
		poll(p, 2, -1);
		if (p[0].revents)
			return fgets(line, (int)size, stdin);
		if (!hear(0))
			p[1].fd = -1;
	}
}

int main(int argc, char **argv)
{
	static char line[MESSAGE_BYTES_MAX];

	if (argc != 3 && argc != 5)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdin, NULL, _IONBF, 0);
	feed.spool = argv[1];
	feed.config = argv[2];
	feed.uid = argc == 5 ? (uid_t)atoi(argv[3]) : (uid_t)-1;
	feed.gid = argc == 5 ? (gid_t)atoi(argv[4]) : (gid_t)-1;
	feed.first_seq = clock_ns(CLOCK_REALTIME);
	start();
	while (next_line(line, sizeof(line))) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			obey(line);
	}
	return 0;
}
