/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/history/sqlite.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "user/base/library.h"

#ifdef STATIC
#define SQLITE_LINKED(name) .name = sqlite3_##name,
struct sqlite_calls sqlite = { SQLITE_CALLS(SQLITE_LINKED) };

int sqlite_load(void)
{
	return 0;
}
#else
struct sqlite_calls sqlite;

int sqlite_load(void)
{
	bool all = true;

	if (sqlite.library)
		return 0;
	sqlite.library = library_open("libsqlite3.so.0");
	if (!sqlite.library)
		return -ELIBACC;
#define SQLITE_LOAD(name) \
	*(void **)&sqlite.name = dlsym(sqlite.library, "sqlite3_" #name); \
	all &= sqlite.name != NULL;
	SQLITE_CALLS(SQLITE_LOAD)
#undef SQLITE_LOAD
	if (all)
		return 0;
	dlclose(sqlite.library);
	sqlite.library = NULL;
	return -ELIBACC;
}
#endif
