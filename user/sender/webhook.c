/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A POST for each alert. TLS is verified, redirections are not followed, and of an answer only the status counts. What is
 * told to an Alertmanager with resolve_after ends by itself then; until it does it is told again now and then, for the
 * Alertmanager may have been started anew.
 */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/library.h"
#include "user/base/sha256.h"
#include "user/base/when.h"
#include "user/host/nameless.h"
#include "user/model/message.h"
#include "user/rule/config.h"
#include "user/sender/format.h"
#include "user/sender/handed.h"
#include "user/sender/output.h"

#define SECOND_NS 1000000000ULL
#define TIMEOUT_DEFAULT_NS (10 * SECOND_NS)

enum { ACTIVE_MAX = 256, SECRET_MAX = 4096, ANSWER_MAX = 64 << 10 };

/* What is used of libcurl, whose macros check types only of calls by name. */
#define CURL_FUNCTIONS(X)                                                                                   \
	X(global_init) X(easy_init) X(easy_setopt) X(easy_perform) X(easy_getinfo) X(easy_cleanup) X(easy_reset) \
	X(easy_strerror) X(slist_append) X(slist_free_all)

static struct {
	pthread_once_t once;
	void *library;
#define MEMBER(name) __typeof__(&curl_##name) name;
	CURL_FUNCTIONS(MEMBER)
#undef MEMBER
	bool works;
} curl = { .once = PTHREAD_ONCE_INIT };

/* An alert that has not ended. */
struct active {
	char *key, *json;
	uint8_t severity;
	uint64_t starts_ns, ends_ns;	/* CLOCK_REALTIME */
};

struct webhook {
	struct output_context context;
	CURL *handle;
	int ca_fd;			/* the certificates as a file of no name; negative: .ca_file itself */
	char ca_path[NAMELESS_PATH];
	size_t answered;		/* bytes of an answer */
	char error[CURL_ERROR_SIZE];	/* of the last POST */
	struct buf body;
	struct active active[ACTIVE_MAX];
	size_t active_count;
	uint64_t told_ns;		/* CLOCK_MONOTONIC: when the active ones were last told again */
};

/* ---- libcurl ---------------------------------------------------------------------------------------------------- */

static void load(void)
{
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4" };
	bool all = true;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !curl.library; i++)
		curl.library = library_open(names[i]);
	if (!curl.library)
		return;
#define LOAD(name)                                                        \
	*(void **)&curl.name = dlsym(curl.library, "curl_" #name);        \
	all &= curl.name != NULL;
	CURL_FUNCTIONS(LOAD)
#undef LOAD
	curl.works = all && !curl.global_init(CURL_GLOBAL_DEFAULT);
}

/* Of an answer only the status counts: one without an end is not read to it. */
static size_t ignore(char *data, size_t size, size_t n, void *ctx)
{
	struct webhook *w = ctx;

	(void)data;
	w->answered += size * n;
	return w->answered > ANSWER_MAX ? 0 : size * n;
}

static int may_go_on(void *ctx, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct webhook *w = ctx;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return *w->context.quit;
}

static void set_up(struct webhook *w, struct curl_slist *headers)
{
	const struct config_output *c = w->context.config;
	uint64_t timeout_ns = c->timeout_ns ? c->timeout_ns : TIMEOUT_DEFAULT_NS;
	long ms = (long)(timeout_ns / 1000000);

	curl.easy_reset(w->handle);
	curl.easy_setopt(w->handle, CURLOPT_URL, c->url);
	curl.easy_setopt(w->handle, CURLOPT_HTTPHEADER, headers);
	curl.easy_setopt(w->handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)w->body.len);
	curl.easy_setopt(w->handle, CURLOPT_POSTFIELDS, buf_str(&w->body));
	curl.easy_setopt(w->handle, CURLOPT_NOSIGNAL, 1L);
	curl.easy_setopt(w->handle, CURLOPT_FOLLOWLOCATION, 0L);
	curl.easy_setopt(w->handle, CURLOPT_CONNECTTIMEOUT_MS, ms ? ms : 1L);
	curl.easy_setopt(w->handle, CURLOPT_TIMEOUT_MS, ms ? ms : 1L);
	curl.easy_setopt(w->handle, CURLOPT_WRITEFUNCTION, ignore);
	curl.easy_setopt(w->handle, CURLOPT_WRITEDATA, w);
	curl.easy_setopt(w->handle, CURLOPT_ERRORBUFFER, w->error);
	curl.easy_setopt(w->handle, CURLOPT_NOPROGRESS, 0L);
	curl.easy_setopt(w->handle, CURLOPT_XFERINFOFUNCTION, may_go_on);
	curl.easy_setopt(w->handle, CURLOPT_XFERINFODATA, w);
	if (c->ca_file)
		curl.easy_setopt(w->handle, CURLOPT_CAINFO, w->ca_fd < 0 ? c->ca_file : w->ca_path);
}

/* ---- the signature ---------------------------------------------------------------------------------------------- */

static int read_file(const char *path, char ret[SECRET_MAX], size_t *ret_n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, ret, SECRET_MAX);
	int err = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	if (!err)
		*ret_n = (size_t)n;
	return err;
}

/* Without the end of its line. */
static int read_secret(const struct output_context *context, char ret[SECRET_MAX], size_t *ret_n)
{
	const char *path = context->config->secret_file, *handed = handed_find(context->files, path);
	size_t n = handed ? strnlen(handed, SECRET_MAX) : 0;
	int err = 0;

	if (handed)
		memcpy(ret, handed, n);
	else
		err = read_file(path, ret, &n);
	if (err)
		return err;
	while (n && (ret[n - 1] == '\n' || ret[n - 1] == '\r'))
		n--;
	*ret_n = n;
	return n ? 0 : -ENODATA;
}

static int sign(const struct webhook *w, struct buf *header)
{
	uint8_t sum[SHA256_BYTES];
	char secret[SECRET_MAX];
	size_t n;
	int err = read_secret(&w->context, secret, &n);

	if (err)
		return err;
	sha256_hmac(secret, n, w->body.data, w->body.len, sum);
	explicit_bzero(secret, sizeof(secret));
	buf_puts(header, "X-Capsieve-Signature: sha256=");
	for (size_t i = 0; i < sizeof(sum); i++)
		buf_printf(header, "%02x", sum[i]);
	return header->error;
}

/* ---- one POST --------------------------------------------------------------------------------------------------- */

/* NULL: out of memory, and what there was is freed. */
static struct curl_slist *add_header(struct curl_slist *list, const char *header)
{
	struct curl_slist *longer = curl.slist_append(list, header);

	if (!longer)
		curl.slist_free_all(list);
	return longer;
}

/* What tells more than its code does, and the same each time: without how long it took. */
static bool is_telling(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CACERT_BADFILE ||
	       code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY;
}

/* An unsupported protocol is what it answers in: that of the URL was looked at when it was configured. */
static enum delivered judge_code(const struct webhook *w, CURLcode code, struct delivery *ret)
{
	if (code == CURLE_ABORTED_BY_CALLBACK)
		delivery_say(ret, "its answer was not waited for, as capsieve ends");
	else if (is_telling(code) && *w->error)
		delivery_say(ret, "no answer: %s: %s", curl.easy_strerror(code), w->error);
	else
		delivery_say(ret, "no answer: %s", curl.easy_strerror(code));
	return code == CURLE_URL_MALFORMAT ? DELIVER_NEVER : DELIVER_AGAIN;
}

static enum delivered judge_status(struct webhook *w, struct delivery *ret)
{
	curl_off_t after = 0;
	long status = 0;

	curl.easy_getinfo(w->handle, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 && status < 300)
		return DELIVERED;
	if (status >= 300 && status < 400)
		delivery_say(ret, "it answered %ld, and redirections are not followed", status);
	else
		delivery_say(ret, "it answered %ld", status);
	if (status != 429 && status < 500)
		return DELIVER_NEVER;
	curl.easy_getinfo(w->handle, CURLINFO_RETRY_AFTER, &after);
	if (after > 0)
		ret->after_ns = (uint64_t)after * SECOND_NS;
	return DELIVER_AGAIN;
}

static enum delivered post_with(struct webhook *w, struct curl_slist *headers, struct delivery *ret)
{
	CURLcode code;

	set_up(w, headers);
	w->answered = 0;
	w->error[0] = '\0';
	code = curl.easy_perform(w->handle);
	return code == CURLE_OK || w->answered > ANSWER_MAX ? judge_status(w, ret) : judge_code(w, code, ret);
}

/* .body, in the way in which all are sent. */
static enum delivered post(struct webhook *w, struct delivery *ret)
{
	struct curl_slist *headers = add_header(NULL, "Content-Type: application/json");
	struct buf signature = BUF_INIT;
	enum delivered what = DELIVER_AGAIN;
	int err = w->body.error;

	headers = headers ? add_header(headers, "User-Agent: capsieve/" VERSION) : NULL;
	headers = headers ? add_header(headers, "Expect:") : NULL;	/* it would wait a second for leave */
	if (!err && w->context.config->secret_file)
		err = sign(w, &signature);
	if (!err && headers && signature.len)
		headers = add_header(headers, buf_str(&signature));
	if (err)
		delivery_say(ret, "it cannot be signed with %s: %s", w->context.config->secret_file, strerror(-err));
	else if (!headers)
		delivery_say(ret, "there is not the memory for it");
	else
		what = post_with(w, headers, ret);
	curl.slist_free_all(headers);
	buf_done(&signature);
	return what;
}

/* ---- alerts that end by themselves ------------------------------------------------------------------------------ */

static void forget(struct webhook *w, size_t i)
{
	free(w->active[i].key);
	free(w->active[i].json);
	w->active[i] = w->active[--w->active_count];
}

static void forget_ended(struct webhook *w, uint64_t now)
{
	for (size_t i = w->active_count; i-- > 0;)
		if (w->active[i].ends_ns <= now)
			forget(w, i);
}

static struct active *find(struct webhook *w, const char *key)
{
	for (size_t i = 0; i < w->active_count; i++)
		if (!strcmp(w->active[i].key, key))
			return &w->active[i];
	return NULL;
}

static void remember(struct webhook *w, const struct message_alert *alert, uint64_t starts_ns, uint64_t ends_ns)
{
	struct active *a = find(w, alert->key), made = { .key = NULL };

	if (!a && w->active_count == ACTIVE_MAX)
		return;
	made.key = strdup(alert->key);
	made.json = strdup(alert->json);
	made.severity = alert->severity;
	made.starts_ns = starts_ns;
	made.ends_ns = ends_ns;
	if (!made.key || !made.json) {
		free(made.key);
		free(made.json);
		return;
	}
	if (a)
		forget(w, (size_t)(a - w->active));
	w->active[w->active_count++] = made;
}

/* The first of a list begins it. */
static void put_one(struct webhook *w, const struct message_alert *alert, uint64_t starts_ns, uint64_t ends_ns)
{
	struct format_alert a = { .alert = NULL };

	if (format_open(alert, &a))
		return;
	buf_putc(&w->body, w->body.len ? ',' : '[');
	format_put_alertmanager(&w->body, &a, starts_ns, ends_ns);
	format_close(&a);
}

/* How often what is active is told again. */
static uint64_t again_ns(const struct webhook *w)
{
	uint64_t ns = w->context.config->resolve_after_ns / 3;

	return ns < SECOND_NS ? SECOND_NS : ns < 60 * SECOND_NS ? ns : 60 * SECOND_NS;
}

static uint64_t tell_again(void *o)
{
	struct webhook *w = o;
	uint64_t now = clock_ns(CLOCK_REALTIME);
	struct delivery d = { .after_ns = 0 };

	if (w->context.config->format != FORMAT_ALERTMANAGER || !w->context.config->resolve_after_ns)
		return 3600 * SECOND_NS;
	forget_ended(w, now);
	buf_clear(&w->body);
	for (size_t i = 0; i < w->active_count; i++) {
		const struct active *a = &w->active[i];
		const struct message_alert alert = { .severity = a->severity, .json = a->json };

		put_one(w, &alert, a->starts_ns, a->ends_ns);
	}
	if (w->body.len) {
		buf_putc(&w->body, ']');
		post(w, &d);
	}
	return again_ns(w);
}

static enum delivered tell_alertmanager(struct webhook *w, const struct message_alert *alert, struct delivery *ret)
{
	uint64_t now = clock_ns(CLOCK_REALTIME), lasts = w->context.config->resolve_after_ns;
	const struct active *before;
	enum delivered what;
	uint64_t starts;

	forget_ended(w, now);
	before = find(w, alert->key);
	starts = before ? before->starts_ns : now;
	put_one(w, alert, starts, lasts ? now + lasts : 0);
	buf_putc(&w->body, ']');
	what = post(w, ret);
	if (what == DELIVERED && lasts)
		remember(w, alert, starts, now + lasts);
	return what;
}

/* ---- the output ------------------------------------------------------------------------------------------------- */

/* The library takes a path. */
static void open_ca(struct webhook *w)
{
	const char *ca = w->context.config->ca_file, *text = ca ? handed_find(w->context.files, ca) : NULL;

	w->ca_fd = text ? nameless_open("certificates", text, strlen(text)) : -1;
	if (w->ca_fd >= 0)
		nameless_path(w->ca_fd, w->ca_path);
}

static void *open_webhook(const struct output_context *context)
{
	struct webhook *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->context = *context;
	open_ca(w);
	return w;
}

static void close_webhook(void *o)
{
	struct webhook *w = o;

	while (w->active_count)
		forget(w, 0);
	if (w->handle)
		curl.easy_cleanup(w->handle);
	if (w->ca_fd >= 0)
		close(w->ca_fd);
	buf_done(&w->body);
	free(w);
}

static bool can_talk(struct webhook *w)
{
	pthread_once(&curl.once, load);
	if (curl.works && !w->handle)
		w->handle = curl.easy_init();
	return w->handle;
}

static enum delivered deliver(void *o, const struct message_alert *alert, struct delivery *ret)
{
	struct webhook *w = o;
	struct format_alert a = { .alert = NULL };
	int err;

	if (!can_talk(w)) {
		delivery_say(ret, "libcurl cannot be loaded");
		return DELIVER_AGAIN;
	}
	err = format_open(alert, &a);
	if (err) {
		delivery_say(ret, "an alert cannot be read: %s", strerror(-err));
		return err == -ENOMEM ? DELIVER_AGAIN : DELIVER_NEVER;
	}
	buf_clear(&w->body);
	if (w->context.config->format == FORMAT_ALERTMANAGER) {
		format_close(&a);
		return tell_alertmanager(w, alert, ret);
	}
	format_put_body(&w->body, w->context.config->format, &a);
	format_close(&a);
	return post(w, ret);
}

const struct output_ops output_webhook = {
	.open = open_webhook,
	.deliver = deliver,
	.close = close_webhook,
	.tick = tell_again,
};
