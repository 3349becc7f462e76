/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/engineapi.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/library.h"
#include "user/host/container.h"

enum { ID_MAX = 128 };

/* What is used of libcurl, whose macros check types only of calls by name. */
#define CURL_FUNCTIONS(X) X(global_init) X(easy_init) X(easy_setopt) X(easy_perform) X(easy_getinfo) X(easy_cleanup)

struct curl {
	void *library;
#define MEMBER(name) __typeof__(&curl_##name) name;
	CURL_FUNCTIONS(MEMBER)
#undef MEMBER
};

struct engineapi {
	struct curl curl;
	CURL *handle;
	char *path;
	uid_t owner;
	struct buf answer;
	bool too_long;
	uint64_t not_before;	/* CLOCK_MONOTONIC, nanoseconds */
	uint64_t second;	/* in which so many were asked: */
	unsigned int asked;
};

/* ---- libcurl ---------------------------------------------------------------------------------------------------- */

static bool load_functions(struct curl *c)
{
	bool all = true;

#define LOAD(name)                                                        \
	*(void **)&c->name = dlsym(c->library, "curl_" #name);            \
	all &= c->name != NULL;
	CURL_FUNCTIONS(LOAD)
#undef LOAD
	return all;
}

static int load_library(struct curl *c, struct buf *why)
{
	static const char *const names[] = { "libcurl.so.4", "libcurl-gnutls.so.4", "libcurl-nss.so.4" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !c->library; i++)
		c->library = library_open(names[i]);
	if (c->library && load_functions(c) && !c->global_init(CURL_GLOBAL_NOTHING))
		return 0;
	buf_printf(why, "%s cannot be loaded, which it takes to ask a container engine", names[0]);
	return -ELIBACC;
}

/* ---- one question ----------------------------------------------------------------------------------------------- */

static size_t take(char *data, size_t size, size_t n, void *ctx)
{
	struct engineapi *a = ctx;

	n *= size;
	a->too_long |= n > ENGINEAPI_BYTES_MAX - a->answer.len;
	if (!a->too_long)
		buf_put(&a->answer, data, n);
	return a->too_long || a->answer.error ? 0 : n;
}

/* A path of its own, never another question: nothing that means something in one. */
static bool is_plain(const char *id)
{
	size_t n = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.-");

	return n && n <= ID_MAX && !id[n] && *id != '.';
}

static bool may_ask(struct engineapi *a, uint64_t now)
{
	uint64_t second = now / 1000000000;

	if (now < a->not_before)
		return false;
	a->asked = second == a->second ? a->asked + 1 : 1;
	a->second = second;
	return a->asked <= ENGINEAPI_A_SECOND;
}

static void pause_until(struct engineapi *a)
{
	a->not_before = clock_ns(CLOCK_MONOTONIC) + ENGINEAPI_PAUSE_MS * 1000000ULL;
}

/* The environment's proxies are not asked, no redirection is followed, and only HTTP is spoken. */
static void set_up(struct engineapi *a, const char *url)
{
	const struct curl *c = &a->curl;

	c->easy_setopt(a->handle, CURLOPT_UNIX_SOCKET_PATH, a->path);
	c->easy_setopt(a->handle, CURLOPT_URL, url);
	c->easy_setopt(a->handle, CURLOPT_NOSIGNAL, 1L);
	c->easy_setopt(a->handle, CURLOPT_PROXY, "");
	c->easy_setopt(a->handle, CURLOPT_FOLLOWLOCATION, 0L);
	c->easy_setopt(a->handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	c->easy_setopt(a->handle, CURLOPT_CONNECTTIMEOUT_MS, (long)ENGINEAPI_TIME_MS);
	c->easy_setopt(a->handle, CURLOPT_TIMEOUT_MS, (long)ENGINEAPI_TIME_MS);
	c->easy_setopt(a->handle, CURLOPT_WRITEFUNCTION, take);
	c->easy_setopt(a->handle, CURLOPT_WRITEDATA, a);
}

/* What went wrong on the way; what the engine answered is another question. */
static int error_of(const struct engineapi *a, CURLcode code)
{
	if (a->too_long)
		return -EFBIG;
	if (a->answer.error)
		return a->answer.error;
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_OUT_OF_MEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

static int get(struct engineapi *a, const char *url, long *ret_status)
{
	int err;

	buf_clear(&a->answer);
	a->too_long = false;
	set_up(a, url);
	err = error_of(a, a->curl.easy_perform(a->handle));
	if (!err)
		a->curl.easy_getinfo(a->handle, CURLINFO_RESPONSE_CODE, ret_status);
	return err;
}

int engineapi_ask(struct engineapi *a, const char *id, uint64_t all, struct container *ret)
{
	char url[sizeof("http://engine/containers//json") + ID_MAX] = "http://engine/containers/";
	long status = 0;
	int err;

	if (!is_plain(id))
		return -ENOENT;
	if (!may_ask(a, clock_ns(CLOCK_MONOTONIC)))
		return -EAGAIN;
	/* Without a version: newer engines do not speak the old ones any more. */
	strcat(strcat(url, id), "/json");
	err = get(a, url, &status);
	if (!err && status == 404)
		return -ENOENT;
	if (!err && status != 200)
		err = -EIO;
	err = err ?: container_read_inspect(buf_str(&a->answer), a->answer.len, all, ret);
	if (err && err != -ENOMEM)
		pause_until(a);
	return err;
}

/* ---- the socket ------------------------------------------------------------------------------------------------- */

uid_t engineapi_owner(const struct engineapi *a)
{
	return a->owner;
}

const char *engineapi_path(const struct engineapi *a)
{
	return a->path;
}

static int open_socket(struct engineapi *a, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	a->owner = st.st_uid;
	a->path = strdup(path);
	return a->path ? 0 : -ENOMEM;
}

int engineapi_open(const char *path, struct engineapi **ret, struct buf *why)
{
	struct engineapi *a = calloc(1, sizeof(*a));
	int err = a ? open_socket(a, path) : -ENOMEM;

	if (err && a)
		buf_puts(why, strerror(-err));
	err = err ?: load_library(&a->curl, why);
	if (!err) {
		a->handle = a->curl.easy_init();
		err = a->handle ? 0 : -ENOMEM;
	}
	if (err)
		engineapi_free(a);
	else
		*ret = a;
	return err;
}

/* libcurl stays loaded: what it registered to be called at the end is in it. */
void engineapi_free(struct engineapi *a)
{
	if (!a)
		return;
	if (a->handle)
		a->curl.easy_cleanup(a->handle);
	buf_done(&a->answer);
	free(a->path);
	free(a);
}
