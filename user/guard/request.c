/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/request.h"

#include <errno.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/base/jsonin.h"

const char *const request_words[REQUESTS] = {
	[REQUEST_STATUS] = "status",
	[REQUEST_RELOAD] = "reload",
	[REQUEST_TEST_OUTPUT] = "test-output",
	[REQUEST_REOPEN] = "reopen",
	[REQUEST_LEARN_ANEW] = "learn-anew",
};

static int read_name(const struct jsonin *root, const char *key, const char *what, size_t room, char *ret)
{
	struct jsonin at;
	const char *name;
	int err = jsonin_member(root, key, &at);

	err = err ?: jsonin_text(&at, &name);
	if (err)
		return err;
	if (!*name || strlen(name) >= room)
		return jsonin_say(&at, "%s", what);
	strcpy(ret, name);
	return 0;
}

/* null: everybody. */
static int read_workload(const struct jsonin *root, struct request *ret)
{
	struct jsonin at;
	int err = jsonin_member(root, "workload", &at);

	if (err || jsonin_is_null(&at))
		return err;
	return read_name(root, "workload", "is not the name of a workload", sizeof(ret->workload), ret->workload);
}

static int read_members(const struct jsonin *root, struct request *ret)
{
	struct jsonin at;
	size_t what;
	int err = jsonin_member(root, "do", &at);

	err = err ?: jsonin_word(&at, request_words, REQUESTS, &what);
	if (err)
		return err;
	ret->what = (enum request_do)what;
	switch (ret->what) {
	case REQUEST_TEST_OUTPUT:
		return read_name(root, "output", "is not the name of an output", sizeof(ret->output), ret->output);
	case REQUEST_LEARN_ANEW:
		return read_workload(root, ret);
	default:
		return 0;
	}
}

int request_read(const char *line, size_t n, struct request *ret, struct buf *why)
{
	struct jsonin root;
	int err = jsonin_open("request", line, n, why, &root);

	*ret = (struct request){ .what = REQUEST_STATUS };
	if (err)
		return err;
	err = read_members(&root, ret);
	jsonin_close(&root);
	return err;
}

void request_put(struct buf *b, const struct request *r)
{
	struct json j;

	json_init(&j, b);
	json_object(&j);
	json_member_cstr(&j, "do", request_words[r->what]);
	if (r->what == REQUEST_TEST_OUTPUT)
		json_member_cstr(&j, "output", r->output);
	if (r->what == REQUEST_LEARN_ANEW)
		json_member_cstr(&j, "workload", *r->workload ? r->workload : NULL);
	json_object_end(&j);
	buf_putc(b, '\n');
}
