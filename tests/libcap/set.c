/* SPDX-License-Identifier: BSD-2-Clause */
/* Values, flags, sets and their external form. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/libcap/says.h"

static int from_name(void)
{
	cap_value_t cap;

	if (cap_from_name("cap_net_raw", &cap))
		return failed();
	printf("%d\n", cap);
	return 0;
}

static int value_string(void)
{
	char *name = cap_to_name(CAP_NET_RAW);

	puts(name);
	cap_free(name);
	return 0;
}

static int value(void)
{
	char *name = cap_to_name(63);

	puts(name);
	cap_free(name);
	return 0;
}

static int all_values(void)
{
	for (cap_value_t cap = 0; cap <= CAP_LAST_CAP; cap++) {
		char *name = cap_to_name(cap);

		printf("%s%s", cap ? "," : "", name);
		cap_free(name);
	}
	putchar('\n');
	return 0;
}

static int max_bits(void)
{
	printf("%d\n", cap_max_bits());
	return 0;
}

static int named_count(void)
{
	int count = 0;

	for (cap_value_t cap = 0; cap < 64; cap++) {
		char *name = cap_to_name(cap);

		count += !strncmp(name, "cap_", 4);
		cap_free(name);
	}
	printf("%d\n", count);
	return 0;
}

static int bad_value(void)
{
	cap_t caps = cap_init();
	cap_flag_value_t on;
	int err = cap_get_flag(caps, 64, CAP_EFFECTIVE, &on), what = errno;

	cap_free(caps);
	errno = what;
	return err ? failed() : 0;
}

static int is_supported(void)
{
	return has("set", CAP_CHECKPOINT_RESTORE, CAP_IS_SUPPORTED(CAP_CHECKPOINT_RESTORE));
}

static int flag_has(cap_flag_t flag, const char *name, const char *words)
{
	cap_t caps = cap_from_text(words);
	cap_flag_value_t on;

	if (cap_get_flag(caps, CAP_KILL, flag, &on))
		return failed();
	cap_free(caps);
	return has(name, CAP_KILL, on == CAP_SET);
}

static int effective(void)
{
	return flag_has(CAP_EFFECTIVE, "effective", "cap_kill=e");
}

static int permitted(void)
{
	return flag_has(CAP_PERMITTED, "permitted", "cap_kill=p");
}

static int inheritable(void)
{
	return flag_has(CAP_INHERITABLE, "inheritable", "cap_kill=i");
}

static int get_flag(void)
{
	return flag_has(CAP_INHERITABLE, "inheritable", "cap_kill=ep");
}

static int flag_string(void)
{
	return text(cap_from_text("CAP_KILL=ip"));
}

static int set(void)
{
	return text(cap_from_text("cap_setuid=p cap_chown=i"));
}

static int new_set(void)
{
	return text(cap_init());
}

static int from_text(void)
{
	return text(cap_from_text("cap_chown=ip-p"));
}

static int set_string(void)
{
	return text(cap_from_text("=p all+ei"));
}

static int clear(void)
{
	cap_t caps = cap_from_text("cap_kill=ep");

	return cap_clear(caps) ? failed() : text(caps);
}

static int clear_flag(void)
{
	cap_t caps = cap_from_text("=eip");

	return cap_clear_flag(caps, CAP_EFFECTIVE) ? failed() : text(caps);
}

static int set_flag(void)
{
	const cap_value_t list[] = { CAP_KILL, CAP_FOWNER };
	cap_t caps = cap_from_text("cap_chown,cap_fowner=p");

	if (cap_set_flag(caps, CAP_PERMITTED, 1, list, CAP_SET) ||
	    cap_set_flag(caps, CAP_PERMITTED, 1, list + 1, CAP_CLEAR))
		return failed();
	return text(caps);
}

static int fill(void)
{
	cap_t caps = cap_from_text("cap_kill=p");

	return cap_fill(caps, CAP_EFFECTIVE, CAP_PERMITTED) ? failed() : text(caps);
}

static int fill_flag(void)
{
	cap_t caps = cap_from_text("cap_chown=p"), other = cap_from_text("cap_kill=i");
	int err = cap_fill_flag(caps, CAP_PERMITTED, other, CAP_INHERITABLE);

	cap_free(other);
	return err ? failed() : text(caps);
}

static int dup(void)
{
	cap_t caps = cap_from_text("cap_kill=ep"), copy = cap_dup(caps);

	cap_free(caps);
	return text(copy);
}

static int compare(void)
{
	cap_t a = cap_from_text("cap_kill=ep"), b = cap_from_text("cap_kill=p");
	int d = cap_compare(a, b);

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

	printf("[%s,%s,%s]\n", same(CAP_DIFFERS(d, CAP_EFFECTIVE)), same(CAP_DIFFERS(d, CAP_PERMITTED)),
	       same(CAP_DIFFERS(d, CAP_INHERITABLE)));
	return 0;
}

static int compares(void)
{
	puts(same(compare()));
	return 0;
}

static int diff_has(void)
{
	puts(same(CAP_DIFFERS(compare(), CAP_EFFECTIVE)));
	return 0;
}

static void hex(const uint8_t *bytes, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

static ssize_t external(const char *words, uint8_t *bytes, ssize_t size)
{
	cap_t caps = cap_from_text(words);
	ssize_t n = cap_copy_ext(bytes, caps, size);

	cap_free(caps);
	return n;
}

static int export(void)
{
	uint8_t bytes[64];

	hex(bytes, external("cap_setuid=ep", bytes, sizeof(bytes)));
	return 0;
}

static int magic(void)
{
	uint8_t bytes[64];

	external("=", bytes, sizeof(bytes));
	hex(bytes, 4);
	return 0;
}

static int size(void)
{
	cap_t caps = cap_from_text("cap_kill=p");

	printf("%zd\n", cap_size(caps));
	cap_free(caps);
	return 0;
}

/* libcap writes 8 bytes a flag and reads fewer: what is left of its own must be the same set. */
static int min_flag_size(void)
{
	cap_t caps = cap_from_text("cap_setuid=ep"), back;
	uint8_t bytes[64];
	bool differs;

	cap_copy_ext(bytes, caps, sizeof(bytes));
	bytes[4] = 1;
	back = cap_copy_int_check(bytes, 8);
	differs = !back || cap_compare(caps, back);
	cap_free(caps);
	cap_free(back);
	if (differs)
		return failed();
	hex(bytes, 8);
	return 0;
}

static int import(void)
{
	FILE *file = fopen("set", "re");
	uint8_t bytes[64];
	size_t n = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

	if (file)
		fclose(file);
	return text(cap_copy_int_check(bytes, (ssize_t)n));
}

static int import_short(void)
{
	uint8_t bytes[64];
	ssize_t n = external("cap_kill=p", bytes, sizeof(bytes));

	return text(cap_copy_int_check(bytes, n - 1));
}

static int out_of_range(void)
{
	uint8_t bytes[64];

	errno = 0;
	return external("cap_kill=p", bytes, 7) < 0 ? failed() : 0;
}

static int bad_text(void)
{
	return text(cap_from_text("cap_kill+x"));
}

static int bad_set(void)
{
	return text(cap_dup(NULL));
}

const struct row says_set[] = {
	{ "CHOWN", all_values },
	{ "Value", value },
	{ "Value.String", value_string },
	{ "FromName", from_name },
	{ "MaxBits", max_bits },
	{ "NamedCount", named_count },
	{ "ErrBadValue", bad_value },
	{ "CAP_IS_SUPPORTED", is_supported },
	{ "Flag", flag_string },
	{ "Flag.String", flag_string },
	{ "Effective", effective },
	{ "Permitted", permitted },
	{ "Inheritable", inheritable },
	{ "Set", set },
	{ "NewSet", new_set },
	{ "FromText", from_text },
	{ "Set.String", set_string },
	{ "Set.Clear", clear },
	{ "Set.ClearFlag", clear_flag },
	{ "Set.SetFlag", set_flag },
	{ "Set.GetFlag", get_flag },
	{ "Set.Fill", fill },
	{ "Set.FillFlag", fill_flag },
	{ "Set.Dup", dup },
	{ "Set.Cf", cf },
	{ "Set.Compare", compares },
	{ "Diff.Has", diff_has },
	{ "Set.Export", export },
	{ "ExtMagic", magic },
	{ "cap_size", size },
	{ "MinExtFlagSize", min_flag_size },
	{ "Import", import },
	{ "cap_copy_int_check", import_short },
	{ "ErrOutOfRange", out_of_range },
	{ "ErrBadText", bad_text },
	{ "ErrBadSet", bad_set },
	{ NULL, NULL },
};
