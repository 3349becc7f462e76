// SPDX-License-Identifier: BSD-2-Clause
/* Whatever comes out of the ring buffer, reading it never reads beyond it and never believes it. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/model/lifecycle.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"

static void try_record(const uint8_t *data, size_t size)
{
	struct record r;

	if (record_decode(data, size, &r))
		return;
	assert(size >= sizeof(struct event_head));
	assert(record_comm_len(&r) <= EVENT_COMM);
	assert(!(r.parts & RECORD_CHECK) == !record_verdict(&r));
	record_via(&r);
	record_cred(&r);
	record_probe(r.check.probe);
}

/* A name that stands alone may hold any '/' ("memfd:a//b"); those of directories hold none. */
static void check_path(const char *path, const uint8_t *names, size_t len)
{
	bool alone = strnlen((const char *)names, len) + 1 >= len;

	if (!path)
		return;
	assert(path[0] == '/' || !strncmp(path, ".../", 4));
	assert(strlen(path) <= EVENT_PATH + 4);
	assert(alone || !strstr(path, "//"));
}

static void try_program(const uint8_t *data, size_t size)
{
	struct event_program e = { 0 };
	struct buf b = BUF_INIT;
	struct program p;
	const char *words;
	size_t n;
	bool cut;

	if (program_decode(data, size, &p))
		return;
	memcpy(&e, data, size < sizeof(e) ? size : sizeof(e));
	check_path(p.exe, e.exe, e.exe_len);
	check_path(p.cgroup, e.cgroup, e.cgroup_len);
	assert(strlen(p.comm) <= EVENT_COMM);
	program_put_workload(&b, &p);
	buf_done(&b);
	words = program_args(data, size, &n, &cut);
	assert(!words || (n && words > (const char *)data && words + n <= (const char *)data + size));
	program_done(&p);
}

static void try_outcome(const uint8_t *data, size_t size)
{
	struct event_outcome e;
	enum outcome outcome;
	int error;

	if (outcome_decode(data, size, &e))
		return;
	assert(size >= sizeof(e));
	outcome = outcome_of(&e, &error);
	assert(outcome < OUTCOME_COUNT);
	assert((outcome == OUTCOME_FAILED) == (error > 0));
}

static void try_lifecycle(const uint8_t *data, size_t size)
{
	struct lifecycle l;
	struct record r;
	int number;

	if (lifecycle_decode(data, size, &l))
		return;
	lifecycle_record(&l, &r);
	assert(r.parts == RECORD_LIFE && r.life == &l);
	assert(record_comm_len(&r) <= EVENT_COMM);
	lifecycle_operation(l.event.what);
	lifecycle_result(&l.event, &number);
	assert(number >= 0 && number <= 4095);
	for (size_t i = 0; i < lifecycle_member_count; i++)
		lifecycle_changed(&l.event, &lifecycle_members[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_record(data, size);
	try_program(data, size);
	try_outcome(data, size);
	try_lifecycle(data, size);
	return 0;
}
