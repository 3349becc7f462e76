/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/lean.h"

#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

static int give_back(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const uintptr_t page = *(const uintptr_t *)ctx;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t begin = info->dlpi_addr + part->p_vaddr, end = begin + part->p_filesz;

		if (part->p_type != PT_LOAD || part->p_flags & PF_W)
			continue;
		begin = begin / page * page;
		end = (end + page - 1) / page * page;
		madvise((void *)begin, end - begin, MADV_DONTNEED);
	}
	return 0;
}

/* What has relocations in its text would lose them: no distribution builds such, and ours is not. */
static int one(struct dl_phdr_info *info, size_t size, void *ctx)
{
	const uintptr_t vdso = (uintptr_t)getauxval(AT_SYSINFO_EHDR);

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type == PT_LOAD && vdso && info->dlpi_addr + part->p_vaddr == vdso)
			return 0;
		if (part->p_type != PT_DYNAMIC)
			continue;
		for (const ElfW(Dyn) *d = (const ElfW(Dyn) *)(info->dlpi_addr + part->p_vaddr); d->d_tag != DT_NULL; d++)
			if (d->d_tag == DT_TEXTREL || (d->d_tag == DT_FLAGS && d->d_un.d_val & DF_TEXTREL))
				return 0;
	}
	return give_back(info, size, ctx);
}

void lean_code(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	dl_iterate_phdr(one, &page);
}
