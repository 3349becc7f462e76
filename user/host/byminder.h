/* SPDX-License-Identifier: BSD-2-Clause */
/* A container by the processes that look after it: what a shim, conmon or a runtime was told. */
#pragma once

struct search;

/* From the process outwards, or from its parent where it is gone: what looks after a container is above all in it. */
void byminder_find(struct search *s);
