/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/exec.h"

#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/facts.h"
#include "user/caps/filespec.h"
#include "user/caps/securebits.h"
#include "user/view/capwords.h"
#include "user/view/wrap.h"

static void escaped(struct buf *b, const char *s)
{
	text_escape(b, s, strlen(s));
}

static void put_id_triple(struct buf *b, uint32_t real, uint32_t effective, uint32_t saved)
{
	buf_printf(b, "%u", real);
	if (effective != real || saved != real)
		buf_printf(b, ", effective %u, saved %u", effective, saved);
}

static void ids_lines(struct buf *b, const struct credentials *c, size_t width)
{
	struct buf words = BUF_INIT;

	put_id_triple(&words, c->uid, c->euid, c->suid);
	capwords_line(b, "user", buf_str(&words), width);
	buf_clear(&words);
	put_id_triple(&words, c->gid, c->egid, c->sgid);
	if (c->group_count)
		buf_puts(&words, "; in");
	for (size_t i = 0; i < c->group_count; i++)
		buf_printf(&words, " %u", c->groups[i]);
	capwords_line(b, "group", buf_str(&words), width);
	buf_done(&words);
}

static void securebits_line(struct buf *b, const struct credentials *c, bool known, size_t width)
{
	struct buf words = BUF_INIT;

	if (known) {
		securebits_print(&words, c->securebits);
		buf_printf(&words, " (mode %s)", mode_name(mode_of(c)));
	} else {
		buf_puts(&words, "unknown, taken for none: the kernel tells them only to the process itself");
	}
	capwords_line(b, "securebits", buf_str(&words), width);
	buf_done(&words);
}

static void sets_lines(struct buf *b, const struct credentials *c, size_t width)
{
	capwords_set(b, "effective", c->effective, width);
	capwords_set(b, "permitted", c->permitted, width);
	capwords_set(b, "inheritable", c->inheritable, width);
	capwords_set(b, "ambient", c->ambient, width);
	capwords_set(b, "bounding", c->bounding, width);
}

static void credentials_lines(struct buf *b, const struct credentials *c, bool securebits_known, size_t width)
{
	ids_lines(b, c, width);
	sets_lines(b, c, width);
	securebits_line(b, c, securebits_known, width);
	if (c->no_new_privs)
		capwords_line(b, "no_new_privs", "set, for good", width);
}

static void some_line(struct buf *b, const char *label, const char *words, uint64_t set, size_t width)
{
	struct buf text = BUF_INIT;

	buf_puts(&text, words);
	buf_putc(&text, ' ');
	capwords(&text, set);
	capwords_line(b, label, buf_str(&text), width);
	buf_done(&text);
}

static void gain_lines(struct buf *b, const struct exec_process *p, size_t width)
{
	const struct credentials *c = p->is;
	uint64_t raise = c->permitted & ~c->effective, more = p->root.to.permitted & ~c->permitted;
	uint64_t roots = fact_roots(c->permitted);

	buf_puts(b, "\nwhat it could gain\n");
	if (raise)
		some_line(b, "by itself", "can make effective, as permitted:", raise, width);
	if (c->no_new_privs)
		capwords_line(b, "by an exec", "nothing: no_new_privs is set", width);
	else if (more)
		some_line(b, "by an exec",
			  "of a setuid-root file, or of one with capabilities, up to the bounding set:", more,
			  width);
	else
		capwords_line(b, "by an exec", "nothing that it does not have", width);
	if (roots)
		some_line(b, "as root", "everything, for it is permitted what equals root:", roots, width);
	else if (!raise && (c->no_new_privs || !more))
		capwords_line(b, "in all", "nothing", width);
}

static void lose_lines(struct buf *b, const struct exec_process *p, size_t width)
{
	const struct credentials *c = p->is;
	uint64_t lost = c->permitted & ~p->plain.to.permitted;

	buf_puts(b, "\nwhat it could lose\n");
	if (lost)
		some_line(b, "by an exec", "of an ordinary file:", lost, width);
	else
		capwords_line(b, "by an exec", "of an ordinary file nothing", width);
	if (c->uid != 0 && c->euid != 0 && c->suid != 0)
		return;
	if (!c->permitted)
		return;
	if (c->securebits & SECUREBIT_NO_SETUID_FIXUP)
		capwords_line(b, "by setuid()", "nothing: no_setuid_fixup is set", width);
	else if (c->securebits & SECUREBIT_KEEP_CAPS)
		capwords_line(b, "by setuid()",
			      "to another user all that is effective and ambient, and as keep_caps is set "
			      "nothing that is permitted",
			      width);
	else
		capwords_line(b, "by setuid()",
			      "to another user all that is permitted, effective and ambient", width);
}

static void title(struct buf *b, const struct exec_process *p)
{
	if (!p->pid) {
		buf_puts(b, "the process\n");
		return;
	}
	buf_printf(b, "process %d", p->pid);
	if (p->name) {
		buf_putc(b, ' ');
		escaped(b, p->name);
	}
	if (p->exe) {
		buf_puts(b, ", ");
		escaped(b, p->exe);
	}
	buf_putc(b, '\n');
}

void exec_process_text(struct buf *b, const struct exec_process *p, size_t width)
{
	static const char *const seccomp[] = { "none", "strict", "filters" };

	title(b, p);
	credentials_lines(b, p->is, p->securebits_known, width);
	if (p->seccomp && p->seccomp < 3)
		capwords_line(b, "seccomp", seccomp[p->seccomp], width);
	if (!p->own_userns)
		capwords_line(b, "namespace",
			      "a user namespace of its own: ids and capabilities are those in there", width);
	if (p->tracer) {
		struct buf words = BUF_INIT;

		buf_printf(&words, "by process %d", p->tracer);
		capwords_line(b, "traced", buf_str(&words), width);
		buf_done(&words);
	}
	gain_lines(b, p, width);
	lose_lines(b, p, width);
}

static void file_caps_lines(struct buf *b, const struct image *image, size_t width)
{
	struct buf words = BUF_INIT;

	filespec_print(&words, &image->caps);
	if (image->caps.rootid)
		buf_printf(&words, " [rootid=%u]", image->caps.rootid);
	capwords_line(b, "capabilities", buf_str(&words), width);
	buf_done(&words);
	if (image->caps.permitted)
		some_line(b, "",
			  image->caps.effective ? "whoever executes it has, effective at once:"
						: "whoever executes it may raise:",
			  image->caps.permitted, width);
	if (image->caps.inheritable)
		some_line(b, "", "who has it inheritable, and only he, gets:", image->caps.inheritable,
			  width);
	if (!image->caps.permitted && !image->caps.inheritable)
		capwords_line(b, "", "empty: it gives nothing, and takes ambient capabilities away", width);
	if (image->foreign)
		capwords_line(
			b, "",
			"they count only in and below a user namespace whose root is that user, so not here",
			width);
}

void exec_file_text(struct buf *b, const struct exec_file *f, size_t width)
{
	const struct image *image = f->image;
	struct buf words = BUF_INIT;

	escaped(b, f->path);
	buf_putc(b, '\n');
	if (f->interpreter)
		capwords_line(b, "a script",
			      f->script_bits
				      ? "its own bits and capabilities do not count, only those of its "
					"interpreter"
				      : "what counts are the bits and capabilities of its interpreter",
			      width);
	if (f->interpreter)
		capwords_line(b, "interpreter", f->interpreter, width);
	buf_printf(&words, "%u:%u, mode %04o", f->owner, f->group, f->mode & 07777);
	capwords_line(b, "owner", buf_str(&words), width);
	buf_clear(&words);
	if (image->setuid) {
		buf_printf(&words, "runs as user %u%s", f->owner,
			   f->owner ? "" : ": with all of the bounding set");
		capwords_line(b, "setuid", buf_str(&words), width);
	}
	buf_clear(&words);
	if (image->setgid) {
		buf_printf(&words, "runs with group %u", f->group);
		capwords_line(b, "setgid", buf_str(&words), width);
	}
	if (image->has_caps)
		file_caps_lines(b, image, width);
	else
		capwords_line(b, "capabilities", "none", width);
	if (image->nosuid && (image->has_caps || image->setuid || image->setgid))
		capwords_line(b, "nosuid", "it is mounted so: all of this does not count", width);
	buf_done(&words);
}

static void step_line(struct buf *b, size_t number, const struct transition_step *step, size_t width)
{
	struct buf words = BUF_INIT;
	const char *rule = transition_rule_words(step->rule);
	char label[16];

	buf_puts(&words, rule);
	if (transition_rule_has_id(step->rule)) {
		buf_printf(&words, " %u", step->id);
	} else if (rule[strlen(rule) - 1] == ':') {
		buf_putc(&words, ' ');
		capwords(&words, step->set);
	}
	label[0] = (char)(number < 10 ? ' ' : '0' + number / 10);
	label[1] = (char)('0' + number % 10);
	label[2] = '\0';
	buf_puts(b, "  ");
	buf_puts(b, label);
	buf_puts(b, "  ");
	wrap_words(b, buf_str(&words), 6, 6, width < 40 ? 0 : width);
	buf_putc(b, '\n');
	buf_done(&words);
}

bool exec_same(const struct transition *a, const struct transition *b)
{
	const struct credentials *x = &a->to, *y = &b->to;

	return a->error == b->error && a->secure == b->secure && x->euid == y->euid && x->egid == y->egid &&
	       x->effective == y->effective && x->permitted == y->permitted && x->ambient == y->ambient;
}

void exec_text(struct buf *b, const struct exec_process *p, const struct exec_file *f,
	       const struct transition *t, const struct transition *other, size_t width)
{
	title(b, p);
	credentials_lines(b, p->is, p->securebits_known, width);
	buf_puts(b, "\nexecutes ");
	exec_file_text(b, f, width);
	buf_putc(b, '\n');
	for (size_t i = 0; i < t->step_count; i++)
		step_line(b, i + 1, &t->steps[i], width);
	if (t->error) {
		buf_puts(b, "\nand fails with EPERM: it stays what it was\n");
		return;
	}
	buf_puts(b, "\nand is then\n");
	credentials_lines(b, &t->to, p->securebits_known, width);
	if (exec_same(t, other))
		return;
	buf_puts(b, "\nThe other kind of kernel - until 6.16, or from 6.17 - differs in when it takes ids "
		    "for changed:\n");
	credentials_lines(b, &other->to, p->securebits_known, width);
}
