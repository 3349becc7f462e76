/* SPDX-License-Identifier: BSD-2-Clause */
/* The vectors that are passed on. */
#include <stdio.h>

#include "tests/libcap/says.h"

static int vector_has(cap_iab_vector_t vector, const char *name, const char *words)
{
	cap_iab_t iab = cap_iab_from_text(words);
	bool on = cap_iab_get_vector(iab, vector, CAP_KILL) == CAP_SET;

	cap_free(iab);
	return has(name, CAP_KILL, on);
}

static int inh(void)
{
	return vector_has(CAP_IAB_INH, "inheritable", "%cap_kill");
}

static int amb(void)
{
	return vector_has(CAP_IAB_AMB, "ambient", "^cap_kill");
}

static int bound(void)
{
	return vector_has(CAP_IAB_BOUND, "blocked", "!cap_kill");
}

static int get_vector(void)
{
	return vector_has(CAP_IAB_AMB, "ambient", "cap_kill");
}

static int vector_string(void)
{
	return iab_text(cap_iab_from_text("%cap_chown,^cap_kill,!cap_fowner"));
}

static int iab(void)
{
	return iab_text(cap_iab_from_text("^cap_chown,!cap_chown"));
}

static int new_iab(void)
{
	return iab_text(cap_iab_init());
}

static int iab_string(void)
{
	return iab_text(cap_iab_from_text("cap_setuid,!cap_chown"));
}

static int dup(void)
{
	cap_iab_t one = cap_iab_from_text("^cap_kill"), copy = cap_iab_dup(one);

	cap_free(one);
	return iab_text(copy);
}

static int compare(void)
{
	cap_iab_t a = cap_iab_from_text("^cap_kill"), b = cap_iab_from_text("cap_kill");
	int d = cap_iab_compare(a, b);

	cap_free(a);
	cap_free(b);
	return d;
}

static const char *same(bool differs)
{
	return differs ? "false" : "true";
}

static int cf(void)
{
	int d = compare();

	printf("[%s,%s,%s]\n", same(CAP_IAB_DIFFERS(d, CAP_IAB_INH)), same(CAP_IAB_DIFFERS(d, CAP_IAB_AMB)),
	       same(CAP_IAB_DIFFERS(d, CAP_IAB_BOUND)));
	return 0;
}

static int diff_has(void)
{
	puts(same(CAP_IAB_DIFFERS(compare(), CAP_IAB_AMB)));
	return 0;
}

static int fill(void)
{
	cap_iab_t to = cap_iab_from_text("!cap_chown,^cap_fowner");
	cap_t from = cap_from_text("cap_kill=p");
	int err = cap_iab_fill(to, CAP_IAB_AMB, from, CAP_PERMITTED);

	cap_free(from);
	return err ? failed() : iab_text(to);
}

static int set_vector(void)
{
	cap_iab_t to = cap_iab_from_text("cap_chown");

	return cap_iab_set_vector(to, CAP_IAB_AMB, CAP_KILL, CAP_SET) ? failed() : iab_text(to);
}

const struct row says_iab[] = {
	{ "Vector", vector_string },
	{ "Vector.String", vector_string },
	{ "Inh", inh },
	{ "Amb", amb },
	{ "Bound", bound },
	{ "IAB", iab },
	{ "IABFromText", iab },
	{ "NewIAB", new_iab },
	{ "IAB.String", iab_string },
	{ "IAB.Dup", dup },
	{ "IAB.Cf", cf },
	{ "IABDiff.Has", diff_has },
	{ "IAB.Fill", fill },
	{ "IAB.GetVector", get_vector },
	{ "IAB.SetVector", set_vector },
	{ NULL, NULL },
};
