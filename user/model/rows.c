/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/rows.h"

#include <errno.h>
#include <string.h>

#include "user/base/varint.h"

#define COLUMN(id, type, field) { id, offsetof(struct type, field), sizeof(((struct type *)0)->field) }
#define TABLE(type, columns)    { sizeof(struct type), columns, sizeof(columns) / sizeof(columns[0]) }

static const struct rows_column programs[] = {
	COLUMN(1, program_row, id), COLUMN(2, program_row, cgroup_id), COLUMN(3, program_row, inheritable),
	COLUMN(4, program_row, permitted), COLUMN(5, program_row, effective), COLUMN(6, program_row, bounding),
	COLUMN(7, program_row, ambient), COLUMN(8, program_row, flags), COLUMN(9, program_row, tgid),
	COLUMN(10, program_row, ppid), COLUMN(11, program_row, ns_pid), COLUMN(12, program_row, uid),
	COLUMN(13, program_row, euid), COLUMN(14, program_row, gid), COLUMN(15, program_row, egid),
	COLUMN(16, program_row, login_uid), COLUMN(17, program_row, userns), COLUMN(18, program_row, pidns),
	COLUMN(19, program_row, mntns), COLUMN(20, program_row, netns), COLUMN(21, program_row, comm),
	COLUMN(22, program_row, exe), COLUMN(23, program_row, cgroup), COLUMN(24, program_row, unit),
	COLUMN(25, program_row, slice), COLUMN(26, program_row, session), COLUMN(27, program_row, args),
	COLUMN(28, program_row, workload), COLUMN(29, program_row, ancestors),
};

static const struct rows_column workloads[] = {
	COLUMN(1, workload_row, cgroup_id), COLUMN(2, workload_row, bounding),
	COLUMN(3, workload_row, effective), COLUMN(4, workload_row, permitted),
	COLUMN(5, workload_row, inheritable), COLUMN(6, workload_row, ambient),
	COLUMN(7, workload_row, kind), COLUMN(8, workload_row, engine), COLUMN(9, workload_row, flags),
	COLUMN(10, workload_row, owner), COLUMN(11, workload_row, granted),
	COLUMN(12, workload_row, text[0]), COLUMN(13, workload_row, text[1]),
	COLUMN(14, workload_row, text[2]), COLUMN(15, workload_row, text[3]),
	COLUMN(16, workload_row, text[4]), COLUMN(17, workload_row, text[5]),
	COLUMN(18, workload_row, text[6]), COLUMN(19, workload_row, text[7]),
	COLUMN(20, workload_row, text[8]), COLUMN(21, workload_row, text[9]),
	COLUMN(22, workload_row, text[10]), COLUMN(23, workload_row, text[11]),
	COLUMN(24, workload_row, text[12]), COLUMN(25, workload_row, text[13]),
	COLUMN(26, workload_row, text[14]), COLUMN(27, workload_row, text[15]),
};

static const struct rows_column resolved[] = {
	COLUMN(1, resolved_row, wall_ns), COLUMN(2, resolved_row, at), COLUMN(3, resolved_row, workload),
};

static const struct rows_column names[] = {
	COLUMN(1, name_row, kind), COLUMN(2, name_row, id), COLUMN(3, name_row, text),
};

static const struct rows_column tasks[] = {
	COLUMN(1, task_row, id), COLUMN(2, task_row, effective), COLUMN(3, task_row, permitted),
	COLUMN(4, task_row, program), COLUMN(5, task_row, tgid), COLUMN(6, task_row, tid),
	COLUMN(7, task_row, uid), COLUMN(8, task_row, euid), COLUMN(9, task_row, gid),
	COLUMN(10, task_row, userns_asker), COLUMN(11, task_row, userns_target), COLUMN(12, task_row, comm),
};

static const struct rows_column asked[] = {
	COLUMN(1, asked_row, flags), COLUMN(2, asked_row, cap), COLUMN(3, asked_row, syscall),
	COLUMN(4, asked_row, lsm_ret), COLUMN(5, asked_row, probe), COLUMN(6, asked_row, stack),
	COLUMN(7, asked_row, argument), COLUMN(8, asked_row, outcome), COLUMN(9, asked_row, error),
};

#define CREDS(first, side)                                                                                        \
	COLUMN(first, life_row, side.inheritable), COLUMN((first) + 1, life_row, side.permitted),                  \
	COLUMN((first) + 2, life_row, side.effective), COLUMN((first) + 3, life_row, side.bounding),               \
	COLUMN((first) + 4, life_row, side.ambient), COLUMN((first) + 5, life_row, side.uid),                      \
	COLUMN((first) + 6, life_row, side.euid), COLUMN((first) + 7, life_row, side.suid),                        \
	COLUMN((first) + 8, life_row, side.fsuid), COLUMN((first) + 9, life_row, side.gid),                        \
	COLUMN((first) + 10, life_row, side.egid), COLUMN((first) + 11, life_row, side.sgid),                      \
	COLUMN((first) + 12, life_row, side.fsgid), COLUMN((first) + 13, life_row, side.groups),                   \
	COLUMN((first) + 14, life_row, side.securebits), COLUMN((first) + 15, life_row, side.userns),              \
	COLUMN((first) + 16, life_row, side.no_new_privs)

static const struct rows_column lives[] = {
	COLUMN(1, life_row, mono_ns), COLUMN(2, life_row, wall_offset), COLUMN(3, life_row, seq),
	COLUMN(4, life_row, id), COLUMN(5, life_row, ret), COLUMN(6, life_row, asked[0]),
	COLUMN(7, life_row, asked[1]), COLUMN(8, life_row, asked[2]), COLUMN(9, life_row, file_permitted),
	COLUMN(10, life_row, file_inheritable), COLUMN(11, life_row, at), COLUMN(12, life_row, losses),
	COLUMN(13, life_row, program), COLUMN(14, life_row, tgid), COLUMN(15, life_row, tid),
	COLUMN(16, life_row, flags), COLUMN(17, life_row, what), COLUMN(18, life_row, syscall),
	COLUMN(19, life_row, file), COLUMN(20, life_row, file_rootid), COLUMN(21, life_row, comm),
	COLUMN(22, life_row, path), CREDS(32, before), CREDS(64, after),
};

const struct rows_table rows_programs = TABLE(program_row, programs);
const struct rows_table rows_workloads = TABLE(workload_row, workloads);
const struct rows_table rows_resolved = TABLE(resolved_row, resolved);
const struct rows_table rows_names = TABLE(name_row, names);
const struct rows_table rows_tasks = TABLE(task_row, tasks);
const struct rows_table rows_asked = TABLE(asked_row, asked);
const struct rows_table rows_lives = TABLE(life_row, lives);

static uint64_t number_at(const char *row, const struct rows_column *c)
{
	uint64_t wide;
	int32_t narrow;

	if (c->width == sizeof(wide)) {
		memcpy(&wide, row + c->offset, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, row + c->offset, sizeof(narrow));
	return (uint64_t)(int64_t)narrow;
}

static void put_column(struct buf *b, const struct rows_table *table, const struct rows_column *c,
		       const char *rows, uint32_t count)
{
	uint64_t before = 0;

	for (uint32_t i = 0; i < count; i++, rows += table->width) {
		uint64_t now = number_at(rows, c);

		varint_put(b, varint_fold(now - before));
		before = now;
	}
}

void rows_put(struct buf *b, const struct rows_table *table, const void *rows, uint32_t count)
{
	struct buf column = BUF_INIT;

	varint_put(b, count);
	for (size_t i = 0; i < table->count; i++) {
		buf_clear(&column);
		put_column(&column, table, &table->columns[i], rows, count);
		varint_put(b, table->columns[i].id);
		varint_put(b, column.len);
		buf_put(b, column.data, column.len);
		if (column.error)
			b->error = column.error;
	}
	buf_done(&column);
}

static int get_column(const uint8_t *at, const uint8_t *end, const struct rows_table *table,
		      const struct rows_column *c, char *rows, uint32_t count)
{
	uint64_t now = 0, difference;

	for (uint32_t i = 0; i < count; i++, rows += table->width) {
		if (!varint_get(&at, end, &difference))
			return -EBADMSG;
		now += varint_unfold(difference);
		memcpy(rows + c->offset, &now, c->width);
	}
	return at == end ? 0 : -EBADMSG;
}

static const struct rows_column *column_of(const struct rows_table *table, uint64_t id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->columns[i].id == id)
			return &table->columns[i];
	return NULL;
}

static int get_columns(const uint8_t *at, const uint8_t *end, const struct rows_table *table, char *rows,
		       uint32_t count)
{
	while (at < end) {
		const struct rows_column *c;
		uint64_t id, len;
		int err;

		if (!varint_get(&at, end, &id) || !varint_get(&at, end, &len) || len > (uint64_t)(end - at))
			return -EBADMSG;
		c = column_of(table, id);
		err = c ? get_column(at, at + len, table, c, rows, count) : 0;
		if (err)
			return err;
		at += len;
	}
	return 0;
}

int rows_get(const void *data, size_t len, const struct rows_table *table, struct buf *ret, uint32_t *ret_count)
{
	const uint8_t *at = data, *end = at + len;
	uint64_t count;
	int err;

	if (!varint_get(&at, end, &count) || count > ROWS_MAX)
		return -EBADMSG;
	buf_clear(ret);
	if (buf_reserve(ret, count * table->width))
		return -ENOMEM;
	memset(ret->data, 0, count * table->width);
	err = get_columns(at, end, table, ret->data, (uint32_t)count);
	if (!err)
		*ret_count = (uint32_t)count;
	return err;
}
