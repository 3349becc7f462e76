/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once

/*
 * The number of a trace event, e.g. "capability/cap_capable". Where tracefs is not mounted, it is mounted
 * for this one look, detached, so that nobody sees it (fsmount, 5.2; needs CAP_SYS_ADMIN). 0 and *ret_id;
 * -ENOENT: this kernel does not have the event; -EACCES: not ours to read (CAP_DAC_READ_SEARCH); another
 * negative errno: there is no tracefs.
 */
int tracefs_event_id(const char *event, unsigned int *ret_id);
