/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/fit.h"

#include <bpf/btf.h>
#include <elf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "user/source/relo.h"
#include "user/source/types.h"

enum { QUESTIONS_MAX = 1 << 10, ROOTS_MAX = 128, MEANT_MAX = 4, BAD_RELO = 0xbad2310 };

#define ENUMS (1U << BTF_KIND_ENUM | 1U << BTF_KIND_ENUM64)

/* What libbpf keeps in .BTF.ext: for each section of code, records behind a struct ext_section. */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t length;
	uint32_t functions, functions_bytes;
	uint32_t lines, lines_bytes;
	uint32_t relos, relos_bytes;	/* from the end of the header */
};

struct ext_section {
	uint32_t name, records;
};

/* One of our structs or enums that questions begin with, and what can be meant by it. */
struct root {
	const char *name;
	size_t length;		/* of it, without its flavour */
	uint32_t meant[MEANT_MAX];
	uint32_t id;		/* ours */
	uint16_t found;
	bool is_enum;
	uint8_t kind;
};

struct question {
	struct relo_question q;	/* .access NULL: nothing is here */
	struct relo_answer answer;
	uint32_t access;
	int error;
};

struct fitting {
	struct fit *fit;
	struct types *ours;
	const struct types *kernel;
	struct root root[ROOTS_MAX];
	size_t roots;
	struct question question[QUESTIONS_MAX];	/* by what they ask */
	size_t questions;
	struct types_filter filter;		/* of the roots */
};

struct part {
	uint8_t *at;
	size_t size;
};

/* Whole pages of a file, which are read from there again if ever they are needed. */
static void give_back(const void *data, size_t size)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t begin = ((uintptr_t)data + page - 1) / page * page, end = ((uintptr_t)data + size) / page * page;

	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}

int fit_copy(struct fit *ret, const void *elf, size_t size)
{
	void *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, elf, size);
	give_back(elf, size);
	*ret = (struct fit){ copy, size };
	return 0;
}

void fit_done(struct fit *f)
{
	free(f->elf);
	*f = (struct fit){ NULL, 0 };
}

/* ---- sections -------------------------------------------------------------------------------------------------- */

static bool holds(const struct fit *f, uint64_t at, uint64_t size)
{
	return at <= f->size && size <= f->size - at;
}

static const Elf64_Shdr *header_at(const struct fit *f, size_t n)
{
	const Elf64_Ehdr *e = f->elf;

	return (const Elf64_Shdr *)((const uint8_t *)f->elf + e->e_shoff) + n;
}

static int check_elf(const struct fit *f)
{
	const Elf64_Ehdr *e = f->elf;

	if (!holds(f, 0, sizeof(*e)) || memcmp(e->e_ident, ELFMAG, SELFMAG) || e->e_ident[EI_CLASS] != ELFCLASS64 ||
	    e->e_machine != EM_BPF || e->e_shentsize != sizeof(Elf64_Shdr) || e->e_shoff % 8 ||
	    !holds(f, e->e_shoff, (uint64_t)e->e_shnum * sizeof(Elf64_Shdr)) || e->e_shstrndx >= e->e_shnum)
		return -EINVAL;
	return 0;
}

static int find_section(const struct fit *f, const char *name, struct part *ret)
{
	const Elf64_Ehdr *e = f->elf;
	const Elf64_Shdr *names = header_at(f, e->e_shstrndx);
	size_t length = strlen(name) + 1;

	for (size_t i = 1; i < e->e_shnum; i++) {
		const Elf64_Shdr *s = header_at(f, i);
		uint64_t at = names->sh_offset + s->sh_name;

		if (s->sh_type == SHT_NOBITS || at < names->sh_offset || !holds(f, at, length) ||
		    memcmp((const char *)f->elf + at, name, length))
			continue;
		if (!holds(f, s->sh_offset, s->sh_size))
			return -EINVAL;
		*ret = (struct part){ (uint8_t *)f->elf + s->sh_offset, s->sh_size };
		return 0;
	}
	return -ENOENT;
}

/* ---- roots ----------------------------------------------------------------------------------------------------- */

static struct root *find_root(struct fitting *f, uint32_t id)
{
	for (size_t i = 0; i < f->roots; i++)
		if (f->root[i].id == id)
			return &f->root[i];
	return NULL;
}

static int add_root(struct fitting *f, uint32_t id)
{
	const struct btf_type *t = types_at(f->ours, id);
	struct root *r = &f->root[f->roots];

	if (find_root(f, id))
		return 0;
	if (!t || !t->name_off || !(btf_is_composite(t) || btf_is_any_enum(t)))
		return -EOPNOTSUPP;
	if (f->roots == ROOTS_MAX)
		return -E2BIG;
	r->id = id;
	r->name = types_name(f->ours, t->name_off);
	r->length = relo_name(r->name);
	r->kind = (uint8_t)btf_kind(t);
	r->is_enum = btf_is_any_enum(t);
	f->filter.begins[types_prefix(r->name)] = 1;
	f->filter.kinds |= r->is_enum ? ENUMS : 1U << r->kind;
	f->roots++;
	return 0;
}

/* A name in the kernel may have a flavour too. */
static int meet(void *ctx, uint32_t id, const struct btf_type *t, const char *name)
{
	size_t length = relo_name(name);
	struct fitting *f = ctx;

	for (size_t i = 0; i < f->roots; i++) {
		struct root *r = &f->root[i];

		if (r->length != length || memcmp(r->name, name, length) ||
		    (r->is_enum ? !btf_is_any_enum(t) : r->kind != btf_kind(t)))
			continue;
		if (r->found == MEANT_MAX)
			return -E2BIG;
		r->meant[r->found++] = id;
	}
	return 0;
}

/* ---- questions ------------------------------------------------------------------------------------------------- */

/* Its place, or the one where it is to be put; NULL: they are too many. */
static struct question *place_of(struct fitting *f, const struct bpf_core_relo *r)
{
	uint32_t at = (r->type_id * 31 + r->access_str_off) * 31 + r->kind;

	for (size_t i = 0; i < QUESTIONS_MAX; i++, at++) {
		struct question *q = &f->question[at % QUESTIONS_MAX];

		if (!q->q.access || (q->q.type == r->type_id && q->access == r->access_str_off && q->q.kind == r->kind))
			return q;
	}
	return NULL;
}

static int solve(struct fitting *f, const struct bpf_core_relo *r, struct relo_answer *ret)
{
	struct question *q = place_of(f, r);
	const struct root *root;

	if (!q)
		return -E2BIG;
	if (!q->q.access) {
		root = find_root(f, r->type_id);
		q->access = r->access_str_off;
		q->q.type = r->type_id;
		q->q.kind = r->kind;
		q->q.access = types_name(f->ours, r->access_str_off);
		q->error = relo_solve(f->ours, f->kernel, &q->q, root->meant, root->found, &q->answer);
	}
	*ret = q->answer;
	return q->error;
}

/* ---- instructions ---------------------------------------------------------------------------------------------- */

/* A call that no kernel knows, as libbpf has it: the verifier lets it stand where it is never reached. */
static void poison(struct bpf_insn *insn)
{
	*insn = (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = BAD_RELO };
}

static bool is_wide(const struct bpf_insn *insn, size_t n)
{
	return n > 1 && insn->code == (BPF_LD | BPF_IMM | BPF_DW) && !insn->src_reg && !insn[1].code;
}

static int put_size(struct bpf_insn *insn, uint32_t size)
{
	uint8_t code = size == 8 ? BPF_DW : size == 4 ? BPF_W : size == 2 ? BPF_H : BPF_B;

	if (size != 8 && size != 4 && size != 2 && size != 1)
		return -EINVAL;
	insn->code = (uint8_t)((insn->code & ~BPF_SIZE(0xff)) | code);
	return 0;
}

/* Of a load or a store. */
static int put_place(struct bpf_insn *insn, const struct relo_answer *a)
{
	if (a->misfit) {
		poison(insn);
		return 0;
	}
	if (insn->off < 0 || (uint64_t)insn->off != a->ours || a->theirs > INT16_MAX)
		return -EINVAL;
	insn->off = (int16_t)a->theirs;
	return a->our_size == a->their_size ? 0 : put_size(insn, a->their_size);
}

/* n: instructions from there to the end. */
static int put_answer(struct bpf_insn *insn, size_t n, const struct relo_answer *a)
{
	bool wide = is_wide(insn, n);

	if (a->none) {
		poison(insn);
		if (wide)
			poison(insn + 1);
		return 0;
	}
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		if (BPF_SRC(insn->code) != BPF_K || (uint32_t)insn->imm != a->ours || a->theirs > INT32_MAX)
			return -EINVAL;
		insn->imm = (int32_t)a->theirs;
		return 0;
	case BPF_LDX:
	case BPF_ST:
	case BPF_STX:
		return put_place(insn, a);
	case BPF_LD:
		if (!wide || (uint32_t)insn->imm != a->ours || insn[1].imm || a->theirs > UINT32_MAX)
			return -EINVAL;
		insn->imm = (int32_t)a->theirs;
		return 0;
	default:
		return -EOPNOTSUPP;
	}
}

/* ---- relocations ----------------------------------------------------------------------------------------------- */

typedef int relo_fn(struct fitting *f, const struct part *code, const struct bpf_core_relo *r);

static int note_root(struct fitting *f, const struct part *code, const struct bpf_core_relo *r)
{
	(void)code;
	return add_root(f, r->type_id);
}

static int apply(struct fitting *f, const struct part *code, const struct bpf_core_relo *r)
{
	size_t n = code->size / sizeof(struct bpf_insn), at = r->insn_off / sizeof(struct bpf_insn);
	struct relo_answer answer;
	int err = r->insn_off % sizeof(struct bpf_insn) || at >= n ? -EINVAL : solve(f, r, &answer);

	return err ? err : put_answer((struct bpf_insn *)code->at + at, n - at, &answer);
}

/* Of one section of code: records of `size` bytes. Returns the bytes that they take, or negative errno. */
static int64_t each_record(struct fitting *f, const uint8_t *at, size_t left, uint32_t size, relo_fn *fn)
{
	const struct ext_section *s = (const void *)at;
	struct part code;
	int err;

	if (left < sizeof(*s) || s->records > (left - sizeof(*s)) / size)
		return -EINVAL;
	err = find_section(f->fit, types_name(f->ours, s->name), &code);
	for (uint32_t i = 0; !err && i < s->records; i++)
		err = fn(f, &code, (const void *)(at + sizeof(*s) + (size_t)i * size));
	return err ? err : (int64_t)(sizeof(*s) + (size_t)s->records * size);
}

static int each_relo(struct fitting *f, const struct part *relos, relo_fn *fn)
{
	const uint8_t *at = relos->at;
	size_t left = relos->size;
	uint32_t size;

	if (left < sizeof(size))
		return -EINVAL;
	memcpy(&size, at, sizeof(size));
	if (size < sizeof(struct bpf_core_relo) || size % 4)
		return -EINVAL;
	at += sizeof(size);
	left -= sizeof(size);
	while (left) {
		int64_t used = each_record(f, at, left, size, fn);

		if (used < 0)
			return (int)used;
		at += used;
		left -= (size_t)used;
	}
	return 0;
}

static int find_relos(const struct part *ext, struct part *ret)
{
	const struct ext_header *h = (const void *)ext->at;

	if (ext->size < sizeof(*h) || (uintptr_t)ext->at % 4 || h->magic != BTF_MAGIC || h->length < sizeof(*h) ||
	    h->length > ext->size || h->length % 4 || h->relos % 4 || h->relos > ext->size - h->length ||
	    h->relos_bytes > ext->size - h->length - h->relos)
		return -EINVAL;
	*ret = (struct part){ ext->at + h->length + h->relos, h->relos_bytes };
	return 0;
}

/* What is left of .BTF.ext are the functions, which stand first. */
static void cut_ext(struct fit *f, const struct part *ext)
{
	struct ext_header *h = (void *)ext->at;
	uint64_t end = (uint64_t)h->length + h->functions + h->functions_bytes;
	const Elf64_Ehdr *e = f->elf;

	h->relos_bytes = h->lines_bytes = 0;
	if (end > ext->size)
		return;
	for (size_t i = 1; i < e->e_shnum; i++) {
		Elf64_Shdr *s = (Elf64_Shdr *)header_at(f, i);

		if (s->sh_type != SHT_NOBITS && s->sh_size && (uint8_t *)f->elf + s->sh_offset == ext->at)
			s->sh_size = end;
	}
}

static int fit_with(struct fitting *f, const struct part *ext)
{
	struct part relos;
	int err = find_relos(ext, &relos);

	err = err ? err : each_relo(f, &relos, note_root);
	err = err ? err : types_each(f->kernel, &f->filter, meet, f);
	err = err ? err : each_relo(f, &relos, apply);
	if (!err)
		cut_ext(f->fit, ext);
	return err;
}

int fit_object(struct fit *fit, const struct types *kernel)
{
	struct fitting *f;
	struct part btf, ext;
	int err = check_elf(fit);

	err = err ? err : find_section(fit, ".BTF", &btf);
	err = err ? err : find_section(fit, ".BTF.ext", &ext);
	if (err)
		return err;
	f = calloc(1, sizeof(*f));
	if (!f)
		return -ENOMEM;
	f->fit = fit;
	f->kernel = kernel;
	err = types_new(btf.at, btf.size, &f->ours);
	if (!err) {
		err = fit_with(f, &ext);
		types_free(f->ours);
	}
	free(f);
	return err;
}
