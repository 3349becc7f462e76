# SPDX-License-Identifier: BSD-2-Clause
#
# Packages and the tarball, in $(DIST). All of them have the same bytes each time and wherever they are made, with the same compiler
# and libraries: what tells a time in them is SOURCE_DATE_EPOCH, which is that of the last commit, or of CHANGELOG.md in a tarball.

DIST     ?= $(BUILD)/dist
RELEASE  ?= 1
STAMP     = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md))
TARBALL   = $(DIST)/capsieve-$(VERSION).tar.gz
# The folder where what is packed is built, with the flags of distributions; PACKED=build packs what was built already.
PACKED   ?= $(BUILD)/packed
PACK_C    = -O2 -g -fstack-clash-protection -fcf-protection -D_FORTIFY_SOURCE=2 -fPIE
PACK_LD   = -Wl,-z,relro,-z,now -pie
PACK_ALL  = $(MAKE) --no-print-directory BUILD=$(PACKED) CFLAGS='$(if $(filter x86,$(ARCH)),$(PACK_C),$(filter-out \
	    -fcf-protection,$(PACK_C)))' LDFLAGS='$(PACK_LD)' all
PACK_INTO = +$(Q)$(if $(filter command,$(origin PACKED)),,$(PACK_ALL))

.PHONY: dist deb rpm
dist: ## the committed sources as a tarball, and checksums of all that is in build/dist
	$(Q)mkdir -p $(DIST)
	$(Q)git archive --format=tar --prefix=capsieve-$(VERSION)/ HEAD | gzip -9n > $(TARBALL)
	$(Q)scripts/checksums $(DIST)

deb: ## a package for Debian and Ubuntu, in build/dist
	$(PACK_INTO)
	$(Q)SOURCE_DATE_EPOCH=$(STAMP) MAKE="$(MAKE)" packaging/deb/build $(PACKED) $(VERSION)-$(RELEASE) $(DIST)
	$(Q)scripts/checksums $(DIST)

rpm: ## a package for Fedora and its relatives, in build/dist
	$(PACK_INTO)
	$(Q)SOURCE_DATE_EPOCH=$(STAMP) MAKE="$(MAKE)" packaging/rpm/build $(PACKED) $(VERSION) $(RELEASE) $(DIST)
	$(Q)scripts/checksums $(DIST)
