/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The daemon's socket, by what any number of clients may do to it: come, say anything in any pieces, say nothing, stop to
 * listen, go. Each byte is a deed, some with bytes of their own behind it. Whoever is answered gets one whole line, and those
 * who are gone leave their places.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "user/guard/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CLIENTS = CONTROL_CLIENTS + 2, HELD = 16, DEEDS_MOST = 256, ANSWER = 8192 };
enum deed { COME, SAY, GO, WORK, ANSWER_HELD, HEAR, DEEDS };

struct world {
	struct control *control;
	struct sockaddr_un at;
	int clients[CLIENTS];
	uint64_t held[HELD];	/* who is answered later, some after they are gone */
	unsigned int held_count;
};

static struct world w;

static void answer(uint64_t client)
{
	static const char line[] = "{\"ok\":true}\n";

	control_answer(w.control, client, line, sizeof(line) - 1);
}

static void on_request(void *ctx, uint64_t client, const struct request *r)
{
	(void)ctx;
	assert(client && r->what < REQUESTS);
	assert(r->what != REQUEST_TEST_OUTPUT || *r->output);
	if (r->what == REQUEST_STATUS)
		answer(client);
	else
		w.held[w.held_count++ % HELD] = client;
}

static void remove_files(void)
{
	char *slash = strrchr(w.at.sun_path, '/');

	control_close(w.control);
	*slash = '\0';
	rmdir(w.at.sun_path);
}

static void begin(void)
{
	char dir[] = "/tmp/fuzz_control.XXXXXX";

	assert(mkdtemp(dir));
	w.at.sun_family = AF_UNIX;
	snprintf(w.at.sun_path, sizeof(w.at.sun_path), "%s/control", dir);
	assert(!control_open(w.at.sun_path, on_request, NULL, &w.control));
	for (int i = 0; i < CLIENTS; i++)
		w.clients[i] = -1;
	atexit(remove_files);
}

static void come(int *client)
{
	if (*client >= 0)
		return;
	*client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert(*client >= 0);
	/* Too many wait to be let in: as if he had not come. */
	if (connect(*client, (const struct sockaddr *)&w.at, sizeof(w.at))) {
		close(*client);
		*client = -1;
	}
}

static void go(int *client)
{
	if (*client >= 0)
		close(*client);
	*client = -1;
}

/* What is heard is whole lines, or the end. */
static void hear(int *client)
{
	char text[ANSWER];
	ssize_t n = *client < 0 ? -1 : recv(*client, text, sizeof(text), 0);

	assert(n <= 0 || (text[n - 1] == '\n' && memchr(text, '\n', (size_t)n) == text + n - 1 && *text == '{'));
	if (!n)
		go(client);
}

static size_t do_one(enum deed deed, int *client, const uint8_t *more, size_t left)
{
	size_t n = left ? more[0] : 0;

	switch (deed) {
	case COME:
		come(client);
		return 0;
	case SAY:
		n = n < left ? n : left ? left - 1 : 0;
		if (*client >= 0 && n)
			(void)!send(*client, more + 1, n, MSG_NOSIGNAL);
		return left ? n + 1 : 0;
	case GO:
		go(client);
		return 0;
	case WORK:
		control_work(w.control);
		return 0;
	case ANSWER_HELD:
		for (; w.held_count; w.held_count--)
			answer(w.held[(w.held_count - 1) % HELD]);
		return 0;
	case HEAR:
		hear(client);
		return 0;
	case DEEDS:
		break;
	}
	return 0;
}

/* All have gone: there is room for as many as there may be, who are all answered. */
static void end(void)
{
	static const char line[] = "{\"do\":\"status\"}\n";

	for (int i = 0; i < CLIENTS; i++)
		go(&w.clients[i]);
	for (int i = 0; i < 4; i++)
		control_work(w.control);
	w.held_count = 0;
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		come(&w.clients[i]);
		assert(w.clients[i] >= 0 && send(w.clients[i], line, sizeof(line) - 1, MSG_NOSIGNAL) > 0);
		control_work(w.control);
	}
	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		char text[ANSWER];

		control_work(w.control);
		assert(recv(w.clients[i], text, sizeof(text), 0) > 0);
		go(&w.clients[i]);
	}
	for (int i = 0; i < 2; i++)
		control_work(w.control);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0;

	if (!w.control)
		begin();
	for (int deeds = 0; at < size && deeds < DEEDS_MOST; deeds++) {
		const uint8_t deed = data[at] % DEEDS, client = data[at] / DEEDS % CLIENTS;

		at++;
		at += do_one((enum deed)deed, &w.clients[client], data + at, size - at);
	}
	end();
	return 0;
}
