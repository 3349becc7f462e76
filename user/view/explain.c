/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/explain.h"

#include <linux/capability.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/json.h"
#include "user/caps/capability.h"
#include "user/caps/facts.h"
#include "user/caps/transition.h"
#include "user/view/capwords.h"

static const char *const meanings[][3] = {
	[CAPSET_PLAIN] = { "" },
	[CAPSET_FLAGS] = {
		[CAPSET_EFFECTIVE] =
			"what the kernel's checks look at; of a file it is one bit for all: the program "
			"starts with everything effective that it is permitted",
		[CAPSET_PERMITTED] =
			"what a process may make effective; of a file: what the program is given, as far as "
			"the bounding set goes",
		[CAPSET_INHERITABLE] =
			"kept over an exec, and permitted then only where the file has it inheritable too; "
			"alone, in a file or in a process, it gives nothing",
	},
	[CAPSET_IAB] = {
		[CAPSET_INH] = "kept over an exec, and permitted then where the file has it inheritable too",
		[CAPSET_AMB] =
			"permitted and effective after an exec of any file that is not setuid or setgid and "
			"has no capabilities",
		[CAPSET_BLOCKED] =
			"taken out of the bounding set for good: no file can give it any more, but what is "
			"inheritable stays so",
	},
};

void explain_json(struct json *j, struct buf *b, const char *what)
{
	json_init(j, b);
	json_object(j);
	json_key(j, "v");
	json_u64(j, 1);
	json_key(j, "type");
	json_literal(j, "explain");
	json_key(j, "what");
	json_cstr(j, what);
}

void explain_json_end(struct json *j)
{
	json_object_end(j);
	buf_putc(j->out, '\n');
}

static void put_dangers(struct buf *b, const struct fact *f)
{
	const char *between = ": ";

	buf_puts(b, fact_level_name(f->level));
	for (unsigned bit = 0; bit < FACT_DANGERS; bit++) {
		if (!(f->dangers & 1u << bit) || 1u << bit == FACT_EQUALS_ROOT)
			continue;
		buf_printf(b, "%s%s", between, fact_danger_name(bit));
		between = ", ";
	}
}

/* In the spellings that differ; uWSGI has names only up to WAKE_ALARM. */
static void put_spellings(struct buf *b, unsigned nr)
{
	char number[CAPABILITY_NAME_MAX];
	const char *name = capability_name(nr, number);

	buf_printf(b, "%s (systemd, OCI), %s (Docker, Kubernetes), ", name, name + strlen("CAP_"));
	notation_print(b, NOTATION_LIST, 1ULL << nr);
	buf_puts(b, " (libcap, setcap), ");
	capability_put_short(b, nr);
	buf_printf(b, " (%ssetpriv), %u, 0x%llx", nr <= CAP_WAKE_ALARM ? "uWSGI, " : "", nr, 1ULL << nr);
}

void explain_capability_text(struct buf *b, unsigned nr, size_t width)
{
	const struct fact *f = fact_of(nr);
	char number[CAPABILITY_NAME_MAX];
	struct buf words = BUF_INIT;

	buf_printf(b, "%s\n", capability_name(nr, number));
	if (!f) {
		capwords_line(b, "number", "beyond the last capability that has a name (40, since 5.9)",
			      width);
		return;
	}
	capwords_line(b, "permits to", f->permits, width);
	buf_printf(&words, "Linux %s", f->since);
	capwords_line(b, "since", buf_str(&words), width);
	buf_clear(&words);
	put_dangers(&words, f);
	capwords_line(b, "danger", buf_str(&words), width);
	capwords_line(b, "", f->why, width);
	capwords_line(b, "checked", f->checked, width);
	capwords_line(b, "needed by", f->needed_by, width);
	capwords_line(b, "better", f->better, width);
	buf_clear(&words);
	put_spellings(&words, nr);
	capwords_line(b, "written", buf_str(&words), width);
	buf_done(&words);
}

static void put_facts(struct json *j, const struct fact *f)
{
	json_member_cstr(j, "permits", f->permits);
	json_member_cstr(j, "since", f->since);
	json_member_cstr(j, "danger", fact_level_name(f->level));
	json_key(j, "dangers");
	json_array(j);
	for (unsigned bit = 0; bit < FACT_DANGERS; bit++)
		if (f->dangers & 1u << bit)
			json_cstr(j, fact_danger_name(bit));
	json_array_end(j);
	json_member_cstr(j, "why", f->why);
	json_member_cstr(j, "checked", f->checked);
	json_member_cstr(j, "needed_by", f->needed_by);
	json_member_cstr(j, "better", f->better);
}

void explain_capability_json(struct buf *b, unsigned nr)
{
	char number[CAPABILITY_NAME_MAX];
	struct json j;

	explain_json(&j, b, "capability");
	json_member_cstr(&j, "cap", capability_name(nr, number));
	json_key(&j, "cap_nr");
	json_u64(&j, nr);
	if (fact_of(nr))
		put_facts(&j, fact_of(nr));
	explain_json_end(&j);
}

static unsigned parts_of(const struct capset *s)
{
	return s->kind == CAPSET_PLAIN ? 1 : 3;
}

static uint64_t all_of(const struct capset *s)
{
	return capset_as(s, CAPSET_PLAIN).set[0];
}

/* Whether every part that is not empty is the same set: then the list says it all. */
static bool uniform(const struct capset *s)
{
	for (unsigned i = 0; i < 3; i++)
		if (s->set[i] && s->set[i] != all_of(s))
			return false;
	return s->kind != CAPSET_IAB || !s->set[CAPSET_BLOCKED];
}

static void put_hex(struct buf *b, const struct buf *bytes)
{
	for (size_t i = 0; i < bytes->len; i++)
		buf_printf(b, "%02x", (unsigned char)bytes->data[i]);
}

/* One spelling of the whole; plain ones of `set`. */
static void spell(struct buf *b, enum notation n, const struct capset *s, uint64_t set)
{
	struct capset flags = capset_as(s, CAPSET_FLAGS), iab = capset_as(s, CAPSET_IAB);
	struct buf bytes = BUF_INIT;

	switch (n) {
	case NOTATION_LIBCAP:
		capset_to_text(b, &flags);
		break;
	case NOTATION_IAB:
		capset_to_iab(b, &iab);
		break;
	case NOTATION_EXTERNAL:
		capset_to_external(&bytes, &flags);
		put_hex(b, &bytes);
		buf_done(&bytes);
		break;
	default:
		notation_print(b, n, set);
	}
}

static bool is_plain(enum notation n)
{
	return n != NOTATION_LIBCAP && n != NOTATION_IAB && n != NOTATION_EXTERNAL;
}

bool explain_set_spell(struct buf *b, const struct capset *s, enum notation notation)
{
	if (is_plain(notation) && !uniform(s))
		return false;
	spell(b, notation, s, all_of(s));
	return true;
}

void explain_has_text(struct buf *b, const char *part, uint64_t asked, uint64_t lacks)
{
	buf_printf(b, "%s %s ", part, lacks ? "lacks" : "has");
	capwords(b, lacks ? lacks : asked);
	buf_putc(b, '\n');
}

void explain_has_json(struct buf *b, const char *part, uint64_t asked, uint64_t lacks)
{
	struct json j;

	explain_json(&j, b, "has");
	json_member_cstr(&j, "part", part);
	json_key(&j, "asked");
	capwords_json(&j, asked);
	json_key(&j, "has");
	json_bool(&j, !lacks);
	json_key(&j, "lacks");
	capwords_json(&j, lacks);
	explain_json_end(&j);
}

/* In one piece, whatever the width: it is to be copied. */
static void spelling_line(struct buf *b, enum notation n, const struct capset *s, uint64_t set)
{
	struct buf text = BUF_INIT;

	spell(&text, n, s, set);
	capwords_line(b, notation_name(n), text.len ? buf_str(&text) : "(an empty text)", 0);
	buf_done(&text);
}

static void plain_lines(struct buf *b, const struct capset *s, uint64_t set)
{
	for (enum notation n = NOTATION_MASK; n < NOTATION_EXTERNAL; n++)
		spelling_line(b, n, s, set);
}

static void put_parts(struct buf *b, const struct capset *s, size_t width)
{
	for (unsigned i = 0; i < parts_of(s); i++) {
		capwords_set(b, capset_part(s->kind, i), s->set[i], width);
		if (s->set[i] && *meanings[s->kind][i])
			capwords_line(b, "", meanings[s->kind][i], width);
	}
}

static void put_warnings(struct buf *b, const struct capset *s, size_t width)
{
	uint64_t roots = fact_roots(all_of(s)), unknown = (all_of(s) | s->set[2]) & ~capset_all();
	uint64_t any = s->set[CAPSET_PERMITTED] | s->set[CAPSET_INHERITABLE];

	if (roots)
		capwords_set(b, "equals root", roots, width);
	if (unknown) {
		capwords_set(b, "unknown", unknown, width);
		capwords_line(b, "",
			      "this kernel has no such capability: IAB text leaves it out, Docker and "
			      "Kubernetes refuse it",
			      width);
	}
	if (s->kind == CAPSET_FLAGS && s->set[CAPSET_EFFECTIVE] && s->set[CAPSET_EFFECTIVE] != any)
		capwords_line(
			b, "no file",
			"can have exactly this, and setcap refuses it: a file has one effective bit, so e "
			"must cover all that is p or i, or nothing",
			width);
}

void explain_set_text(struct buf *b, const struct capset *s, enum notation notation, size_t width)
{
	buf_printf(b, "what it says, read as %s\n", notation_name(notation));
	put_parts(b, s, width);
	put_warnings(b, s, width);
	buf_puts(b, s->kind == CAPSET_PLAIN ? "\nthe same with flags: permitted and effective, or ambient\n"
					    : "\nthe same elsewhere\n");
	spelling_line(b, NOTATION_LIBCAP, s, 0);
	spelling_line(b, NOTATION_IAB, s, 0);
	spelling_line(b, NOTATION_EXTERNAL, s, 0);
	if (uniform(s)) {
		buf_puts(b, "\nas a list\n");
		plain_lines(b, s, all_of(s));
		return;
	}
	for (unsigned i = 0; i < 3; i++) {
		if (!s->set[i])
			continue;
		buf_printf(b, "\nwhat is %s, as a list\n", capset_part(s->kind, i));
		plain_lines(b, s, s->set[i]);
	}
}

static void put_set_members(struct json *j, const struct capset *s)
{
	for (unsigned i = 0; i < parts_of(s); i++) {
		const char *part = capset_part(s->kind, i);

		json_key_str(j, part, strlen(part));
		capwords_json(j, s->set[i]);
	}
}

void explain_set_json(struct buf *b, const struct capset *s, enum notation notation)
{
	struct buf text = BUF_INIT;
	struct json j;

	explain_json(&j, b, "set");
	json_member_cstr(&j, "notation", notation_name(notation));
	put_set_members(&j, s);
	json_key(&j, "equals_root");
	capwords_json(&j, fact_roots(all_of(s)));
	json_key(&j, "unknown");
	capwords_json(&j, (all_of(s) | s->set[2]) & ~capset_all());
	json_key(&j, "text");
	json_object(&j);
	for (enum notation n = 0; n < NOTATION_COUNT; n++) {
		buf_clear(&text);
		if (explain_set_spell(&text, s, n))
			json_member_cstr(&j, notation_name(n), buf_str(&text));
	}
	json_object_end(&j);
	buf_done(&text);
	explain_json_end(&j);
}

void explain_compare_text(struct buf *out, const struct capset *a, const struct capset *b, size_t width)
{
	for (unsigned i = 0; i < parts_of(a); i++) {
		buf_printf(out, "%s%s\n", capset_part(a->kind, i),
			   a->set[i] == b->set[i] ? ": the same" : "");
		if (a->set[i] == b->set[i])
			continue;
		capwords_set(out, "only first", a->set[i] & ~b->set[i], width);
		capwords_set(out, "only second", b->set[i] & ~a->set[i], width);
		capwords_set(out, "both", a->set[i] & b->set[i], width);
	}
}

void explain_compare_json(struct buf *out, const struct capset *a, const struct capset *b)
{
	bool same = true;
	struct json j;

	explain_json(&j, out, "compare");
	for (unsigned i = 0; i < parts_of(a); i++) {
		const char *part = capset_part(a->kind, i);

		same = same && a->set[i] == b->set[i];
		json_key_str(&j, part, strlen(part));
		json_object(&j);
		json_key(&j, "same");
		json_bool(&j, a->set[i] == b->set[i]);
		json_key(&j, "only_first");
		capwords_json(&j, a->set[i] & ~b->set[i]);
		json_key(&j, "only_second");
		capwords_json(&j, b->set[i] & ~a->set[i]);
		json_key(&j, "both");
		capwords_json(&j, a->set[i] & b->set[i]);
		json_object_end(&j);
	}
	json_key(&j, "same");
	json_bool(&j, same);
	explain_json_end(&j);
}

void explain_securebits_text(struct buf *b, uint32_t bits, size_t width)
{
	struct buf names = BUF_INIT;

	buf_puts(b, "securebits ");
	securebits_print(b, bits);
	buf_printf(b, " (0x%x, %u)\n", bits, bits);
	for (unsigned nr = 0; securebits_words(nr); nr += 2) {
		bool set = bits & 1u << nr, locked = bits & 2u << nr;

		if (!set && !locked)
			continue;
		buf_clear(&names);
		securebits_print(&names, 1u << nr);
		capwords_line(b, buf_str(&names), "", 0);
		capwords_line(b, "", securebits_words(nr), width);
		capwords_line(b, "",
			      !set     ? "not set, and locked so"
			      : locked ? "set, and locked"
				       : "set",
			      width);
	}
	buf_done(&names);
}

void explain_securebits_json(struct buf *b, uint32_t bits)
{
	struct buf names = BUF_INIT;
	struct json j;

	explain_json(&j, b, "securebits");
	json_key(&j, "bits");
	json_u64(&j, bits);
	securebits_print(&names, bits);
	json_member_cstr(&j, "names", buf_str(&names));
	buf_done(&names);
	explain_json_end(&j);
}

/* What a mode makes of a process that had everything. */
static struct credentials full_in_mode(enum mode mode)
{
	uint64_t all = capset_all();
	struct credentials c = {
		.effective = all, .permitted = all, .inheritable = all, .bounding = all, .ambient = all
	};

	mode_apply(&c, mode);
	return c;
}

void explain_mode_text(struct buf *b, enum mode mode, size_t width)
{
	struct credentials c = full_in_mode(mode);
	struct buf bits = BUF_INIT;

	buf_printf(b, "mode %s\n", mode_name(mode));
	capwords_line(b, "means", mode_words(mode), width);
	if (mode != MODE_UNCERTAIN) {
		securebits_print(&bits, c.securebits);
		capwords_line(b, "securebits", buf_str(&bits), width);
		capwords_line(b, "empties",
			      mode == MODE_NOPRIV ? "effective, permitted, inheritable, ambient, bounding"
			      : mode == MODE_PURE1E_INIT ? "effective, inheritable, ambient"
			      : mode == MODE_PURE1E      ? "effective, ambient"
							 : "effective",
			      width);
		capwords_line(b, "no_new_privs", c.no_new_privs ? "is set" : "is left", width);
	}
	buf_done(&bits);
}

void explain_mode_json(struct buf *b, enum mode mode)
{
	struct credentials c = full_in_mode(mode);
	struct json j;

	explain_json(&j, b, "mode");
	json_member_cstr(&j, "mode", mode_name(mode));
	json_member_cstr(&j, "means", mode_words(mode));
	json_key(&j, "securebits");
	json_u64(&j, c.securebits);
	json_key(&j, "no_new_privs");
	json_bool(&j, c.no_new_privs);
	explain_json_end(&j);
}
