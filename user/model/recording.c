/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/recording.h"

#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "user/base/buf.h"

static const unsigned char signature[8] = { 0x89, 'c', 'a', 'p', 'r', '\r', '\n', 0x1a };

#define ORDER	     0x0a0b0c0dU
#define ORDER_SWAPPED 0x0d0c0b0aU
#define BLOCK_MARK   0x62630a93U

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied into the file as they are");

struct head {
	unsigned char signature[8];
	uint32_t order;
	uint16_t version;
	uint16_t facts;		/* bytes */
	uint32_t state;
	uint32_t crc;		/* of the 16 bytes before the state, and the facts */
};
_Static_assert(sizeof(struct head) == RECORDING_HEAD, "the head as it stands in the file");
_Static_assert(offsetof(struct head, state) == RECORDING_STATE_AT, "the state as it stands in the file");

struct block {
	uint32_t mark;
	uint16_t kind, reserved;
	uint32_t packed, raw, checks;
	uint32_t name;
	uint64_t number, before;
	uint32_t payload_crc;
	uint32_t crc;		/* of what stands before it */
};
_Static_assert(sizeof(struct block) == RECORDING_BLOCK, "a block as it stands in the file");

static uint32_t crc_of(uint32_t crc, const void *data, size_t n)
{
	return (uint32_t)crc32_z(crc, data, n);
}

/* ---- the head -------------------------------------------------------------------------------------------------- */

/* The facts by tag; tags are numbers for life. */
static const struct fact {
	uint16_t tag;
	bool text;
	uint16_t offset, size;
} facts_rows[] = {
#define TEXT(tag, field)   { tag, true, offsetof(struct recording_facts, field), sizeof(((struct recording_facts *)0)->field) }
#define NUMBER(tag, field) { tag, false, offsetof(struct recording_facts, field), sizeof(((struct recording_facts *)0)->field) }
	TEXT(1, host), TEXT(2, kernel), TEXT(3, machine), TEXT(4, host_id), TEXT(5, boot_id), TEXT(6, probe),
	TEXT(7, writer), NUMBER(8, wall_ns), NUMBER(9, mono_ns), NUMBER(10, run), NUMBER(11, has),
	NUMBER(12, host_mntns),
};

enum { FACTS = sizeof(facts_rows) / sizeof(facts_rows[0]) };

static void put_fact(struct buf *b, const struct fact *row, const char *value)
{
	uint16_t n = row->text ? (uint16_t)strnlen(value, row->size) : row->size;

	buf_put(b, &row->tag, sizeof(row->tag));
	buf_put(b, &n, sizeof(n));
	buf_put(b, value, n);
}

void recording_put_head(struct buf *b, const struct recording_facts *facts, uint32_t *ret_name)
{
	struct head head = { .order = ORDER, .version = RECORDING_VERSION, .state = RECORDING_OPEN };
	struct buf body = BUF_INIT;

	for (size_t i = 0; i < FACTS; i++)
		put_fact(&body, &facts_rows[i], (const char *)facts + facts_rows[i].offset);
	memcpy(head.signature, signature, sizeof(signature));
	head.facts = (uint16_t)body.len;
	head.crc = crc_of(crc_of(0, &head, RECORDING_STATE_AT), body.data, body.len);
	buf_put(b, &head, sizeof(head));
	buf_put(b, body.data, body.len);
	if (body.error)
		b->error = body.error;
	buf_done(&body);
	*ret_name = head.crc;
}

static void take_fact(uint16_t tag, const char *value, size_t n, struct recording_facts *ret)
{
	for (size_t i = 0; i < FACTS; i++) {
		const struct fact *row = &facts_rows[i];
		size_t most = row->size - (row->text ? 1 : 0);

		if (row->tag == tag && (row->text || n == row->size))
			memcpy((char *)ret + row->offset, value, n < most ? n : most);
	}
}

static bool read_facts(const char *at, size_t len, struct recording_facts *ret)
{
	memset(ret, 0, sizeof(*ret));
	while (len >= 4) {
		uint16_t tag, n;

		memcpy(&tag, at, 2);
		memcpy(&n, at + 2, 2);
		if (n > len - 4)
			return false;
		take_fact(tag, at + 4, n, ret);
		at += 4 + n;
		len -= 4 + n;
	}
	return len == 0;
}

/* Is it ours at all, and ours to read? */
static int look_at(const void *data, size_t len, const struct head *head, struct buf *why)
{
	size_t n = len < sizeof(signature) ? len : sizeof(signature);

	if (len == 0) {
		buf_puts(why, "is empty: no recording");
		return -EBADMSG;
	}
	if (memcmp(data, signature, n)) {
		buf_puts(why, "is no recording: --record makes one");
		return -EBADMSG;
	}
	if (len < sizeof(*head)) {
		buf_puts(why, "is cut off within its first bytes");
		return -EBADMSG;
	}
	if (head->order == ORDER_SWAPPED) {
		buf_puts(why, "was recorded on a machine of the other byte order");
		return -ENOTSUP;
	}
	if (head->order == ORDER && head->version > RECORDING_VERSION) {
		buf_printf(why, "is a recording of version %u; this capsieve reads up to version %u: take a newer one",
			   head->version, RECORDING_VERSION);
		return -ENOTSUP;
	}
	return 0;
}

int recording_read_head(const void *data, size_t len, struct recording_head *ret, struct buf *why)
{
	const char *facts = (const char *)data + sizeof(struct head);
	struct recording_head r;
	struct head head;
	int err;

	memset(&head, 0, sizeof(head));
	memcpy(&head, data, len < sizeof(head) ? len : sizeof(head));
	err = look_at(data, len, &head, why);
	if (err)
		return err;
	if (head.order != ORDER || head.facts > RECORDING_FACTS_MAX || head.facts > len - sizeof(head) ||
	    crc_of(crc_of(0, &head, RECORDING_STATE_AT), facts, head.facts) != head.crc ||
	    !read_facts(facts, head.facts, &r.facts)) {
		buf_puts(why, "has a damaged head: what it holds cannot be read");
		return -EBADMSG;
	}
	r.size = sizeof(head) + head.facts;
	r.name = head.crc;
	r.closed = head.state == RECORDING_CLOSED;
	*ret = r;
	return 0;
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

void recording_put_block(struct buf *b, const struct recording_block *block)
{
	struct block head = {
		.mark = BLOCK_MARK,
		.kind = (uint16_t)block->kind,
		.packed = block->packed,
		.raw = block->raw,
		.checks = block->checks,
		.name = block->name,
		.number = block->number,
		.before = block->before,
		.payload_crc = crc_of(0, block->payload, block->packed),
	};

	head.crc = crc_of(0, &head, offsetof(struct block, crc));
	buf_put(b, &head, sizeof(head));
	buf_put(b, block->payload, block->packed);
}

/* A head that is whole and tells nothing impossible. */
static bool read_block(const void *data, struct block *ret)
{
	memcpy(ret, data, sizeof(*ret));
	return ret->mark == BLOCK_MARK && ret->crc == crc_of(0, ret, offsetof(struct block, crc)) &&
	       ret->packed <= RECORDING_PACKED_MAX && ret->raw <= RECORDING_RAW_MAX &&
	       ret->checks <= RECORDING_CHECKS_MAX;
}

enum recording_look recording_look(const void *data, size_t len, struct recording_block *ret)
{
	const char *payload = (const char *)data + sizeof(struct block);
	const uint32_t mark = BLOCK_MARK;
	struct block head;

	if (len < sizeof(head)) {
		*ret = (struct recording_block){ 0 };
		return memcmp(data, &mark, len < sizeof(mark) ? len : sizeof(mark)) ? RECORDING_NONE
										   : RECORDING_SHORT;
	}
	if (!read_block(data, &head))
		return RECORDING_NONE;
	*ret = (struct recording_block){
		.kind = head.kind,
		.packed = head.packed,
		.raw = head.raw,
		.checks = head.checks,
		.name = head.name,
		.number = head.number,
		.before = head.before,
		.payload = payload,
	};
	if (len - sizeof(head) < head.packed)
		return RECORDING_SHORT;
	return crc_of(0, payload, head.packed) == head.payload_crc ? RECORDING_WHOLE : RECORDING_NONE;
}

size_t recording_skip(const void *data, size_t len)
{
	const uint32_t mark = BLOCK_MARK;
	const char *from = data, *found;

	if (len <= 1)
		return len;
	found = memmem(from + 1, len - 1, &mark, sizeof(mark));
	if (found)
		return (size_t)(found - from);
	/* Its first bytes may be the last ones here. */
	return len > sizeof(mark) ? len - (sizeof(mark) - 1) : 1;
}
