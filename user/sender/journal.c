/* SPDX-License-Identifier: BSD-2-Clause */
/* The journal, with fields of its own: those of containers have the names that Docker's own driver gives them. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/library.h"
#include "user/model/message.h"
#include "user/rule/config.h"
#include "user/sender/format.h"
#include "user/sender/output.h"

/* One for each kind of alert, for life: journalctl MESSAGE_ID=... */
#define ID_RULE	 "0f3c5d1c9a5e4b0b8d6f0b6b7a1e52c7"
#define ID_EVENT "c2a7b64be0a94f5d9f0e6ad3f1c98d15"

static const char journal_socket[] = "/run/systemd/journal/socket";

enum { FIELDS_MAX = 32, ID_SHORT = 12 };

static struct {
	pthread_once_t once;
	int (*sendv)(const struct iovec *iov, int n);
} journal = { .once = PTHREAD_ONCE_INIT };

static const struct {
	const char *field, *object, *key;
} texts[] = {
	{ "CONTAINER_NAME", "container", "name" },
	{ "CONTAINER_ID_FULL", "container", "id" },
	{ "IMAGE_NAME", "container", "image" },
	{ "CAPSIEVE_RULE", NULL, "rule" },
	{ "CAPSIEVE_EVENT", NULL, "event" },
	{ "CAPSIEVE_CAPABILITY", NULL, "cap" },
	{ "CAPSIEVE_VERDICT", NULL, "verdict" },
	{ "CAPSIEVE_EXE", NULL, "exe" },
	{ "CAPSIEVE_UNIT", NULL, "unit" },
	{ "CAPSIEVE_WORKLOAD", NULL, "workload" },
	{ "CAPSIEVE_RULE_FILE", "rule_at", "file" },
	{ "CAPSIEVE_DECIDED_BY", NULL, "decided_by" },
};

struct entry {
	struct buf fields[FIELDS_MAX];
	size_t count;
};

static void load(void)
{
	void *library = library_open("libsystemd.so.0");

	if (library)
		*(void **)&journal.sendv = dlsym(library, "sd_journal_sendv");
}

static struct buf *add(struct entry *e, const char *field)
{
	struct buf *b = &e->fields[e->count++];

	buf_puts(b, field);
	buf_putc(b, '=');
	return b;
}

static void add_text(struct entry *e, const char *field, const char *text)
{
	if (text)
		buf_puts(add(e, field), text);
}

static void add_number(struct entry *e, const struct format_alert *a, const char *field, const char *key)
{
	int64_t n;

	if (format_number(a, key, &n))
		buf_printf(add(e, field), "%lld", (long long)n);
}

static void fill(struct entry *e, const struct format_alert *a)
{
	const char *id = format_text_in(a, "container", "id");

	format_put_sentence(add(e, "MESSAGE"), a);
	add_text(e, "MESSAGE_ID", format_text(a, "event") ? ID_EVENT : ID_RULE);
	buf_printf(add(e, "PRIORITY"), "%u", a->alert->severity);
	add_text(e, "SYSLOG_IDENTIFIER", "capsieve");
	if (id)
		buf_put(add(e, "CONTAINER_ID"), id, strnlen(id, ID_SHORT));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(e, texts[i].field, texts[i].object ? format_text_in(a, texts[i].object, texts[i].key) :
							      format_text(a, texts[i].key));
	add_number(e, a, "OBJECT_PID", "pid");
	add_number(e, a, "CAPSIEVE_COUNT", "count");
	add_text(e, "CAPSIEVE_ALERT", a->alert->json);
}

static int send(const struct entry *e)
{
	struct iovec iov[FIELDS_MAX];

	for (size_t i = 0; i < e->count; i++) {
		if (e->fields[i].error)
			return e->fields[i].error;
		iov[i] = (struct iovec){ e->fields[i].data, e->fields[i].len };
	}
	return journal.sendv(iov, (int)e->count);
}

/* Nothing is kept between alerts; what is opened is only not NULL. */
static void *open_journal(const struct output_context *context)
{
	struct output_context *kept = malloc(sizeof(*kept));

	if (kept)
		*kept = *context;
	return kept;
}

static enum delivered deliver(void *o, const struct message_alert *alert, struct delivery *ret)
{
	struct format_alert a = { .alert = NULL };
	struct entry e = { .count = 0 };
	int err;

	(void)o;
	pthread_once(&journal.once, load);
	if (!journal.sendv) {
		delivery_say(ret, "libsystemd cannot be loaded");
		return DELIVER_AGAIN;
	}
	/* Without a journal libsystemd says that all is well. */
	if (access(journal_socket, F_OK)) {
		delivery_say(ret, "there is no journal: %s: %s", journal_socket, strerror(errno));
		return DELIVER_AGAIN;
	}
	err = format_open(alert, &a);
	if (!err) {
		fill(&e, &a);
		err = send(&e);
	}
	format_close(&a);
	for (size_t i = 0; i < e.count; i++)
		buf_done(&e.fields[i]);
	if (err)
		delivery_say(ret, "the journal does not take it: %s", strerror(-err));
	return !err ? DELIVERED : err == -EINVAL ? DELIVER_NEVER : DELIVER_AGAIN;
}

const struct output_ops output_journal = {
	.open = open_journal,
	.deliver = deliver,
	.close = free,
};
