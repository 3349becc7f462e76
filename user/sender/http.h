/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Answers GET and HEAD of /metrics and /healthz, and nothing else, by libmicrohttpd, which is loaded when it is wanted.
 * At most 16 connections at once, 5 s for each, 8 KiB of a request.
 */
#pragma once

struct buf;
struct http;

/*
 * listen: ADDRESS:PORT, [ADDRESS]:PORT or localhost:PORT. put appends the metrics, in a thread of its own. 0 and *ret;
 * negative errno and a sentence in *why.
 */
int http_new(const char *listen, void (*put)(void *ctx, struct buf *b), void *ctx, struct http **ret, struct buf *why);
void http_free(struct http *h);
