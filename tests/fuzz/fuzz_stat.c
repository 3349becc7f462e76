/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any text as /proc/PID/stat, whose name of a thread is that thread's choice, and each of its lines as one of /proc/PID/mountinfo,
 * whose paths are anybody's who may mount: what is found stands in the text, and a path without its escapes is no longer.
 */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/host/mounts.h"
#include "user/host/proc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const struct mount_text *t, const char *line, size_t n)
{
	char *copy = malloc(t->len + 1);

	assert(!t->len || (t->at >= line && t->at + t->len <= line + n));
	if (!copy)
		return;
	mount_text_copy(t, copy);
	assert(strlen(copy) <= t->len);
	free(copy);
}

static void try_mount(const char *line, size_t n)
{
	struct mount m;

	if (!mount_parse(line, n, &m))
		return;
	check_text(&m.root, line, n);
	check_text(&m.point, line, n);
	check_text(&m.type, line, n);
	check_text(&m.options, line, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of its own length, so that nothing behind it is read unseen. */
	char *text = malloc(size ? size : 1);
	struct proc_stat stat;
	int err;

	if (!text)
		return 0;
	memcpy(text, data, size);
	err = proc_stat_parse(text, size, &stat);
	assert(!err || err == -EBADMSG);
	assert(err || memchr(stat.comm, '\0', sizeof(stat.comm)));
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t n = end ? (size_t)(end - text) - at : size - at;

		try_mount(text + at, n);
		at += n + 1;
	}
	free(text);
	return 0;
}
