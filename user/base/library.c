/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/base/library.h"

#ifdef STATIC
#include <nss.h>
#include <stddef.h>

void *library_open(const char *name)
{
	(void)name;
	return NULL;
}

void library_settle(void)
{
	__nss_configure_lookup("passwd", "files");
	__nss_configure_lookup("group", "files");
	__nss_configure_lookup("hosts", "files dns");
}
#else
#include <dlfcn.h>

void *library_open(const char *name)
{
	return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

void library_settle(void)
{
}
#endif
