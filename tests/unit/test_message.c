/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "user/base/buf.h"
#include "user/model/message.h"

static struct message in, out;

/* Writes m and reads it back into `out`, whose texts point into *b. */
static void pass(const struct message *m, struct buf *b)
{
	buf_clear(b);
	assert_int_equal(message_put(b, m), 0);
	memset(&out, 0xa5, sizeof(out));
	assert_int_equal(message_get(b->data, b->len, &out), 0);
	assert_int_equal(out.type, m->type);
}

static void alerts_pass(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	in = (struct message){ .type = MESSAGE_ALERT };
	in.alert = (struct message_alert){ .seq = UINT64_MAX, .severity = SEVERITY_INFO, .outputs = { "pager", "journal" },
					   .output_count = 2, .rule = "r\n", .key = "", .json = "{\"v\":1}" };
	pass(&in, &b);
	assert_true(out.alert.seq == UINT64_MAX);
	assert_int_equal(out.alert.severity, SEVERITY_INFO);
	assert_int_equal(out.alert.output_count, 2);
	assert_string_equal(out.alert.outputs[1], "journal");
	assert_string_equal(out.alert.rule, "r\n");
	assert_string_equal(out.alert.json, "{\"v\":1}");
	buf_done(&b);
}

static void metrics_pass(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	in = (struct message){ .type = MESSAGE_METRICS };
	in.metrics.last = true;
	in.metrics.count = 2;
	in.metrics.samples[0] = (struct metric_sample){ METRIC_CHECKS, { "CAP_BPF", "denied" }, 1e15 };
	in.metrics.samples[1] = (struct metric_sample){ METRIC_CPU_SECONDS, { NULL }, 0.25 };
	pass(&in, &b);
	assert_true(out.metrics.last);
	assert_int_equal(out.metrics.count, 2);
	assert_string_equal(out.metrics.samples[0].labels[1], "denied");
	assert_true(out.metrics.samples[0].value > 9e14 && out.metrics.samples[1].value < 0.3);
	buf_done(&b);
}

static void a_file_passes(void **state)
{
	struct buf b = BUF_INIT;
	char path[MESSAGE_PATH_MAX + 2];

	(void)state;
	in = (struct message){ .type = MESSAGE_FILE, .file = { "/etc/capsieve/key", "secret\n" } };
	pass(&in, &b);
	assert_string_equal(out.file.path, "/etc/capsieve/key");
	assert_string_equal(out.file.text, "secret\n");
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	in.file.path = path;
	assert_int_equal(message_put(&b, &in), -EMSGSIZE);
	buf_done(&b);
}

static void answers_pass(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	in = (struct message){ .type = MESSAGE_STATUS };
	in.status.count = 1;
	in.status.metrics = "nobody listens";
	in.status.outputs[0] = (struct message_output){ .name = "pager", .queue = 7, .spool_bytes = 1 << 20, .ok = 1,
							.errors = 2, .dropped = 3, .last_error = "it is gone" };
	pass(&in, &b);
	assert_int_equal(out.status.outputs[0].dropped, 3);
	assert_string_equal(out.status.outputs[0].last_error, "it is gone");
	assert_string_equal(out.status.metrics, "nobody listens");
	in = (struct message){ .type = MESSAGE_TESTED };
	in.answer.name = "pager";
	in.answer.ok = true;
	pass(&in, &b);
	assert_true(out.answer.ok);
	assert_string_equal(out.answer.sentence, "");
	in = (struct message){ .type = MESSAGE_GAP };
	in.gap.lost = 9;
	in.gap.reason = "the spool was full";
	pass(&in, &b);
	assert_int_equal(out.gap.lost, 9);
	in = (struct message){ .type = MESSAGE_REOPEN };
	pass(&in, &b);
	buf_done(&b);
}

/* Everything but the whole of it is refused: each cut, and anything behind it. */
static void cuts_are_refused(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	in = (struct message){ .type = MESSAGE_ALERT };
	in.alert = (struct message_alert){ .seq = 300, .outputs = { "a" }, .output_count = 1, .rule = "rule", .key = "key",
					   .json = "{}" };
	pass(&in, &b);
	for (size_t n = 0; n < b.len; n++) {
		char *part = malloc(n ? n : 1);

		memcpy(part, b.data, n);
		assert_int_equal(message_get(part, n, &out), -EBADMSG);
		free(part);
	}
	buf_putc(&b, '\0');
	assert_int_equal(message_get(b.data, b.len, &out), -EBADMSG);
	buf_done(&b);
}

static void lies_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
	} rows[] = {
		{ "\x02\x04", 2 },			/* another version */
		{ "\x01\x00", 2 },			/* no type */
		{ "\x01\x0d", 2 },			/* a type that there is not yet */
		{ "\x01\x05\x03" "a\0b\0", 7 },		/* a NUL within */
		{ "\x01\x05\x02" "abc", 6 },		/* none behind */
		{ "\x01\x05\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" "a", 13 },
		{ "\x01\x02\x01\x07\x29", 5 },		/* too many outputs */
		{ "\x01\x02\x01\x08\x00", 5 },		/* a severity that there is not */
		{ "\x01\x03\x02\x00", 4 },		/* neither last nor not */
		{ "\x01\x03\x01\x01\x7f", 5 },		/* an unknown metric */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (message_get(rows[i].bytes, rows[i].n, &out) != -EBADMSG)
			fail_msg("row %zu was taken", i);
}

static void limits_hold(void **state)
{
	struct buf b = BUF_INIT;
	char *large = malloc(MESSAGE_BYTES_MAX + 1);

	(void)state;
	memset(large, 'x', MESSAGE_BYTES_MAX);
	large[MESSAGE_BYTES_MAX] = '\0';
	buf_puts(&b, "before");
	in = (struct message){ .type = MESSAGE_CONFIG };
	in.config.text = large;
	assert_int_equal(message_put(&b, &in), -EMSGSIZE);
	assert_int_equal(b.len, 6);
	large[MESSAGE_BYTES_MAX - 16] = '\0';
	assert_int_equal(message_put(&b, &in), 0);
	b.len = 6;
	large[MESSAGE_NAME_MAX + 1] = '\0';
	in = (struct message){ .type = MESSAGE_TEST };
	in.test.output = large;
	assert_int_equal(message_put(&b, &in), -EMSGSIZE);
	in = (struct message){ .type = MESSAGE_ALERT };
	in.alert.severity = SEVERITIES;
	assert_int_equal(message_put(&b, &in), -EINVAL);
	in = (struct message){ .type = MESSAGE_TYPES };
	assert_int_equal(message_put(&b, &in), -EINVAL);
	assert_int_equal(b.len, 6);
	free(large);
	buf_done(&b);
}

/* What a metric must have so that Prometheus' own check has nothing to say. */
static void metrics_are_named_well(void **state)
{
	(void)state;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_facts *f = metric_facts((enum metric)i);
		size_t n = strlen(f->name);

		assert_true(f->help[0] && n < MESSAGE_NAME_MAX && metric_labels((enum metric)i) <= METRIC_LABELS_MAX);
		assert_int_equal(f->counter, n > 6 && !strcmp(f->name + n - 6, "_total"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_pass),
		cmocka_unit_test(metrics_pass),
		cmocka_unit_test(a_file_passes),
		cmocka_unit_test(answers_pass),
		cmocka_unit_test(cuts_are_refused),
		cmocka_unit_test(lies_are_refused),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(metrics_are_named_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
