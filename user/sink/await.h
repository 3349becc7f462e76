/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holds checks back until it is known what their system calls returned, and hands them on in the order in which they
 * came, with their outcome. Only a denied check waits, and no longer than a moment: a call that sleeps holds nobody up.
 */
#pragma once

struct sink;

/* In front of `inner`, which belongs to *ret from then on, and is freed where this fails with -ENOMEM. */
int await_new(struct sink *inner, struct sink **ret);
