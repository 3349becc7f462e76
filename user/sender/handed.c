/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/handed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct handed {
	char *paths[HANDED_MAX], *texts[HANDED_MAX];
	size_t count;
};

struct handed *handed_new(void)
{
	return calloc(1, sizeof(struct handed));
}

static void forget(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void handed_free(struct handed *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->count; i++) {
		free(h->paths[i]);
		forget(h->texts[i]);
	}
	free(h);
}

int handed_add(struct handed *h, const char *path, const char *text)
{
	char *copies[] = { strdup(path), strdup(text) };
	int err = !copies[0] || !copies[1] ? -ENOMEM : h->count == HANDED_MAX ? -E2BIG : 0;

	if (err) {
		free(copies[0]);
		forget(copies[1]);
		return err;
	}
	h->paths[h->count] = copies[0];
	h->texts[h->count++] = copies[1];
	return 0;
}

const char *handed_find(const struct handed *h, const char *path)
{
	for (size_t i = 0; h && i < h->count; i++)
		if (!strcmp(h->paths[i], path))
			return h->texts[i];
	return NULL;
}

int handed_check(const struct handed *h, const char *path)
{
	int fd = handed_find(h, path) ? 0 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd > 0)
		close(fd);
	return fd < 0 ? -errno : 0;
}
