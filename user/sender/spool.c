/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sender/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/base/out.h"
#include "user/model/message.h"

enum { NAME_ROOM = 40, FILE_MAX = MESSAGE_BYTES_MAX };

struct spool_entry {
	struct spool_entry *next, *before;
	uint64_t seq, wall_ns;
	uint64_t size;
	uint64_t pending, taken;	/* a bit for each slot */
	uint8_t severity;
	bool unsynced;
	char *text;			/* the alert as a message; NULL: on disk */
};

struct slot {
	char *name;
	int fd;			/* its directory */
	struct spool_entry *first;	/* nothing before it waits for this slot; NULL: nothing does */
	struct spool_figures figures;
};

struct spool {
	struct spool_config config;
	int fd;
	struct slot slots[SPOOL_SLOTS_MAX];
	size_t slot_count;
	struct spool_entry *first, *last;	/* by seq */
	struct spool_figures total;
	uint64_t newest, in_memory;
	size_t unsynced;		/* entries; new ones, and so near the end */
	int trouble;			/* of the last that was to be stored */
	bool slots_unsynced;		/* a directory was made */
	struct left *left;		/* while it is opened */
	size_t left_count, left_room;
};

/* A file that was found. */
struct left {
	uint64_t seq, wall_ns, size;
	uint8_t severity, slot;
};

/* ---- the list --------------------------------------------------------------------------------------------------- */

static void link_after(struct spool *s, struct spool_entry *e, struct spool_entry *at)
{
	e->before = at;
	e->next = at ? at->next : s->first;
	*(e->next ? &e->next->before : &s->last) = e;
	*(at ? &at->next : &s->first) = e;
}

/* In the order of seq; mostly at the end. */
static void insert(struct spool *s, struct spool_entry *e)
{
	struct spool_entry *at = s->last;

	while (at && at->seq > e->seq)
		at = at->before;
	link_after(s, e, at);
	s->total.count++;
	s->total.bytes += e->size;
	if (e->seq > s->newest)
		s->newest = e->seq;
}

static struct spool_entry *find(const struct spool *s, uint64_t seq)
{
	struct spool_entry *e = s->last;

	while (e && e->seq > seq)
		e = e->before;
	return e && e->seq == seq ? e : NULL;
}

static void drop_entry(struct spool *s, struct spool_entry *e)
{
	for (size_t i = 0; i < s->slot_count; i++)
		if (s->slots[i].first == e)
			s->slots[i].first = e->next;
	*(e->before ? &e->before->next : &s->first) = e->next;
	*(e->next ? &e->next->before : &s->last) = e->before;
	s->total.count--;
	s->total.bytes -= e->size;
	if (e->text)
		s->in_memory -= e->size;
	s->unsynced -= e->unsynced;
	free(e->text);
	free(e);
}

static void count_in(struct spool *s, struct spool_entry *e, size_t slot)
{
	struct slot *of = &s->slots[slot];

	e->pending |= 1ULL << slot;
	of->figures.count++;
	of->figures.bytes += e->size;
	if (!of->first || of->first->seq > e->seq)
		of->first = e;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static void file_name(const struct spool_entry *e, char ret[NAME_ROOM])
{
	snprintf(ret, NAME_ROOM, "%020" PRIu64 "-%u", e->seq, e->severity);
}

/* One that is there already may be an alert's, too: whoever wrote it was killed over it. */
static int write_new(const struct spool *s, const char *name, const char *data, size_t n)
{
	int fd = unlinkat(s->fd, name, 0) && errno != ENOENT ?
			 -1 :
			 openat(s->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int err = fd < 0 ? -errno : out_all(fd, data, n);

	if (fd >= 0 && close(fd) && !err)
		err = -errno;
	return err;
}

static void unlink_from(const struct spool *s, const struct spool_entry *e, uint64_t slots)
{
	char name[NAME_ROOM];

	file_name(e, name);
	for (size_t i = 0; i < s->slot_count; i++)
		if (slots >> i & 1)
			unlinkat(s->slots[i].fd, name, 0);
}

static int open_directory_of(struct spool *s, struct slot *slot);

static int open_slots(struct spool *s, uint64_t slots)
{
	int err = 0;

	for (size_t i = 0; i < s->slot_count && !err; i++)
		if (slots >> i & 1 && s->slots[i].fd < 0)
			err = open_directory_of(s, &s->slots[i]);
	return err;
}

/* Whole under all of its names, or under none. */
static int store(struct spool *s, const struct spool_entry *e, uint64_t slots, const struct buf *text)
{
	static const char temporary[] = "new";
	char name[NAME_ROOM];
	int err = open_slots(s, slots);

	err = err ?: write_new(s, temporary, text->data, text->len);
	file_name(e, name);
	for (size_t i = 0; i < s->slot_count && !err; i++)
		if (slots >> i & 1 && linkat(s->fd, temporary, s->slots[i].fd, name, 0) && errno != EEXIST)
			err = -errno;
	unlinkat(s->fd, temporary, 0);
	if (err)
		unlink_from(s, e, slots);
	return err;
}

int spool_read(const struct spool *s, const struct spool_entry *e, size_t slot, struct buf *b)
{
	char name[NAME_ROOM];
	ssize_t n;
	int fd;

	if (e->text) {
		buf_put(b, e->text, e->size);
		return b->error;
	}
	if (buf_reserve(b, FILE_MAX + 1))
		return b->error;
	file_name(e, name);
	fd = openat(s->slots[slot].fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	do
		n = read(fd, b->data + b->len, FILE_MAX + 1);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		b->len += (size_t)n;
	n = n < 0 ? -errno : 0;
	close(fd);
	return (int)n;
}

/* ---- what goes -------------------------------------------------------------------------------------------------- */

static void forget(struct spool *s, struct spool_entry *e, size_t slot)
{
	struct slot *of = &s->slots[slot];

	if (!(e->pending >> slot & 1))
		return;
	e->pending &= ~(1ULL << slot);
	of->figures.count--;
	of->figures.bytes -= e->size;
	if (of->first == e)
		of->first = of->figures.count ? e->next : NULL;
}

static void tell_lost(const struct spool *s, const struct spool_entry *e, uint64_t slots, const char *reason)
{
	struct spool_lost lost = { .seq = e->seq, .wall_ns = e->wall_ns, .slots = slots, .reason = reason };

	s->config.lost(s->config.ctx, &lost);
}

/* The oldest of the lowest severity that nobody is delivering; NULL: none. */
static struct spool_entry *victim_of(const struct spool *s)
{
	struct spool_entry *victim = NULL;

	for (struct spool_entry *e = s->first; e; e = e->next)
		if (!e->taken && (!victim || e->severity > victim->severity))
			victim = e;
	return victim;
}

/* Makes room by the rule. False: it is the new one, of this severity, that has to go. */
static bool evict(struct spool *s, uint8_t severity, const char *reason)
{
	struct spool_entry *e = victim_of(s);

	if (!e || e->severity < severity)
		return false;
	tell_lost(s, e, e->pending, reason);
	if (!e->text)
		unlink_from(s, e, e->pending);
	for (size_t i = 0; i < s->slot_count; i++)
		forget(s, e, i);
	drop_entry(s, e);
	return true;
}

static int keep_in_memory(struct spool *s, struct spool_entry *e, const struct buf *text)
{
	if (s->in_memory + text->len > SPOOL_MEMORY_MAX)
		return -ENOSPC;
	e->text = malloc(text->len);
	if (!e->text)
		return -ENOMEM;
	memcpy(e->text, text->data, text->len);
	s->in_memory += text->len;
	return 1;
}

/* 0, 1 or -ENOSPC as spool_add. */
static int make_room_and_store(struct spool *s, struct spool_entry *e, uint64_t slots, const struct buf *text)
{
	int err;

	while (s->total.count && s->total.bytes + text->len > s->config.max_bytes)
		if (!evict(s, e->severity, "the spool is full"))
			return -ENOSPC;
	for (;;) {
		err = store(s, e, slots, text);
		s->trouble = err;
		if (!err)
			return 0;
		err = keep_in_memory(s, e, text);
		if (err == 1)
			return 1;
		if (!evict(s, e->severity, "the disk is full"))
			return -ENOSPC;
	}
}

static int add_new(struct spool *s, struct spool_entry *e, const struct message_alert *alert, uint64_t slots)
{
	struct message m = { .type = MESSAGE_ALERT, .alert = *alert };
	struct buf text = BUF_INIT;
	int err = message_put(&text, &m);

	e->size = text.len;
	err = err ?: make_room_and_store(s, e, slots, &text);
	buf_done(&text);
	if (err < 0)
		return err;
	e->unsynced = !e->text;
	s->unsynced += e->unsynced;
	insert(s, e);
	for (size_t i = 0; i < s->slot_count; i++)
		if (slots >> i & 1)
			count_in(s, e, i);
	return err;
}

int spool_add(struct spool *s, const struct message_alert *alert, uint64_t slots, uint64_t wall_ns)
{
	struct spool_entry *e;
	int err;

	if (!slots || find(s, alert->seq))
		return 0;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	e->seq = alert->seq;
	e->wall_ns = wall_ns;
	e->severity = alert->severity;
	err = add_new(s, e, alert, slots);
	if (err >= 0)
		return err;
	if (e->seq > s->newest)
		s->newest = e->seq;
	tell_lost(s, e, slots, "there is no room for it");
	free(e);
	return -ENOSPC;
}

/* ---- the slots -------------------------------------------------------------------------------------------------- */

size_t spool_slots(const struct spool *s)
{
	return s->slot_count;
}

const char *spool_slot_name(const struct spool *s, size_t slot)
{
	return s->slots[slot].name;
}

static int open_directory_of(struct spool *s, struct slot *slot)
{
	int err = mkdirat(s->fd, slot->name, 0700) ? errno : 0;

	s->slots_unsynced |= !err;
	if (err && err != EEXIST)
		return -err;
	slot->fd = openat(s->fd, slot->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return slot->fd < 0 ? -errno : 0;
}

/* Where no directory can be made, what waits for it is in memory, until one can. */
static int open_slot(struct spool *s, struct slot *slot, const char *name)
{
	*slot = (struct slot){ .name = strdup(name), .fd = -1 };
	if (slot->name)
		open_directory_of(s, slot);
	return slot->name ? 0 : -ENOMEM;
}

int spool_slot(struct spool *s, const char *name)
{
	int err;

	for (size_t i = 0; i < s->slot_count; i++)
		if (!strcmp(s->slots[i].name, name))
			return (int)i;
	if (s->slot_count == SPOOL_SLOTS_MAX)
		return -EMFILE;
	err = open_slot(s, &s->slots[s->slot_count], name);
	return err ?: (int)s->slot_count++;
}

bool spool_waits(const struct spool *s, size_t slot)
{
	return s->slots[slot].figures.count;
}

struct spool_entry *spool_take(struct spool *s, size_t slot)
{
	uint64_t bit = 1ULL << slot;
	struct spool_entry *e = s->slots[slot].first;

	while (e && !(e->pending & bit))
		e = e->next;
	s->slots[slot].first = e;
	while (e && (!(e->pending & bit) || e->taken & bit))
		e = e->next;
	if (e)
		e->taken |= bit;
	return e;
}

void spool_put_back(struct spool *s, struct spool_entry *e, size_t slot)
{
	(void)s;
	e->taken &= ~(1ULL << slot);
}

void spool_done(struct spool *s, struct spool_entry *e, size_t slot)
{
	spool_put_back(s, e, slot);
	if (!e->text)
		unlink_from(s, e, 1ULL << slot);
	forget(s, e, slot);
	if (!e->pending && !e->taken)
		drop_entry(s, e);
}

void spool_drop_slot(struct spool *s, size_t slot, const char *reason)
{
	struct spool_entry *next;

	for (struct spool_entry *e = s->first; e; e = next) {
		next = e->next;
		if (!(e->pending >> slot & 1) || e->taken >> slot & 1)
			continue;
		tell_lost(s, e, 1ULL << slot, reason);
		spool_done(s, e, slot);
	}
}

/* ---- syncing ---------------------------------------------------------------------------------------------------- */

struct unsynced {
	uint64_t seq, slots;
	uint8_t severity;
};

struct spool_sync {
	uint64_t slots;		/* in which there is any */
	bool all_slots;		/* and there are new ones */
	int error;
	size_t count;
	struct unsynced at[];	/* by falling seq */
};

int spool_trouble(const struct spool *s)
{
	return s->trouble;
}

size_t spool_unsynced(const struct spool *s)
{
	return s->unsynced;
}

int spool_sync_begin(struct spool *s, struct spool_sync **ret)
{
	struct spool_sync *sync = calloc(1, sizeof(*sync) + s->unsynced * sizeof(*sync->at));

	if (!sync)
		return -ENOMEM;
	for (const struct spool_entry *e = s->last; e && sync->count < s->unsynced; e = e->before) {
		if (!e->unsynced)
			continue;
		sync->at[sync->count++] = (struct unsynced){ e->seq, e->pending, e->severity };
		sync->slots |= e->pending;
	}
	sync->all_slots = s->slots_unsynced;
	s->slots_unsynced = false;
	*ret = sync;
	return 0;
}

/* There are file systems that have nothing to sync. */
static int sync_fd(int fd)
{
	int r;

	do
		r = fsync(fd);
	while (r && errno == EINTR);
	return !r || errno == EINVAL || errno == ENOSYS ? 0 : -errno;
}

/* By any of its names: those of outputs that have got it are gone. */
static int sync_file(const struct spool *s, const struct unsynced *u)
{
	const struct spool_entry e = { .seq = u->seq, .severity = u->severity };
	char name[NAME_ROOM];
	int fd = -1, err;

	file_name(&e, name);
	for (size_t i = 0; i < SPOOL_SLOTS_MAX && fd < 0; i++) {
		if (!(u->slots >> i & 1))
			continue;
		fd = openat(s->slots[i].fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 && errno != ENOENT)
			return -errno;
	}
	if (fd < 0)
		return 0;
	err = sync_fd(fd);
	close(fd);
	return err;
}

int spool_sync_work(const struct spool *s, struct spool_sync *sync)
{
	int err = 0;

	for (size_t i = sync->count; i-- && !err;)
		err = sync_file(s, &sync->at[i]);
	for (size_t i = 0; i < SPOOL_SLOTS_MAX && !err; i++)
		if (sync->slots >> i & 1)
			err = sync_fd(s->slots[i].fd);
	if (sync->all_slots && !err)
		err = sync_fd(s->fd);
	sync->error = err;
	return err;
}

void spool_sync_end(struct spool *s, struct spool_sync *sync)
{
	struct spool_entry *e = s->last;

	for (size_t i = 0; i < sync->count && !sync->error; i++) {
		while (e && e->seq > sync->at[i].seq)
			e = e->before;
		if (!e || e->seq != sync->at[i].seq || !e->unsynced)
			continue;
		e->unsynced = false;
		s->unsynced--;
	}
	s->slots_unsynced |= sync->error && sync->all_slots;
	free(sync);
}

/* ---- what was left ---------------------------------------------------------------------------------------------- */

static bool parse_name(const char *name, uint64_t *ret_seq, uint8_t *ret_severity)
{
	char *end;

	if (strspn(name, "0123456789") != 20 || name[20] != '-' || name[21] < '0' || name[21] >= '0' + SEVERITIES || name[22])
		return false;
	errno = 0;
	*ret_seq = strtoull(name, &end, 10);
	*ret_severity = (uint8_t)(name[21] - '0');
	return !errno;
}

static int take_left(struct spool *s, size_t slot, const char *name)
{
	struct left l = { .slot = (uint8_t)slot };
	struct stat st;

	if (!parse_name(name, &l.seq, &l.severity) || fstatat(s->slots[slot].fd, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISREG(st.st_mode))
		return 0;
	if (s->left_count == s->left_room) {
		size_t room = s->left_room ? s->left_room * 2 : 64;
		struct left *more = reallocarray(s->left, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		s->left = more;
		s->left_room = room;
	}
	l.size = (uint64_t)st.st_size;
	l.wall_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000ULL + (uint64_t)st.st_mtim.tv_nsec;
	s->left[s->left_count++] = l;
	return 0;
}

static int by_seq(const void *a, const void *b)
{
	const struct left *one = a, *other = b;

	return (one->seq > other->seq) - (one->seq < other->seq);
}

static int list_left(struct spool *s)
{
	if (s->left_count)
		qsort(s->left, s->left_count, sizeof(*s->left), by_seq);
	for (size_t i = 0; i < s->left_count; i++) {
		const struct left *l = &s->left[i];
		struct spool_entry *e = find(s, l->seq);

		if (!e) {
			e = calloc(1, sizeof(*e));
			if (!e)
				return -ENOMEM;
			*e = (struct spool_entry){ .seq = l->seq, .severity = l->severity, .size = l->size,
						   .wall_ns = l->wall_ns };
			insert(s, e);
		}
		count_in(s, e, l->slot);
	}
	free(s->left);
	s->left = NULL;
	return 0;
}

static int each_name(int at, int (*take)(struct spool *s, size_t slot, const char *name), struct spool *s, size_t slot)
{
	int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *d;

	if (!dir) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	while (!err && (d = readdir(dir)))
		err = d->d_name[0] == '.' ? 0 : take(s, slot, d->d_name);
	closedir(dir);
	return err;
}

static int take_directory(struct spool *s, size_t unused, const char *name)
{
	struct stat st;
	int slot;

	(void)unused;
	if (fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISDIR(st.st_mode))
		return 0;
	slot = spool_slot(s, name);
	if (slot >= 0 && s->slots[slot].fd < 0)
		return -EACCES;
	return slot < 0 ? slot : each_name(s->slots[slot].fd, take_left, s, (size_t)slot);
}

static int open_directory(struct spool *s)
{
	if (!s->config.path) {
		s->fd = fcntl(s->config.fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		return s->fd < 0 ? -errno : 0;
	}
	if (mkdir(s->config.path, 0700) && errno != EEXIST)
		return -errno;
	s->fd = open(s->config.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return s->fd < 0 ? -errno : 0;
}

int spool_open(const struct spool_config *config, struct spool **ret)
{
	struct spool *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->config = *config;
	s->fd = -1;
	err = open_directory(s);
	err = err ?: each_name(s->fd, take_directory, s, 0);
	err = err ?: list_left(s);
	if (err)
		spool_close(s);
	else
		*ret = s;
	return err;
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	while (s->first)
		drop_entry(s, s->first);
	for (size_t i = 0; i < s->slot_count; i++) {
		if (s->slots[i].fd >= 0)
			close(s->slots[i].fd);
		free(s->slots[i].name);
	}
	if (s->fd >= 0)
		close(s->fd);
	free(s->left);
	free(s);
}

/* ---- figures ---------------------------------------------------------------------------------------------------- */

void spool_set_limit(struct spool *s, uint64_t max_bytes)
{
	s->config.max_bytes = max_bytes;
}

void spool_figures(const struct spool *s, size_t slot, struct spool_figures *ret)
{
	*ret = s->slots[slot].figures;
}

void spool_total(const struct spool *s, struct spool_figures *ret)
{
	*ret = s->total;
}

static uint64_t before_memory(const struct spool *s)
{
	for (const struct spool_entry *e = s->first; e && s->in_memory; e = e->next)
		if (e->text)
			return e->seq - 1;
	return s->newest;
}

uint64_t spool_safe(const struct spool *s)
{
	uint64_t safe = before_memory(s);
	size_t left = s->unsynced;

	for (const struct spool_entry *e = s->last; e && left; e = e->before) {
		left -= e->unsynced;
		if (e->unsynced && e->seq <= safe)
			safe = e->seq - 1;
	}
	return safe;
}

uint64_t spool_entry_seq(const struct spool_entry *e)
{
	return e->seq;
}
