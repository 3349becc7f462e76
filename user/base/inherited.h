/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which signals our caller ignored and which it blocked: a process that we start is to find them so, whatever we, or
 * the C library for the threads that it starts, made of them since. One set per process.
 */
#pragma once

/* Takes it down: first thing in main, before anything changes an action or the mask. */
void inherited_remember(void);

/* As if our caller had ignored and blocked nothing: at once, and for inherited_restore. */
void inherited_forget(void);

/* Every action as it was, ignored or the default and none caught, then the mask. Async-signal-safe. */
void inherited_restore(void);
