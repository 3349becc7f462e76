/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/cmd/profile_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/advice/saved.h"
#include "user/base/buf.h"
#include "user/base/fresh.h"
#include "user/base/jsonin.h"
#include "user/base/out.h"
#include "user/base/text.h"
#include "user/caps/profile.h"
#include "user/cmd/commands.h"
#include "user/cmd/say.h"
#include "user/host/whole.h"
#include "user/view/answer.h"

/* Whoever can write it says what the command may. */
static int check_kind(int fd, const char *name, bool obeyed, struct buf *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!obeyed || !S_ISREG(st.st_mode) || !(st.st_mode & S_IWOTH))
		return 0;
	buf_printf(why, "%s: not trusted: everyone can write it", name);
	return -EPERM;
}

static int read_text(const char *path, const char *name, bool obeyed, struct buf *text, struct buf *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), err;

	if (fd < 0)
		return -errno;
	err = check_kind(fd, name, obeyed, why);
	if (!err)
		err = whole_read(fd, JSONIN_BYTES_MAX, text);
	close(fd);
	return err;
}

/* An exit code, after saying what is wrong. */
static int fail(const struct say *to, const char *path, int err, int failed, struct buf *why)
{
	if (err == -EFBIG)
		say(to, "%s: too large: at most %d MiB are read", path, JSONIN_BYTES_MAX >> 20);
	else if (why->len)
		say(to, "%s", buf_str(why));
	else
		say_error(to, path, err);
	return err == -EINVAL || err == -EFBIG || err == -ENOENT || err == -EISDIR ? EXIT_USAGE : failed;
}

/* What makes something of the text. */
typedef int parser(const char *file, const char *text, size_t n, struct buf *why, void *ret);

static int read_with(parser *parse, const struct say *to, const char *path, bool obeyed, int failed, void *ret)
{
	struct buf text = BUF_INIT, why = BUF_INIT, safe = BUF_INIT;
	const char *name;
	int err, code;

	text_escape(&safe, path, strlen(path));
	name = buf_str(&safe);
	err = read_text(path, name, obeyed, &text, &why);
	if (!err)
		err = parse(path, text.data ? text.data : "", text.len, &why, ret);
	code = err ? fail(to, name, err, failed, &why) : EXIT_FINE;
	buf_done(&safe);
	buf_done(&why);
	buf_done(&text);
	return code;
}

static int parse_advice(const char *file, const char *text, size_t n, struct buf *why, void *ret)
{
	return profile_parse(file, text, n, why, ret);
}

static int parse_all(const char *file, const char *text, size_t n, struct buf *why, void *ret)
{
	return saved_parse(file, text, n, why, ret);
}

static int parse_several(const char *file, const char *text, size_t n, struct buf *why, void *ret)
{
	return saved_parse_all(file, text, n, why, ret);
}

int profile_file_read(const struct say *to, const char *path, bool obeyed, int failed, struct profile *ret)
{
	return read_with(parse_advice, to, path, obeyed, failed, ret);
}

int profile_file_saved(const struct say *to, const char *path, int failed, struct saved *ret)
{
	return read_with(parse_all, to, path, false, failed, ret);
}

int profile_file_all(const struct say *to, const char *path, int failed, struct saved_list *ret)
{
	return read_with(parse_several, to, path, false, failed, ret);
}

int profile_file_put(const char *path, const struct buf *text)
{
	struct fresh file;
	struct out out;
	int err = fresh_open(path, &file);

	if (err)
		return err;
	out_init(&out, file.fd, false);
	out_write(&out, text->data, text->len);
	err = out_flush(&out);
	if (!err && file.temporary && fsync(file.fd))
		err = -errno;
	err = out_close(&out) ?: err;
	err = err ?: fresh_put(&file);
	fresh_done(&file);
	return err;
}

int profile_file_write(const struct say *to, const char *path, const struct answer *a)
{
	struct buf text = BUF_INIT;
	int err;

	answer_json(&text, a);
	err = text.error ?: text.len > JSONIN_BYTES_MAX ? -EFBIG : profile_file_put(path, &text);
	if (err == -EFBIG)
		say(to, "%s: not written: more than the %d MiB that are read", path, JSONIN_BYTES_MAX >> 20);
	else if (err)
		say_error(to, path, err);
	buf_done(&text);
	return err ? EXIT_FAILED : EXIT_FINE;
}
