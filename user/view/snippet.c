/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/view/snippet.h"

#include "user/base/buf.h"
#include "user/caps/capability.h"
#include "user/caps/capset.h"

#define WIDTH 100

static const struct {
	const char *name, *flag;
} flags[] = {
	[CAPSET_EFFECTIVE] = { "effective", "CAP_EFFECTIVE" },
	[CAPSET_PERMITTED] = { "permitted", "CAP_PERMITTED" },
	[CAPSET_INHERITABLE] = { "inheritable", "CAP_INHERITABLE" },
};

/* The bounding set is the kernel's to refuse; no_new_privs closes the same door without any privilege. */
static const char head[] = "/* cc ... -lcap */\n"
			   "#include <sys/capability.h>\n"
			   "#include <sys/prctl.h>\n"
			   "\n";
static const char bounding[] = "\n"
			       "\tif (!caps)\n"
			       "\t\treturn -1;\n"
			       "\t/* Goes only with CAP_SETPCAP; without it no_new_privs, below, is what "
			       "keeps an exec from more. */\n"
			       "\tfor (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)\n"
			       "\t\tif (!(keep >> cap & 1))\n"
			       "\t\t\tcap_drop_bound(cap);\n";
static const char finish[] =
	" &&\n"
	"\t    !cap_reset_ambient() && !cap_set_proc(caps) && !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))\n"
	"\t\tr = 0;\n"
	"\tcap_free(caps);\n"
	"\treturn r;\n"
	"}\n";
static const char iab_body[] = "\tint r = iab ? cap_iab_set_proc(iab) : -1;\n"
			       "\n"
			       "\tcap_free(iab);\n"
			       "\treturn r;\n"
			       "}\n";

static void put_array(struct buf *b, const char *name, uint64_t set)
{
	char number[CAPABILITY_NAME_MAX];
	size_t line = b->len;

	buf_printf(b, "\tstatic const cap_value_t %s[] = {", name);
	for (unsigned nr = 0; nr < CAPABILITY_MAX; nr++) {
		if (!(set & 1ULL << nr))
			continue;
		if (b->len - line > WIDTH - CAPABILITY_NAME_MAX) {
			buf_puts(b, "\n\t\t");
			line = b->len;
		} else {
			buf_putc(b, ' ');
		}
		if (nr < CAPABILITY_COUNT)
			buf_printf(b, "%s,", capability_name(nr, number));
		else
			buf_printf(b, "%u,", nr);
	}
	buf_puts(b, " };\n");
}

static void put_flags(struct buf *b, const uint64_t *sets)
{
	buf_puts(b,
		 "/* 0, or -1 and errno. Sets are of a thread: call it before the first one is started. */\n"
		 "static int shrink(void)\n"
		 "{\n");
	for (unsigned i = 0; i < 3; i++)
		if (sets[i])
			put_array(b, flags[i].name, sets[i]);
	buf_printf(
		b,
		"\tconst unsigned long long keep = 0x%llxULL;\n\tcap_t caps = cap_init();\n\tint r = -1;\n",
		(unsigned long long)(sets[0] | sets[1] | sets[2]));
	buf_puts(b, bounding);
	buf_puts(b, "\tif (!cap_clear(caps)");
	for (unsigned i = 0; i < 3; i++)
		if (sets[i])
			buf_printf(b, " &&\n\t    !cap_set_flag(caps, %s, %d, %s, CAP_SET)", flags[i].flag,
				   __builtin_popcountll(sets[i]), flags[i].name);
	buf_puts(b, finish);
}

static void put_iab(struct buf *b, const struct capset *s)
{
	buf_puts(b, "/*\n"
		    "* For what this process executes later; it takes CAP_SETPCAP. 0, or -1 and errno. Sets "
		    "are of a\n"
		    " * thread: call it before the first one is started.\n"
		    " */\n"
		    "static int shrink(void)\n"
		    "{\n"
		    "\tcap_iab_t iab = cap_iab_from_text(\"");
	capset_to_iab(b, s);
	buf_puts(b, "\");\n");
	buf_puts(b, iab_body);
}

void snippet_c(struct buf *b, const struct capset *s)
{
	const uint64_t list[3] = { [CAPSET_EFFECTIVE] = s->set[0], [CAPSET_PERMITTED] = s->set[0] };

	buf_puts(b, head);
	if (s->kind == CAPSET_IAB)
		put_iab(b, s);
	else
		put_flags(b, s->kind == CAPSET_PLAIN ? list : s->set);
}
