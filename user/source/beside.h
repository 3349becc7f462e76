/* SPDX-License-Identifier: BSD-2-Clause */
/* What listens beside the probe: to what calls return, and to what tasks do to their lives and credentials. */
#pragma once

struct buf;
struct live;

/* For the probe that reports now; what came of it is said in .facts. */
void beside_attach(struct live *l);

/*
 * The probe gives way for a moment where it has to come after them: nobody is listened to yet. What a call returned is an extra:
 * where it is not to be had all else is as it would be, and 0. Negative errno: the probe could not come back.
 */
int beside_outcomes(struct live *l);

/* 0, or negative errno with a sentence in *why. */
int beside_lives(struct live *l, struct buf *why);

/* Tells also what was not executed for want of capabilities in the bounding set, where the kernel lets that be heard: an extra. */
void beside_refusals(struct live *l);
