/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/capwords.h"

#include <ctype.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/caps/capability.h"
#include "user/caps/capset.h"
#include "user/view/wrap.h"

#define FEW 8 /* so many that are not in a set are told instead of those that are */

static void put_name(struct buf *b, unsigned nr)
{
	char number[CAPABILITY_NAME_MAX];

	if (nr >= CAPABILITY_COUNT) {
		buf_u64(b, nr);
		return;
	}
	for (const char *name = capability_name(nr, number); *name; name++)
		buf_putc(b, (char)tolower((unsigned char)*name));
}

static void put_names(struct buf *b, uint64_t set)
{
	const char *between = "";

	for (unsigned nr = 0; nr < CAPABILITY_MAX; nr++) {
		if (!(set & 1ULL << nr))
			continue;
		buf_puts(b, between);
		put_name(b, nr);
		between = ", ";
	}
}

static bool is_most(uint64_t set)
{
	uint64_t all = capset_all();

	return !(set & ~all) && __builtin_popcountll(all & ~set) <= FEW && __builtin_popcountll(set) > FEW;
}

void capwords_held(struct buf *b, uint64_t set, uint64_t asked)
{
	uint64_t missing = capset_all() & ~set;

	if (!is_most(set) || !missing) {
		capwords(b, set);
		return;
	}
	buf_puts(b, "all but ");
	put_names(b, missing & asked ?: missing);
	if (missing & asked && missing & ~asked) {
		buf_puts(b, "; not held: ");
		put_names(b, missing & ~asked);
	} else if (missing & ~asked) {
		buf_puts(b, " (not held)");
	}
}

void capwords(struct buf *b, uint64_t set)
{
	uint64_t all = capset_all(), missing = all & ~set;

	if (!set) {
		buf_puts(b, "none");
	} else if (!is_most(set)) {
		put_names(b, set);
	} else if (!missing) {
		buf_printf(b, "all %d", __builtin_popcountll(all));
	} else {
		buf_puts(b, "all but ");
		put_names(b, missing);
	}
}

void capwords_json(struct json *j, uint64_t set)
{
	char number[CAPABILITY_NAME_MAX];

	json_array(j);
	for (unsigned nr = 0; nr < CAPABILITY_MAX; nr++)
		if (set & 1ULL << nr)
			json_cstr(j, capability_name(nr, number));
	json_array_end(j);
}

void capwords_line(struct buf *b, const char *label, const char *words, size_t width)
{
	size_t len = strlen(label), indent = CAPWORDS_LABEL;

	if (width && width < 2 * CAPWORDS_LABEL + 12)
		width = 0;
	buf_puts(b, "  ");
	buf_puts(b, label);
	if (len + 2 < indent)
		wrap_blanks(b, indent - len - 2);
	wrap_words(b, words, len + 2 < indent ? indent : len + 2, indent, width);
	buf_putc(b, '\n');
}

void capwords_set(struct buf *b, const char *label, uint64_t set, size_t width)
{
	struct buf words = BUF_INIT;

	capwords(&words, set);
	if (words.error)
		b->error = words.error;
	capwords_line(b, label, buf_str(&words), width);
	buf_done(&words);
}
