/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/model/message.h"
#include "user/sender/spool.h"

struct world {
	char path[32];
	struct spool *spool;
	unsigned int lost;
	uint64_t last_lost;
};

static void on_lost(void *ctx, const struct spool_lost *lost)
{
	struct world *w = ctx;

	w->lost++;
	w->last_lost = lost->seq;
}

static void reopen(struct world *w, uint64_t max_bytes)
{
	const struct spool_config config = { .path = w->path, .max_bytes = max_bytes, .lost = on_lost, .ctx = w };

	spool_close(w->spool);
	assert_int_equal(spool_open(&config, &w->spool), 0);
}

static void begin(struct world *w, uint64_t max_bytes)
{
	*w = (struct world){ .path = "/tmp/test_spool.XXXXXX" };
	assert_non_null(mkdtemp(w->path));
	reopen(w, max_bytes);
}

static void end(struct world *w)
{
	char command[64];

	spool_close(w->spool);
	snprintf(command, sizeof(command), "rm -r %s", w->path);
	assert_int_equal(system(command), 0);
}

static int add(struct world *w, uint64_t seq, uint8_t severity, uint64_t slots)
{
	const struct message_alert alert = { .seq = seq, .severity = severity, .rule = "r", .key = "k", .json = "{\"v\":1}" };

	return spool_add(w->spool, &alert, slots, 1000);
}

static void sync_all(struct world *w)
{
	struct spool_sync *sync;

	assert_int_equal(spool_sync_begin(w->spool, &sync), 0);
	assert_int_equal(spool_sync_work(w->spool, sync), 0);
	spool_sync_end(w->spool, sync);
}

static uint64_t take(struct world *w, size_t slot)
{
	struct spool_entry *e = spool_take(w->spool, slot);
	static struct message m;
	struct buf b = BUF_INIT;

	if (!e)
		return 0;
	assert_int_equal(spool_read(w->spool, e, slot, &b), 0);
	assert_int_equal(message_get(b.data, b.len, &m), 0);
	assert_int_equal(m.alert.seq, spool_entry_seq(e));
	buf_done(&b);
	spool_done(w->spool, e, slot);
	return m.alert.seq;
}

/* What one output has is not given to it again after a restart, what another has not is. */
static void each_output_has_its_own(void **state)
{
	struct spool_figures total;
	struct world w;
	size_t a, b;

	(void)state;
	begin(&w, 1 << 20);
	assert_int_equal(spool_slot(w.spool, "a"), 0);
	assert_int_equal(spool_slot(w.spool, "b"), 1);
	for (uint64_t seq = 1; seq <= 3; seq++)
		assert_int_equal(add(&w, seq, SEVERITY_ERROR, 3), 0);
	assert_int_equal(add(&w, 2, SEVERITY_ERROR, 3), 0);
	sync_all(&w);
	assert_int_equal(spool_safe(w.spool), 3);
	assert_int_equal(take(&w, 0), 1);
	assert_int_equal(take(&w, 0), 2);
	reopen(&w, 1 << 20);
	/* Which is which the directories say, in whatever order they are found. */
	a = (size_t)spool_slot(w.spool, "a");
	b = (size_t)spool_slot(w.spool, "b");
	assert_int_equal(take(&w, a), 3);
	assert_int_equal(take(&w, a), 0);
	assert_int_equal(take(&w, b), 1);
	assert_int_equal(take(&w, b), 2);
	assert_int_equal(take(&w, b), 3);
	spool_total(w.spool, &total);
	assert_int_equal(total.count, 0);
	assert_int_equal(total.bytes, 0);
	assert_int_equal(w.lost, 0);
	end(&w);
}

static void the_least_goes_first(void **state)
{
	struct spool_figures total;
	struct world w;

	(void)state;
	begin(&w, 1 << 20);
	assert_int_equal(spool_slot(w.spool, "a"), 0);
	add(&w, 1, SEVERITY_ERROR, 1);
	spool_total(w.spool, &total);
	spool_set_limit(w.spool, 3 * total.bytes);
	add(&w, 2, SEVERITY_INFO, 1);
	add(&w, 3, SEVERITY_INFO, 1);
	assert_int_equal(add(&w, 4, SEVERITY_CRITICAL, 1), 0);
	assert_int_equal(w.last_lost, 2);
	assert_int_equal(add(&w, 5, SEVERITY_CRITICAL, 1), 0);
	assert_int_equal(w.last_lost, 3);
	/* It would itself be the least. */
	assert_int_equal(add(&w, 6, SEVERITY_INFO, 1), -ENOSPC);
	assert_int_equal(w.last_lost, 6);
	assert_int_equal(w.lost, 3);
	assert_int_equal(take(&w, 0), 1);
	assert_int_equal(take(&w, 0), 4);
	assert_int_equal(take(&w, 0), 5);
	end(&w);
}

/* One that is being delivered stays, and comes again where it is put back. */
static void what_is_taken_stays(void **state)
{
	struct spool_entry *e;
	struct world w;

	(void)state;
	begin(&w, 1 << 20);
	assert_int_equal(spool_slot(w.spool, "a"), 0);
	add(&w, 1, SEVERITY_INFO, 1);
	e = spool_take(w.spool, 0);
	assert_non_null(e);
	assert_null(spool_take(w.spool, 0));
	spool_set_limit(w.spool, 1);
	assert_int_equal(add(&w, 2, SEVERITY_CRITICAL, 1), -ENOSPC);
	spool_put_back(w.spool, e, 0);
	assert_int_equal(take(&w, 0), 1);
	end(&w);
}

static void what_is_no_alert_is_passed_over(void **state)
{
	struct world w;
	char name[96];
	int fd;

	(void)state;
	begin(&w, 1 << 20);
	assert_int_equal(spool_slot(w.spool, "a"), 0);
	add(&w, 7, SEVERITY_INFO, 1);
	snprintf(name, sizeof(name), "%s/a/00000000000000000009-9", w.path);
	fd = open(name, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	reopen(&w, 1 << 20);
	assert_int_equal(take(&w, 0), 7);
	assert_int_equal(take(&w, 0), 0);
	end(&w);
}

/* Safe is what is synced, or arrived; also where one of two outputs, or both, have got it meanwhile. */
static void what_is_not_synced_is_not_safe(void **state)
{
	struct spool_sync *sync;
	struct world w;

	(void)state;
	begin(&w, 1 << 20);
	spool_slot(w.spool, "a");
	spool_slot(w.spool, "b");
	for (uint64_t seq = 1; seq <= 4; seq++)
		add(&w, seq, SEVERITY_INFO, 3);
	assert_int_equal(spool_safe(w.spool), 0);
	assert_int_equal(take(&w, 0), 1);
	assert_int_equal(spool_safe(w.spool), 0);
	assert_int_equal(take(&w, 1), 1);
	assert_int_equal(spool_safe(w.spool), 1);
	assert_int_equal(spool_unsynced(w.spool), 3);
	assert_int_equal(spool_sync_begin(w.spool, &sync), 0);
	add(&w, 5, SEVERITY_INFO, 2);
	assert_int_equal(take(&w, 0), 2);
	assert_int_equal(take(&w, 0), 3);
	assert_int_equal(take(&w, 1), 2);
	assert_int_equal(spool_sync_work(w.spool, sync), 0);
	assert_int_equal(take(&w, 1), 3);
	spool_sync_end(w.spool, sync);
	assert_int_equal(spool_safe(w.spool), 4);
	assert_int_equal(spool_unsynced(w.spool), 1);
	sync_all(&w);
	assert_int_equal(spool_safe(w.spool), 5);
	end(&w);
}

/* Killed between giving a file its name and taking the one away that it was written under. */
static void a_name_that_was_left_is_nobodys(void **state)
{
	char from[96], to[96];
	struct world w;

	(void)state;
	begin(&w, 1 << 20);
	spool_slot(w.spool, "a");
	add(&w, 7, SEVERITY_INFO, 1);
	snprintf(from, sizeof(from), "%s/a/00000000000000000007-%d", w.path, SEVERITY_INFO);
	snprintf(to, sizeof(to), "%s/new", w.path);
	assert_int_equal(link(from, to), 0);
	reopen(&w, 1 << 20);
	spool_slot(w.spool, "a");
	add(&w, 8, SEVERITY_INFO, 1);
	assert_int_equal(take(&w, 0), 7);
	assert_int_equal(take(&w, 0), 8);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_output_has_its_own),
		cmocka_unit_test(the_least_goes_first),
		cmocka_unit_test(what_is_taken_stays),
		cmocka_unit_test(what_is_no_alert_is_passed_over),
		cmocka_unit_test(what_is_not_synced_is_not_safe),
		cmocka_unit_test(a_name_that_was_left_is_nobodys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
