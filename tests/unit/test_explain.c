/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/caps/capability.h"
#include "user/caps/mistake.h"
#include "user/view/capwords.h"
#include "user/view/exec.h"
#include "user/view/explain.h"
#include "user/view/snippet.h"

#define BIT(n) (1ULL << (n))

static void assert_contains(struct buf *b, const char *what)
{
	assert_int_equal(b->error, 0);
	if (!strstr(buf_str(b), what))
		fail_msg("\"%s\" is not in:\n%s", what, buf_str(b));
}

static void tells_sets_in_few_words(void **state)
{
	const struct {
		uint64_t set;
		const char *words;
	} rows[] = {
		{ 0, "none" },
		{ BIT(0) | BIT(5), "cap_chown, cap_kill" },
		{ BIT(63), "63" },
		{ BIT(40) | BIT(41), "cap_checkpoint_restore, 41" },
		{ capset_all() & ~BIT(25), "all but cap_sys_time" },
	};
	struct buf b = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_clear(&b);
		capwords(&b, rows[i].set);
		assert_string_equal(buf_str(&b), rows[i].words);
	}
	buf_clear(&b);
	capwords(&b, capset_all());
	assert_contains(&b, "all ");
	buf_done(&b);
}

static void no_line_is_wider_than_the_terminal(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	for (unsigned nr = 0; nr < 64; nr++) {
		buf_clear(&b);
		explain_capability_text(&b, nr, 72);
		for (const char *line = buf_str(&b); *line; line += strcspn(line, "\n") + 1)
			if (text_width(line, strcspn(line, "\n")) > 72)
				fail_msg("too wide: %.*s", (int)strcspn(line, "\n"), line);
	}
	buf_done(&b);
}

static void explains_every_capability(void **state)
{
	char number[CAPABILITY_NAME_MAX];
	struct buf b = BUF_INIT;

	(void)state;
	for (unsigned nr = 0; nr < CAPABILITY_COUNT; nr++) {
		buf_clear(&b);
		explain_capability_text(&b, nr, 0);
		assert_contains(&b, capability_name(nr, number));
		assert_contains(&b, "\n  permits to    ");
		assert_contains(&b, "\n  better        ");
		buf_clear(&b);
		explain_capability_json(&b, nr);
		assert_contains(&b, "{\"v\":1,\"type\":\"explain\",\"what\":\"capability\",\"cap\":\"CAP_");
	}
	buf_done(&b);
}

static void explain(struct buf *b, const char *text)
{
	enum notation notation;
	struct mistake m;
	struct capset s;

	buf_clear(b);
	assert_int_equal(notation_parse(text, &s, &notation, &m), 0);
	explain_set_text(b, &s, notation, 0);
}

static void prints_a_set_in_all_other_notations(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	explain(&b, "net_bind_service,sys_time,42");
	assert_contains(&b, "cap_net_bind_service,cap_sys_time=ep 42+ep\n");
	assert_contains(&b, "^cap_net_bind_service,^cap_sys_time\n");
	assert_contains(&b, "cap = net_bind_service,sys_time,42\n");
	assert_contains(&b, "--cap-drop=ALL --cap-add=NET_BIND_SERVICE --cap-add=SYS_TIME --cap-add=42\n");
	assert_contains(&b, "0x40002000400\n");
	assert_contains(&b, "  unknown       42\n");
	explain(&b, "cap_chown=p cap_kill=i");
	assert_contains(&b, "what is permitted, as a list\n  mask          0x1\n");
	assert_contains(&b, "what is inheritable, as a list\n  mask          0x20\n");
	explain(&b, "cap_chown=ep cap_kill=p");
	assert_contains(&b, "setcap refuses it");
	explain(&b, "!cap_chown,^cap_kill");
	assert_contains(&b, "  IAB           !cap_chown,^cap_kill\n");
	assert_contains(&b, "  blocked       cap_chown\n");
	buf_done(&b);
}

static void compares_part_by_part(void **state)
{
	const struct capset a = { CAPSET_FLAGS, { BIT(0), BIT(0) | BIT(5), 0 } };
	const struct capset b = { CAPSET_FLAGS, { BIT(5), BIT(0) | BIT(5), 0 } };
	struct buf out = BUF_INIT;

	(void)state;
	explain_compare_text(&out, &a, &b, 0);
	assert_contains(
		&out,
		"effective\n  only first    cap_chown\n  only second   cap_kill\n  both          none\n");
	assert_contains(&out, "permitted: the same\ninheritable: the same\n");
	buf_clear(&out);
	explain_compare_json(&out, &a, &b);
	assert_contains(&out, "\"effective\":{\"same\":false,\"only_first\":[\"CAP_CHOWN\"],");
	assert_contains(&out, "\"same\":false}\n");
	buf_done(&out);
}

static void writes_what_shrinks_a_program(void **state)
{
	const struct capset list = { CAPSET_PLAIN, { BIT(13) | BIT(42) } };
	const struct capset iab = { CAPSET_IAB, { BIT(5), BIT(5), BIT(0) } };
	struct buf b = BUF_INIT;

	(void)state;
	snippet_c(&b, &list);
	assert_contains(&b, "static const cap_value_t permitted[] = { CAP_NET_RAW, 42, };\n");
	assert_contains(&b, "keep = 0x40000002000ULL;\n");
	assert_contains(&b, "cap_set_flag(caps, CAP_EFFECTIVE, 2, effective, CAP_SET)");
	buf_clear(&b);
	snippet_c(&b, &iab);
	assert_contains(&b, "cap_iab_from_text(\"!cap_chown,^cap_kill\")");
	buf_done(&b);
}

static void tells_an_exec_step_by_step(void **state)
{
	const struct credentials c = {
		.uid = 1000, .euid = 1000, .suid = 1000, .bounding = BIT(5), .securebits = 0
	};
	const struct image image = { .has_caps = true, .caps = { 2, true, BIT(13), 0, 0 } };
	const struct surroundings around = { .traced = false };
	const struct kernel_rules rules = { .known = capset_all() };
	const struct exec_file file = { .path = "/bin/p\x1b[2J", .mode = 0755, .image = &image };
	struct exec_process p = { .is = &c, .securebits_known = true, .own_userns = true };
	struct buf b = BUF_INIT;
	struct transition t;

	(void)state;
	transition(&c, &around, &image, &rules, &t);
	exec_text(&b, &p, &file, &t, &t, 0);
	assert_contains(&b, "executes /bin/p\\x1b[2J\n");
	assert_contains(&b, "the program does not start for want of: cap_net_raw\n");
	assert_contains(&b, "and fails with EPERM");
	buf_clear(&b);
	exec_json(&b, &p, &file, &t, &t);
	assert_contains(&b, "{\"rule\":\"file_refused\",\"words\":\"");
	assert_contains(&b, "\"error\":\"EPERM\",\"after\":null,\"secure\":false}\n");
	buf_done(&b);
}

static void tells_what_a_process_could_gain_and_lose(void **state)
{
	struct credentials c = { .permitted = BIT(7) | BIT(5),
				 .effective = BIT(5),
				 .bounding = BIT(7) | BIT(5) };
	const struct image plain = { .setuid = false }, root = { .setuid = true };
	const struct surroundings around = { .traced = false };
	const struct kernel_rules rules = { .known = capset_all() };
	struct exec_process p = { .pid = 42, .name = "x", .is = &c, .own_userns = true };
	struct buf b = BUF_INIT;

	(void)state;
	transition(&c, &around, &plain, &rules, &p.plain);
	transition(&c, &around, &root, &rules, &p.root);
	exec_process_text(&b, &p, 0);
	assert_contains(&b, "process 42 x\n");
	assert_contains(&b, "can make effective, as permitted: cap_setuid\n");
	assert_contains(&b, "it is permitted what equals root: cap_setuid\n");
	assert_contains(&b, "to another user all that is permitted, effective and ambient\n");
	assert_contains(&b, "unknown, taken for none");
	buf_clear(&b);
	exec_process_json(&b, &p);
	assert_contains(&b, "\"could_raise\":[\"CAP_SETUID\"]");
	buf_done(&b);
}

static void explains_securebits_and_modes(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	explain_securebits_text(&b, 0x2f, 0);
	assert_contains(&b, "securebits noroot,noroot_locked,no_setuid_fixup,no_setuid_fixup_locked,"
			    "keep_caps_locked (0x2f, 47)\n");
	assert_contains(&b, "not set, and locked so\n");
	buf_clear(&b);
	explain_mode_text(&b, MODE_NOPRIV, 0);
	assert_contains(&b, "mode NOPRIV\n");
	assert_contains(&b, "bounding\n");
	buf_clear(&b);
	explain_mode_json(&b, MODE_PURE1E);
	assert_contains(&b, "\"securebits\":239,\"no_new_privs\":false}\n");
	buf_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_sets_in_few_words),
		cmocka_unit_test(no_line_is_wider_than_the_terminal),
		cmocka_unit_test(explains_every_capability),
		cmocka_unit_test(prints_a_set_in_all_other_notations),
		cmocka_unit_test(compares_part_by_part),
		cmocka_unit_test(writes_what_shrinks_a_program),
		cmocka_unit_test(tells_an_exec_step_by_step),
		cmocka_unit_test(tells_what_a_process_could_gain_and_lose),
		cmocka_unit_test(explains_securebits_and_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
