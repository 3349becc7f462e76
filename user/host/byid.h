/* SPDX-License-Identifier: BSD-2-Clause */
/* A container by its id in the path of a cgroup, in the places where engines leave files. */
#pragma once

struct search;

/* A path that says nothing of containers ends with the id of one, where a runtime was told no other name. */
void byid_last_name(struct search *s);

/* From the outermost level inwards. */
void byid_find(struct search *s);
