// SPDX-License-Identifier: BSD-2-Clause
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <linux/capability.h>

#include "user/advice/permit.h"
#include "user/base/buf.h"
#include "user/model/workload.h"

#define BIT(cap) (1ULL << (cap))
#define TWO	 (BIT(CAP_CHOWN) | BIT(CAP_NET_RAW))

/* NULL: there is no such line. */
static void assert_line(const struct workload *w, const char *exe, uint64_t caps, const char *line)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "> ");
	assert_int_equal(permit_line(&b, w, exe, caps), line != NULL);
	assert_string_equal(buf_str(&b) + 2, line ? line : "");
	buf_done(&b);
}

static void a_program_is_marked(void **state)
{
	(void)state;
	assert_line(NULL, "/usr/bin/ping", BIT(CAP_NET_RAW), "setcap cap_net_raw=ep /usr/bin/ping");
	assert_line(NULL, "/usr/bin/ping", TWO, "setcap cap_chown,cap_net_raw=ep /usr/bin/ping");
	assert_line(NULL, "/usr/bin/ping", 0, NULL);
	assert_line(&(struct workload){ .kind = WORKLOAD_SESSION }, "/usr/bin/ping", BIT(CAP_NET_RAW),
		    "setcap cap_net_raw=ep /usr/bin/ping");
}

static void a_name_that_could_not_be_typed_gets_no_line(void **state)
{
	static const char *const names[] = {
		NULL, "", "ping", "./ping", "-x", "/a b", "/a;b", "/$(reboot)", "/a\nb", "/\033[31m", "/\xc3\xa4", "/a'b", "/a*",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_line(NULL, names[i], BIT(CAP_NET_RAW), NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct workload unit = { .kind = WORKLOAD_UNIT, .text = { [WORKLOAD_UNIT_NAME] = (char *)names[i] } };

		if (!names[i] || !strchr("./p", *names[i]) || strpbrk(names[i], " ;$\n\033\xc3'*"))
			assert_line(&unit, "/usr/bin/ping", BIT(CAP_NET_RAW), NULL);
	}
}

static void a_unit_gets_a_drop_in(void **state)
{
	struct workload w = { .kind = WORKLOAD_UNIT, .text = { [WORKLOAD_UNIT_NAME] = "a@1.service" } };

	(void)state;
	assert_line(&w, "/bin/a", TWO, "systemctl edit a@1.service: [Service] AmbientCapabilities=CAP_CHOWN CAP_NET_RAW");
	/* Of a bounding set that is said only what it lacks is added; one that is not said has all. */
	w.granted = (struct workload_granted){ .source = GRANTED_UNIT, .bounding = BIT(CAP_CHOWN) };
	assert_line(&w, NULL, TWO, "systemctl edit a@1.service: [Service] AmbientCapabilities=CAP_CHOWN CAP_NET_RAW "
				   "CapabilityBoundingSet=CAP_NET_RAW");
	w.granted.bounding = TWO;
	assert_line(&w, NULL, TWO, "systemctl edit a@1.service: [Service] AmbientCapabilities=CAP_CHOWN CAP_NET_RAW");
}

static void a_container_is_started_with_more(void **state)
{
	static const struct {
		enum workload_engine engine;
		const char *line;
	} rows[] = {
		{ ENGINE_DOCKER, "docker run --cap-add=CHOWN --cap-add=NET_RAW" },
		{ ENGINE_PODMAN, "podman run --cap-add=CHOWN --cap-add=NET_RAW" },
		{ ENGINE_NERDCTL, "nerdctl run --cap-add=CHOWN --cap-add=NET_RAW" },
		{ ENGINE_CONTAINERD, "docker run --cap-add=CHOWN --cap-add=NET_RAW" },
		{ ENGINE_NONE, "docker run --cap-add=CHOWN --cap-add=NET_RAW" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_line(&(struct workload){ .kind = WORKLOAD_CONTAINER, .engine = rows[i].engine }, "/bin/a", TWO,
			    rows[i].line);
	assert_line(&(struct workload){ .kind = WORKLOAD_POD }, "/bin/a", TWO,
		    "securityContext: {capabilities: {add: [CHOWN, NET_RAW]}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_is_marked),
		cmocka_unit_test(a_name_that_could_not_be_typed_gets_no_line),
		cmocka_unit_test(a_unit_gets_a_drop_in),
		cmocka_unit_test(a_container_is_started_with_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
