/* SPDX-License-Identifier: BSD-2-Clause */
/* An alert, as others want to be told of it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "user/base/jsonin.h"
#include "user/rule/config.h"

struct buf;
struct message_alert;

/* An alert to look into. Zeroed is none. */
struct format_alert {
	const struct message_alert *alert;
	struct jsonin root;
	struct buf *why;	/* owned */
};

/* 0; -EINVAL: its JSON is none; -ENOMEM. */
int format_open(const struct message_alert *alert, struct format_alert *ret);
void format_close(struct format_alert *a);

/* A text of it, by key, or by two ("container", "name"); NULL: there is none. */
const char *format_text(const struct format_alert *a, const char *key);
const char *format_text_in(const struct format_alert *a, const char *object, const char *key);
bool format_number(const struct format_alert *a, const char *key, int64_t *ret);

/* "TIME HOST SEVERITY RULE: MESSAGE (FILE:LINE, by KEY)", safe for a terminal, without a newline. */
void format_put_text(struct buf *b, const struct format_alert *a);

/* The same without time, host and severity, for where these stand in front already. */
void format_put_sentence(struct buf *b, const struct format_alert *a);

/* What a webhook of that format is sent. */
void format_put_body(struct buf *b, enum config_format format, const struct format_alert *a);

/* One alert of Alertmanager's, between two moments (0: it says itself when it ends), without the list around it. */
void format_put_alertmanager(struct buf *b, const struct format_alert *a, uint64_t starts_ns, uint64_t ends_ns);
