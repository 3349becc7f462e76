/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct word {
	const char *at;
	size_t len;
};

static bool next_word(const char **s, const char *end, struct word *ret)
{
	const char *start = *s, *stop;

	while (start < end && *start == ' ')
		start++;
	stop = memchr(start, ' ', end - start);
	*s = stop ? stop : end;
	*ret = (struct word){ start, *s - start };
	return ret->len;
}

static bool is(const struct word *w, const char *text)
{
	return w->len == strlen(text) && !memcmp(w->at, text, w->len);
}

/* Blanks, tabs, newlines and backslashes stand as three octal digits. Longer than a path can be: "". */
static void copy_path(const struct word *w, char ret[static PATH_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < w->len; i++, n++) {
		const char *c = w->at + i;

		if (n == PATH_MAX - 1) {
			n = 0;
			break;
		}
		if (*c == '\\' && w->len - i > 3) {
			ret[n] = (c[1] - '0') * 64 + (c[2] - '0') * 8 + (c[3] - '0');
			i += 3;
		} else {
			ret[n] = *c;
		}
	}
	ret[n] = '\0';
}

/* ID PARENT DEVICE ROOT POINT OPTIONS ... - TYPE SOURCE OPTIONS */
void mounts_take_line(struct mounts *m, const char *line, size_t n)
{
	const char *end = line + n;
	struct word w, root = { 0 }, point = { 0 };
	bool after_dash = false;

	for (int i = 0; next_word(&line, end, &w) && !after_dash; i++) {
		if (i == 3)
			root = w;
		else if (i == 4)
			point = w;
		else if (i > 5 && is(&w, "-"))
			after_dash = true;
	}
	if (!after_dash)
		return;
	if (is(&w, "cgroup")) {
		m->cgroup1 = true;
	} else if (is(&w, "tracefs") && !*m->tracefs) {
		copy_path(&point, m->tracefs);
	} else if (is(&w, "cgroup2") && !m->cgroup2_whole && (!*m->cgroup2 || is(&root, "/"))) {
		copy_path(&point, m->cgroup2);
		m->cgroup2_whole = is(&root, "/");
	}
}

void mounts_read(const char *proc, struct mounts *ret)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *file;

	*ret = (struct mounts){ 0 };
	snprintf(path, sizeof(path), "%s/self/mountinfo", proc);
	file = fopen(path, "re");
	if (!file) {
		ret->error = -errno;
		return;
	}
	while ((n = getline(&line, &size, file)) > 0)
		mounts_take_line(ret, line, line[n - 1] == '\n' ? n - 1 : n);
	free(line);
	fclose(file);
}
