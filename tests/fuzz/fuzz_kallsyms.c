/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as /proc/kallsyms: nothing is read beyond it, and what is found lies where it was asked for. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/host/kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct kallsyms_table *t, uint64_t address)
{
	struct kallsyms_name name;

	if (!kallsyms_table_find(t, address, &name))
		return;
	assert(name.start <= address);
	assert(*name.name && strlen(name.name) <= KALLSYMS_WORD_MAX && strlen(name.module) <= KALLSYMS_WORD_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kallsyms_symbol *s;
	struct kallsyms_table t;
	char *text = malloc(size ? size : 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	assert(!kallsyms_parse(text, size, &t));
	free(text);
	s = (const void *)t.symbols.data;
	for (size_t i = 0; i < t.symbols.len / sizeof(*s); i++) {
		assert(s[i].address && (!i || s[i - 1].address <= s[i].address));
		look(&t, s[i].address);
		look(&t, s[i].address + 4095);
		look(&t, s[i].address - 1);
	}
	look(&t, 0);
	look(&t, UINT64_MAX);
	kallsyms_table_done(&t);
	return 0;
}
