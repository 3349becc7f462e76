/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/guard/handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/guard/link.h"
#include "user/guard/ruleset.h"
#include "user/host/trusted.h"
#include "user/rule/config.h"

enum { FILES_MAX = 2 * CONFIG_OUTPUTS_MAX, FILE_BYTES_MAX = 96 << 10 };

struct files {
	struct message_file at[FILES_MAX];
	struct buf texts[FILES_MAX];
	size_t count;
};

static bool has(const struct files *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->at[i].path, path))
			return true;
	return false;
}

/* Why it is not to be had is the sender's to say, once it cannot read it either. A text has no NUL in it. */
static int take(struct files *f, const char *path)
{
	struct buf why = BUF_INIT, *text = &f->texts[f->count];
	int err;

	if (!path || has(f, path))
		return 0;
	err = trusted_read_named(path, 0, FILE_BYTES_MAX, text, &why);
	buf_done(&why);
	if (!err && !memchr(buf_str(text), '\0', text->len)) {
		f->at[f->count] = (struct message_file){ path, text->data };
		f->count++;
		return 0;
	}
	buf_done(text);
	*text = (struct buf)BUF_INIT;
	return err == -ENOMEM ? err : 0;
}

int handover(struct link *l, const struct ruleset *set)
{
	const struct config *c = set->config;
	struct files *f = calloc(1, sizeof(*f));
	int err = f ? 0 : -ENOMEM;

	for (size_t i = 0; i < c->output_count && !err; i++) {
		err = take(f, c->outputs[i].secret_file);
		err = err ?: take(f, c->outputs[i].ca_file);
	}
	err = err ?: link_configure(l, ruleset_config_name(set), ruleset_config_text(set), f->at, f->count);
	for (size_t i = 0; f && i < f->count; i++)
		buf_done(&f->texts[i]);
	free(f);
	return err;
}
