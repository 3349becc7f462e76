/* SPDX-License-Identifier: BSD-2-Clause */
/* What the daemon says of itself: lines for a person, or for the journal, where each has its priority. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "user/base/text.h"
#include "user/cmd/say.h"
#include "user/cmd/watch.h"

/* As sd-daemon(3) has them. */
static const char *const priorities[] = {
	[FLOW_ERROR] = "<3>", [FLOW_WARNING] = "<4>", [FLOW_NOTE] = "<5>", [FLOW_DETAIL] = "<6>", [FLOW_DEBUG] = "<7>",
};

bool watch_log_is_journal(const char *stream, int fd)
{
	unsigned long long dev, ino;
	struct stat st;
	char end;

	/* NOLINTNEXTLINE(cert-err34-c): too large a number is no file's */
	if (!stream || sscanf(stream, "%llu:%llu%c", &dev, &ino, &end) != 2 || fstat(fd, &st))
		return false;
	return st.st_dev == (dev_t)dev && st.st_ino == (ino_t)ino;
}

/* Mistakes in rules have lines of their own, which are shown as they are. */
static void put_lines(struct buf *b, const char *before, const char *text)
{
	const bool many = strchr(text, '\n');
	size_t n;

	for (; *text; text += n + (text[n] == '\n')) {
		n = strcspn(text, "\n");
		buf_puts(b, before);
		if (!many)
			buf_printf(b, "capsieve %s: ", watch_say.command);
		text_safe(b, text, n);
		buf_putc(b, '\n');
	}
}

void watch_log_put(struct buf *b, bool journal, enum flow_level level, const char *text)
{
	put_lines(b, journal ? priorities[level] : "", text);
}

void watch_log(void *ctx, enum flow_level level, const char *text)
{
	const struct watch_options *o = ctx;
	struct buf lines = BUF_INIT;

	if (level == FLOW_NOTE && o->quiet)
		return;
	if ((level == FLOW_DETAIL && o->verbose < 1) || (level == FLOW_DEBUG && o->verbose < 2))
		return;
	watch_log_put(&lines, o->journal, level, text);
	/* At once: the sender writes there too. */
	if (!lines.error)
		fwrite(buf_str(&lines), 1, lines.len, stderr);
	buf_done(&lines);
}
