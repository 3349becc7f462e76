/* SPDX-License-Identifier: BSD-2-Clause */
/* Any bytes as a YAML file: what is read, also in part, is within its limits, and what is not has its place told. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "user/base/yml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct yml_node *node, unsigned depth)
{
	assert(depth <= YML_DEPTH_MAX);
	assert(node->line > 0 && node->column > 0);
	assert((node->kind == YML_SCALAR) == (node->text != NULL));
	assert(node->kind != YML_SCALAR || !node->first);
	for (const struct yml_node *in = node->first; in; in = in->next)
		check(in, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yml_report report = { .file = "f", .text = BUF_INIT };
	struct yml *y;
	int err = yml_parse_partly((const char *)data, size, &report, &y);

	assert(err == 0 || err == -EINVAL);
	assert(err ? report.count && !strncmp(buf_str(&report.text), "f:", 2) : !report.count && y);
	if (y)
		check(yml_root(y), 0);
	yml_free(y);
	buf_done(&report.text);
	return 0;
}
