/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/profile.h"

#include <string.h>

#include "user/advice/answer.h"
#include "user/advice/recipe.h"
#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/caps/facts.h"
#include "user/view/capwords.h"
#include "user/view/wrap.h"

#define COMMENT_WIDTH 100

static void put_caps(struct buf *b, const struct answer *p, size_t width)
{
	struct buf words = BUF_INIT;

	if (!p->caps)
		capwords_line(b, "capabilities", "none", width);
	for (unsigned nr = 0; nr < CAPABILITY_MAX; nr++) {
		const struct fact *f = fact_of(nr);
		char number[CAPABILITY_NAME_MAX];

		if (!(p->caps & 1ULL << nr))
			continue;
		buf_clear(&words);
		buf_printf(&words, "%s: %s (%s)", capability_name(nr, number), f ? f->permits : "no name is known for it",
			   f ? fact_level_name(f->level) : "unknown");
		capwords_line(b, p->caps & ((1ULL << nr) - 1) ? "" : "capabilities", buf_str(&words), width);
	}
	buf_done(&words);
}

static void put_bounding(struct buf *b, const struct answer *p, size_t width)
{
	struct buf words = BUF_INIT;

	if (p->bounding == p->caps)
		buf_puts(&words, "the same");
	else
		capability_mask_names(&words, p->bounding);
	capwords_line(b, "bounding", buf_str(&words), width);
	buf_done(&words);
}

void profile_page(struct buf *b, const struct answer *p, size_t width)
{
	capwords_line(b, "status",
		      p->status == PROFILE_VERIFIED ? "verified: it ran again with exactly this, and worked"
						    : "estimated from what was asked of the kernel; not verified",
		      width);
	if (p->incomplete)
		capwords_line(b, "incomplete", "checks were lost, or not seen: capabilities may be missing", width);
	put_caps(b, p, width);
	put_bounding(b, p, width);
	capwords_line(b, "user", p->user ? p->user : "none is advised: whoever starts it", width);
	capwords_line(b, "no_new_privs", p->no_new_privs ? "to be set" : "not to be set", width);
}

static void put_comment(struct buf *b, const char *mark, const char *line, size_t len)
{
	struct buf words = BUF_INIT, folded = BUF_INIT;
	char *at, *end;

	buf_put(&words, line, len);
	wrap_words(&folded, buf_str(&words), 0, 0, COMMENT_WIDTH - strlen(mark));
	for (at = folded.len ? folded.data : NULL; at; at = end ? end + 1 : NULL) {
		end = memchr(at, '\n', folded.len - (size_t)(at - folded.data));
		buf_puts(b, mark);
		buf_put(b, at, end ? (size_t)(end - at) : folded.len - (size_t)(at - folded.data));
		buf_putc(b, '\n');
	}
	buf_done(&words);
	buf_done(&folded);
}

void profile_recipe(struct buf *b, const struct recipe *r, const struct recipe_need *n)
{
	struct buf remarks = BUF_INIT;
	const char *at, *end;

	if (r->comment) {
		recipe_remarks(&remarks, r, n);
		for (at = buf_str(&remarks); (end = strchr(at, '\n')); at = end + 1)
			put_comment(b, r->comment, at, (size_t)(end - at));
	}
	recipe_write(b, r, n);
	buf_done(&remarks);
}

void profile_formats(struct buf *b, size_t width)
{
	for (size_t i = 0; i < recipe_count; i++)
		capwords_line(b, recipes[i].name, recipes[i].is, width);
}
