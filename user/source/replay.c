/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/replay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/text.h"
#include "user/model/record.h"

enum { READ_AT_LEAST = 1 << 18 };

struct replay {
	int fd;
	struct buf window;	/* of the file; what was used goes when room is needed */
	size_t at;		/* in the window */
	bool no_more;		/* the file is at its end */
	struct recording_head head;
	struct unpack *unpack;
	bool open;		/* the unpack has a block */
	uint64_t number, before;	/* of the block that should come next */
	bool ended;
	bool lost_track;	/* bytes were passed over since the last good block */
	struct replay_damage damage;
};

/* ---- bytes ----------------------------------------------------------------------------------------------------- */

static const char *here(const struct replay *r)
{
	return r->window.data + r->at;
}

static size_t left(const struct replay *r)
{
	return r->window.len - r->at;
}

/* As many bytes as can be had, need if possible. 0 or negative errno. */
static int fill(struct replay *r, size_t need)
{
	size_t n = left(r);

	if (n >= need || r->no_more)
		return 0;
	if (n)
		memmove(r->window.data, here(r), n);
	r->window.len = n;
	r->at = 0;
	if (buf_reserve(&r->window, need > READ_AT_LEAST ? need : READ_AT_LEAST))
		return -ENOMEM;
	while (r->window.len < need) {
		ssize_t got = read(r->fd, r->window.data + r->window.len, r->window.cap - 1 - r->window.len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got) {
			r->no_more = true;
			break;
		}
		r->window.len += (size_t)got;
	}
	return 0;
}

/* ---- blocks ---------------------------------------------------------------------------------------------------- */

static void pass_over(struct replay *r, size_t n)
{
	if (!r->lost_track)
		r->damage.places++;
	r->lost_track = true;
	r->at += n;
}

/* What begins so far behind here: as recording_look, with all of it in the window. Or negative errno. */
static int look_ahead(struct replay *r, size_t ahead, struct recording_block *ret)
{
	enum recording_look look;
	int err = fill(r, ahead + RECORDING_BLOCK);

	if (err)
		return err;
	look = recording_look(here(r) + ahead, left(r) - ahead, ret);
	if (look != RECORDING_SHORT || r->no_more)
		return (int)look;
	err = fill(r, ahead + RECORDING_BLOCK + ret->packed);
	return err ?: (int)recording_look(here(r) + ahead, left(r) - ahead, ret);
}

/* The next block that is whole. 1 and *ret, whose payload is in the window; 0 at the end; negative errno. */
static int find_block(struct replay *r, struct recording_block *ret)
{
	for (;;) {
		int look = look_ahead(r, 0, ret);

		if (look < 0)
			return look;
		if (!left(r))
			return 0;
		if (look == RECORDING_WHOLE) {
			r->at += RECORDING_BLOCK + ret->packed;
			return 1;
		}
		pass_over(r, recording_skip(here(r), left(r)));
	}
}

/* Is it the next one, or one behind it? What is of another recording or came before is not to be shown. */
static bool belongs(const struct replay *r, const struct recording_block *b)
{
	return b->name == r->head.name && b->number >= r->number && b->before >= r->before;
}

static int take_block(struct replay *r, const struct recording_block *b, const struct replay_taker *to)
{
	uint64_t missing = b->before - r->before;
	int err;

	if (!belongs(r, b)) {
		pass_over(r, 0);
		return 0;
	}
	err = unpack_open(r->unpack, b);
	if (err == -EBADMSG) {
		pass_over(r, 0);
		return 0;
	}
	if (err)
		return err;
	if (b->number > r->number)
		pass_over(r, 0);
	r->lost_track = false;
	r->open = true;
	r->number = b->number + 1;
	r->before = b->before + b->checks;
	r->damage.missing += missing;
	return missing ? to->missing(to->ctx, missing) : 0;
}

static int read_block(struct replay *r, const struct replay_taker *to)
{
	struct unpack_item item;
	struct record *record;
	int err;

	for (;;) {
		while ((record = unpack_check(r->unpack))) {
			err = to->check(to->ctx, record);
			if (err)
				return err;
		}
		unpack_next(r->unpack, &item);
		if (item.kind == UNPACK_NOTHING)
			break;
		r->ended |= item.kind == UNPACK_END;
		err = item.kind == UNPACK_CHECK ? to->check(to->ctx, item.record) : to->other(to->ctx, &item);
		if (err)
			return err;
	}
	r->open = false;
	return 1;
}

int replay_read(struct replay *r, const struct replay_taker *to)
{
	struct recording_block block;
	int found;

	if (r->open)
		return read_block(r, to);
	if (r->ended) {
		found = fill(r, 1);
		r->damage.behind = left(r) > 0;
		return found;
	}
	found = find_block(r, &block);
	if (found <= 0)
		return found;
	found = take_block(r, &block, to);
	return found < 0 ? found : 1;
}

void replay_damage(const struct replay *r, struct replay_damage *ret)
{
	*ret = r->damage;
	ret->cut_off = !r->ended;
	/* The part of a block that a cut leaves is not a place of its own. */
	if (ret->cut_off && r->lost_track && ret->places)
		ret->places--;
	/* What stands again was written at the start, and does not know. */
	ret->closed = r->damage.head ? r->ended : r->head.closed;
}

const struct recording_facts *replay_facts(const struct replay *r)
{
	return &r->head.facts;
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

static int open_file(const char *path, int *ret)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : dup(STDIN_FILENO);

	if (fd < 0)
		return -errno;
	*ret = fd;
	return 0;
}

static void put_name(struct buf *why, const char *path)
{
	if (strcmp(path, "-"))
		text_escape(why, path, strlen(path));
	else
		buf_puts(why, "standard input");
}

/* The head from where it stands again; what is here stays here, to be read. 0; -EBADMSG: there is none; or negative errno. */
static int find_again(struct replay *r)
{
	size_t ahead = 0;

	do {
		struct recording_block b;
		int look = look_ahead(r, ahead, &b), err;

		if (look < 0)
			return look;
		if (look != RECORDING_WHOLE) {
			ahead += recording_skip(here(r) + ahead, left(r) - ahead);
			continue;
		}
		err = unpack_head(r->unpack, &b, &r->head);
		if (err != -EBADMSG)
			return err;
		ahead += RECORDING_BLOCK + b.packed;
	} while (ahead < REPLAY_SEARCH && (ahead < left(r) || !r->no_more));
	return -EBADMSG;
}

static int read_head(struct replay *r, struct buf *why)
{
	int err = fill(r, RECORDING_HEAD + RECORDING_FACTS_MAX);

	if (err) {
		buf_printf(why, "cannot be read: %s", strerror(-err));
		return err;
	}
	err = recording_read_head(here(r), left(r), &r->head, why);
	if (!err)
		r->at += r->head.size;
	else if (left(r) && !find_again(r)) {
		r->damage.head = true;
		pass_over(r, 0);
		return 0;
	}
	return err;
}

int replay_open(const char *path, struct replay **ret, struct buf *why)
{
	struct replay *r = calloc(1, sizeof(*r));
	int err;

	put_name(why, path);
	buf_putc(why, ' ');
	if (!r)
		return -ENOMEM;
	r->unpack = unpack_new();
	err = r->unpack ? open_file(path, &r->fd) : -ENOMEM;
	if (err) {
		buf_printf(why, "cannot be opened: %s", strerror(-err));
		r->fd = -1;
	}
	err = err ?: read_head(r, why);
	if (err) {
		replay_free(r);
		return err;
	}
	*ret = r;
	return 0;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	buf_done(&r->window);
	unpack_free(r->unpack);
	free(r);
}
