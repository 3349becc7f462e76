/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/fits.h"

#include <errno.h>
#include <string.h>
#include <sys/capability.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/caps/securebits.h"
#include "user/caps/transition.h"
#include "user/host/command.h"
#include "user/host/creds.h"
#include "user/host/exact.h"
#include "user/host/execfile.h"

static void quote(struct buf *why, const char *path)
{
	buf_putc(why, '\'');
	text_escape(why, path, strlen(path));
	buf_putc(why, '\'');
}

static int refuse_text(const char *path, struct buf *why)
{
	quote(why, path);
	buf_puts(why, " is a text without a #! line, which only a shell would run: sh ");
	text_escape(why, path, strlen(path));
	return -EACCES;
}

static int refuse_script_bits(const char *path, struct buf *why)
{
	quote(why, path);
	buf_puts(why, " is a script: the kernel ignores the setuid and setgid bits and the capabilities of a "
		      "script, and looks at its interpreter; take them away");
	return -EACCES;
}

static uint64_t step_set(const struct transition *t, enum transition_rule rule)
{
	for (size_t i = 0; i < t->step_count; i++)
		if (t->steps[i].rule == rule)
			return t->steps[i].set;
	return 0;
}

static int refuse_start(const char *path, const struct transition *t, struct buf *why)
{
	quote(why, path);
	buf_puts(why, " does not start with so little: its file capabilities ask to be effective, and cut "
		      "from the bounding set are ");
	capability_mask_names(why, step_set(t, FILE_REFUSED));
	buf_puts(why, "; grant them too, or run a copy of the file without capabilities");
	return -EACCES;
}

static int refuse_ids(const char *path, const struct credentials *asked, const struct transition *t,
		      struct buf *why)
{
	quote(why, path);
	if (t->to.euid != asked->euid)
		buf_printf(why, " is setuid: it would run as user %u, not as asked for", t->to.euid);
	else
		buf_printf(why, " is setgid: it would run with group %u, not as asked for", t->to.egid);
	buf_puts(why, "; --no-new-privs keeps it from that");
	return -EACCES;
}

static int refuse_cancelled(const char *path, uint64_t lost, struct buf *why)
{
	quote(why, path);
	buf_puts(why, " has capabilities of its own (getcap shows them), and to execute such a file empties "
		      "the ambient set, here of ");
	capability_mask_names(why, lost);
	buf_puts(why, "; run a copy of the file without them, or take them away: setcap -r");
	return -EACCES;
}

static int refuse_hidden(const char *path, struct buf *why)
{
	quote(why, path);
	buf_puts(why, " has capabilities that this kernel does not show, of format 1 or damaged, so what it would "
		      "get cannot be told; take them away: setcap -r");
	return -EACCES;
}

static int refuse_more(const char *path, uint64_t more, struct buf *why)
{
	quote(why, path);
	buf_puts(why, " has capabilities of its own (getcap shows them), and would get also ");
	capability_mask_names(why, more);
	buf_puts(why, "; grant them too, or add --no-new-privs, which keeps it from that");
	return -EACCES;
}

static int refuse_root(uint64_t more, struct buf *why)
{
	buf_puts(why, "root gets at an exec all that the bounding set allows, here also ");
	capability_mask_names(why, more);
	buf_puts(why, "; cut it to them, or add --as USER or --securebits noroot");
	return -EACCES;
}

/* path: of the file whose bits count */
static int judge(const struct exact *x, const char *path, const struct transition *t, struct buf *why)
{
	const struct credentials *to = &x->to;
	uint64_t asked = to->permitted | to->inheritable | to->ambient;
	bool other_ids = t->to.euid != to->euid || t->to.egid != to->egid;
	uint64_t more = x->root_as_bounding || (x->setid && other_ids) ? 0 : t->to.permitted & ~asked;

	if (t->error)
		return refuse_start(path, t, why);
	if (!x->setid && other_ids)
		return refuse_ids(path, to, t, why);
	if (to->ambient & ~t->to.permitted)
		return refuse_cancelled(path, to->ambient & ~t->to.permitted, why);
	if (!more)
		return 0;
	if (to->uid == 0 && !(to->securebits & SECUREBIT_NOROOT))
		return refuse_root(more, why);
	return refuse_more(path, more, why);
}

int fits(const struct exact *x, const char *path, struct buf *why)
{
	static const struct surroundings alone;
	/* Ourselves, of /proc only the maps: there may be none that is open to us, and in a new root anything. */
	struct creds ourselves = { .own_userns = true };
	const struct kernel_rules kernel = {
		.known = cap_max_bits() < 64 ? (1ULL << cap_max_bits()) - 1 : UINT64_MAX,
		.effective_ids = true,
	};
	struct transition t;
	struct execfile file;
	int r;

	if (!x->root)
		creds_read_maps("/proc", 0, &ourselves);
	r = execfile_read(path, &ourselves, &file);
	creds_done(&ourselves);
	if (r)
		return r == -EINVAL ? refuse_hidden(path, why) : 0;
	if (!file.interpreter && command_is_text(path)) {
		r = refuse_text(path, why);
	} else if (file.script_bits) {
		r = refuse_script_bits(path, why);
	} else {
		transition(&x->to, &alone, &file.image, &kernel, &t);
		r = judge(x, file.interpreter ? file.interpreter : path, &t, why);
	}
	execfile_done(&file);
	return r;
}
