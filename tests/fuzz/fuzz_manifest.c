/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a manifest: mistakes stand in it, and what is read reads back from what is written of it. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/caps/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_mistakes(struct manifest_mistakes *m, const char *text, size_t size)
{
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	assert(m->count > 0 && m->count <= MANIFEST_MISTAKES_MAX);
	for (size_t i = 0; i < m->count; i++) {
		assert(m->at[i].line >= 1 && m->at[i].line <= lines);
		assert(m->at[i].column >= 1 && m->at[i].column <= size + 1);
		for (const char *c = m->at[i].what; *c; c++)
			assert((unsigned char)*c >= ' ' && *c != 0x7f);
	}
	manifest_mistakes_done(m);
}

static void check_manifest(struct manifest *m)
{
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct manifest_mistakes mistakes;
	struct manifest back;

	manifest_print(&first, m);
	assert(!manifest_parse(buf_str(&first), first.len, &back, &mistakes));
	manifest_print(&second, &back);
	assert(first.len == second.len && !memcmp(buf_str(&first), buf_str(&second), first.len));
	assert(back.files.count == m->files.count && back.tree_count == m->tree_count);
	for (size_t i = 0; i < back.files.count; i++) {
		assert(!strcmp(back.files.at[i].path, m->files.at[i].path));
		assert(privfile_same_caps(&back.files.at[i], &m->files.at[i]));
	}
	manifest_done(&back);
	manifest_done(m);
	buf_done(&first);
	buf_done(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest_mistakes mistakes;
	struct manifest manifest;
	int err = manifest_parse((const char *)data, size, &manifest, &mistakes);

	assert(!err || err == -EINVAL);
	if (err)
		check_mistakes(&mistakes, (const char *)data, size);
	else
		check_manifest(&manifest);
	return 0;
}
