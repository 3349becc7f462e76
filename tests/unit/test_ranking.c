/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/capability.h>

#include "user/advice/answer.h"
#include "user/advice/ranking.h"
#include "user/base/buf.h"
#include "user/caps/asked.h"
#include "user/model/workload.h"
#include "user/view/host.h"

#define C(name) (1ULL << CAP_##name)

static struct answer answer_of(const char *workload, uint64_t caps, uint64_t granted)
{
	struct answer a = { .asked = asked_new(), .workload = workload, .caps = caps, .bounding = caps, .solved.exact = true };

	assert_non_null(a.asked);
	if (granted)
		asked_granted(a.asked, granted);
	return a;
}

static void done(struct ranking *r)
{
	for (size_t i = 0; i < r->count; i++)
		asked_free(r->at[i].asked);
}

static void the_riskiest_is_first(void **state)
{
	struct answer at[] = {
		answer_of("b", 0, 0), answer_of("low", C(WAKE_ALARM), 0), answer_of("a", 0, 0),
		answer_of("unused", 0, C(SYS_ADMIN)), answer_of("root", C(SYS_MODULE), 0), answer_of(NULL, 0, 0),
	};
	struct ranking r = { .at = at, .count = sizeof(at) / sizeof(at[0]) };
	static const char *const order[] = { "root", "low", "unused", NULL, "a", "b" };

	(void)state;
	ranking_sort(&r);
	for (size_t i = 0; i < r.count; i++) {
		if (order[i])
			assert_string_equal(at[i].workload, order[i]);
		else
			assert_null(at[i].workload);
	}
	assert_string_equal(ranking_risk(&at[0]), "root");
	assert_string_equal(ranking_risk(&at[1]), "low");
	assert_null(ranking_risk(&at[2]));
	done(&r);
}

static void the_summary_is_safe_for_a_terminal(void **state)
{
	struct answer at[] = { answer_of("docker:\033[31mweb", C(CHOWN) | C(NET_RAW), C(KILL)), answer_of(NULL, 0, 0) };
	struct ranking r = { .at = at, .count = 2, .watched_ns = 61000000000ULL, .incomplete = true };
	struct buf page = BUF_INIT, json = BUF_INIT;

	(void)state;
	host_page(&page, &r, 80, NULL);
	assert_non_null(strstr(buf_str(&page), "       ?  chown, net_raw\n"));
	buf_clear(&page);
	at[0].granted_source = GRANTED_BUNDLE;
	host_page(&page, &r, 80, NULL);
	assert_non_null(strstr(buf_str(&page), "2 workloads in 61 s: 1 needs capabilities, 1 none; incomplete, checks were lost;\n"
					       "estimated, not verified\n"));
	assert_non_null(strstr(buf_str(&page), "       1  chown, net_raw\n"));
	assert_non_null(strstr(buf_str(&page), "(no workload)"));
	assert_null(strchr(buf_str(&page), '\033'));
	host_json(&json, &r);
	assert_int_equal(json.error, 0);
	assert_null(strchr(buf_str(&json), '\033'));
	assert_non_null(strstr(buf_str(&json), "{\"type\":\"profiles\",\"version\":1,\"incomplete\":true,\"watched_ms\":61000,"));
	buf_done(&page);
	buf_done(&json);
	done(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_riskiest_is_first),
		cmocka_unit_test(the_summary_is_safe_for_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
