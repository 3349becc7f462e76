/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/host/status.h"

enum { FIELD = 5 };	/* of the terminal, counted from the state, which is 1 */

static int name_of(unsigned number, char **ret)
{
	/* As the kernel's new_encode_dev() makes it. */
	unsigned top = number >> 8 & 0xfff, low = (number & 0xff) | (number >> 12 & 0xfff00);
	int n;

	if (!number)
		n = asprintf(ret, "%s", "");
	else if (top >= 136 && top <= 143)
		n = asprintf(ret, "pts/%u", (top - 136) * 256 + low);
	else if (top == 4)
		n = asprintf(ret, low < 64 ? "tty%u" : "ttyS%u", low < 64 ? low : low - 64);
	else if (top == 5 && low == 1)
		n = asprintf(ret, "%s", "console");
	else
		n = asprintf(ret, "%u:%u", top, low);
	return n < 0 ? -ENOMEM : 0;
}

int terminal_of_stat(const char *text, size_t n, char **ret)
{
	const char *at = memrchr(text, ')', n), *end = text + n;

	if (!at)
		return -EBADMSG;
	for (int field = 0; field < FIELD; field++) {
		at = memchr(at + 1, ' ', (size_t)(end - at - 1));
		if (!at || at + 1 >= end)
			return -EBADMSG;
	}
	if (at[1] < '0' || at[1] > '9')
		return -EBADMSG;
	return name_of((unsigned)strtoul(at + 1, NULL, 10), ret);
}

int terminal_of(const char *proc, pid_t pid, char **ret)
{
	struct buf text = BUF_INIT;
	char path[PATH_MAX];
	int err;

	snprintf(path, sizeof(path), "%s/%d/stat", proc, (int)pid);
	err = status_read(AT_FDCWD, path, &text);
	if (!err)
		err = terminal_of_stat(buf_str(&text), text.len, ret);
	buf_done(&text);
	return err;
}
