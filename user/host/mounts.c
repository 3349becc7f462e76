/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool next_word(const char **s, const char *end, struct mount_text *ret)
{
	const char *start = *s, *stop;

	while (start < end && *start == ' ')
		start++;
	stop = memchr(start, ' ', end - start);
	*s = stop ? stop : end;
	*ret = (struct mount_text){ start, *s - start };
	return ret->len;
}

static bool is(const struct mount_text *w, const char *text)
{
	return w->len == strlen(text) && !memcmp(w->at, text, w->len);
}

void mount_text_copy(const struct mount_text *text, char *to)
{
	for (size_t i = 0; i < text->len; i++) {
		const char *c = text->at + i;

		if (*c == '\\' && text->len - i > 3) {
			*to++ = (char)((c[1] - '0') * 64 + (c[2] - '0') * 8 + (c[3] - '0'));
			i += 3;
		} else {
			*to++ = *c;
		}
	}
	*to = '\0';
}

/* Longer than a path can be: "". */
static void copy_path(const struct mount_text *w, char ret[static PATH_MAX])
{
	static const struct mount_text none = { "", 0 };

	mount_text_copy(w->len < PATH_MAX ? w : &none, ret);
}

/* ID PARENT DEVICE ROOT POINT OPTIONS ... - TYPE SOURCE OPTIONS */
bool mount_parse(const char *line, size_t n, struct mount *ret)
{
	const char *end = line + n;
	struct mount_text w, words[6] = { 0 }, last[3] = { 0 };

	for (int i = 0; i < 6 && next_word(&line, end, &w); i++)
		words[i] = w;
	do {
		if (!next_word(&line, end, &w))
			return false;
	} while (!is(&w, "-"));
	for (int i = 0; i < 3 && next_word(&line, end, &w); i++)
		last[i] = w;
	*ret = (struct mount){
		.id = strtoull(words[0].at, NULL, 10),
		.root = words[3],
		.point = words[4],
		.type = last[0],
		.options = last[2],
	};
	return ret->type.len;
}

void mounts_take_line(struct mounts *m, const char *line, size_t n)
{
	struct mount found;

	if (!mount_parse(line, n, &found))
		return;
	if (is(&found.type, "cgroup")) {
		m->cgroup1 = true;
	} else if (is(&found.type, "tracefs") && !*m->tracefs) {
		copy_path(&found.point, m->tracefs);
	} else if (is(&found.type, "cgroup2") && !m->cgroup2_whole &&
		   (!*m->cgroup2 || is(&found.root, "/"))) {
		copy_path(&found.point, m->cgroup2);
		m->cgroup2_whole = is(&found.root, "/");
	}
}

static int each_line(const char *proc, int (*fn)(void *ctx, const char *line, size_t n), void *ctx)
{
	char path[PATH_MAX], *line = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *file;
	int r = 0;

	snprintf(path, sizeof(path), "%s/self/mountinfo", proc);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (!r && (n = getline(&line, &size, file)) > 0)
		r = fn(ctx, line, line[n - 1] == '\n' ? n - 1 : n);
	free(line);
	fclose(file);
	return r;
}

static int take_line(void *ctx, const char *line, size_t n)
{
	mounts_take_line(ctx, line, n);
	return 0;
}

void mounts_read(const char *proc, struct mounts *ret)
{
	*ret = (struct mounts){ 0 };
	ret->error = each_line(proc, take_line, ret);
}

struct each {
	int (*fn)(void *ctx, const struct mount *m);
	void *ctx;
};

static int parse_line(void *ctx, const char *line, size_t n)
{
	const struct each *each = ctx;
	struct mount m;

	return mount_parse(line, n, &m) ? each->fn(each->ctx, &m) : 0;
}

int mounts_each(const char *proc, int (*fn)(void *ctx, const struct mount *m), void *ctx)
{
	struct each each = { fn, ctx };

	return each_line(proc, parse_line, &each);
}
