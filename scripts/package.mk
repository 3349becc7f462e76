# SPDX-License-Identifier: BSD-2-Clause
#
# Packages and the tarball, in $(DIST). All of them have the same bytes each time and wherever they are made, with the same compiler
# and libraries: what tells a time in them is SOURCE_DATE_EPOCH, which is that of the last commit, or of CHANGELOG.md in a tarball.

DIST     ?= $(BUILD)/dist
RELEASE  ?= 1
STAMP     = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md))
TARBALL   = $(DIST)/capsieve-$(VERSION).tar.gz
# The folder where what is packed is built, whatever flags the other one was built with; PACKED=build packs what was built already.
PACKED   ?= $(BUILD)/packed
PACK_ALL  = $(MAKE) --no-print-directory BUILD=$(PACKED) CFLAGS='-O2 -g' LDFLAGS= all
PACK_INTO = +$(Q)$(if $(filter command,$(origin PACKED)),,$(PACK_ALL))

.PHONY: dist deb rpm static image
dist: ## the committed sources as a tarball, and checksums of all that is in build/dist
	$(Q)mkdir -p $(DIST)
	$(Q)git archive --format=tar --prefix=capsieve-$(VERSION)/ HEAD | gzip -9n > $(TARBALL)
	$(Q)scripts/checksums $(DIST)

# It loads no library: what libcurl and libmicrohttpd are for - container engines' sockets, webhooks, metrics - it says it lacks.
STATIC_AT  = $(BUILD)/static-$(ARCH)
STATIC_BIN = $(DIST)/capsieve-$(VERSION)-$(if $(filter x86,$(ARCH)),x86_64,$(ARCH))
# What glibc says of names of users, which it reads from /etc by itself, is no news.
static: ## the program in one static file, for any Linux with BTF, in build/dist (ARCH=arm64 CROSS=aarch64-linux-gnu- SYSROOT=DIR)
	+$(Q)$(MAKE) --no-print-directory STATIC=1 BUILD=$(STATIC_AT) CFLAGS='-O2 -g' LDFLAGS='-Wl,--no-warnings' all
	$(Q)mkdir -p $(DIST)
	$(Q)$(CROSS)strip -o $(STATIC_BIN) $(STATIC_AT)/capsieve
	$(Q)scripts/checksums $(DIST)

image: static ## a container image capsieve:VERSION of that file, by podman or docker, which run here
	$(Q)packaging/image/build $(STATIC_BIN) capsieve:$(VERSION)

deb: ## a package for Debian and Ubuntu, in build/dist
	$(PACK_INTO)
	$(Q)SOURCE_DATE_EPOCH=$(STAMP) MAKE="$(MAKE)" packaging/deb/build $(PACKED) $(VERSION)-$(RELEASE) $(DIST)
	$(Q)scripts/checksums $(DIST)

rpm: ## a package for Fedora and its relatives, in build/dist
	$(PACK_INTO)
	$(Q)SOURCE_DATE_EPOCH=$(STAMP) MAKE="$(MAKE)" packaging/rpm/build $(PACKED) $(VERSION) $(RELEASE) $(DIST)
	$(Q)scripts/checksums $(DIST)
