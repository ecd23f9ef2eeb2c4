# SPDX-License-Identifier: GPL-2.0-only
#
# axvcpu: what a person types.  The module itself is described to kbuild by the
# file Kbuild; everything that boots a machine is done by tools/rig/rig.

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

BACKEND ?= svm
ENGINE  ?=
MACHINE ?=
CPUS    ?=
KERNEL  ?=
TEST    ?=

KDIR    ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=
PREFIX  ?= /usr/local
UDEVDIR ?= /usr/lib/udev/rules.d

AXV_BUILD ?= $(CURDIR)/build
export AXV_BUILD

RIG   := tools/rig/rig
STAGE := $(AXV_BUILD)/module

# What all commands that boot have in common.
WHERE  = --backend '$(BACKEND)' $(if $(ENGINE),--engine '$(ENGINE)') $(if $(MACHINE),--machine '$(MACHINE)')
WHICH  = $(WHERE) $(if $(KERNEL),--kernel '$(KERNEL)')

.DEFAULT_GOAL := help
.PHONY: help demo check check-all coverage bench modules tools install uninstall dkms lint shell fetch clean

help:
	@echo 'axvcpu $(VERSION): a virtual CPU device for Linux'
	@echo
	@echo '  make demo [BACKEND=] [KERNEL=] [CPUS=]  boot a stock Linux as a guest, in an emulator'
	@echo '  make check [BACKEND=] [KERNEL=] [TEST=]  run the tests (TEST may be a pattern)'
	@echo '  make check-all [TEST=]                 on all backends, engines and kernels: many hours'
	@echo '  make coverage [TEST=]                  lines of the module that no test reaches, and why'
	@echo '  make bench [BACKEND=] [KERNEL=] [ROW=] [LIMITS=1] [TWICE=1] [PROFILE=1]'
	@echo '                                         cost of each operation, beside KVM'
	@echo '  make shell [BACKEND=] [KERNEL=]        a prompt in the emulator, module loaded'
	@echo
	@echo '  make modules [KDIR=]                   the module for a kernel (default: the running one)'
	@echo '  make tools [CROSS_COMPILE=]            libaxvcpu, axrun, examples, bench, selftests'
	@echo '  make install [KDIR=] [DESTDIR=]        module, headers, udev rule'
	@echo '  make dkms [BACKEND=]                   try DKMS in clean Debian systems'
	@echo '  make lint                              sparse, checkpatch, W=1, shellcheck, headers'
	@echo '  make fetch [BACKEND=]                  fetch all that the rig needs, for later'
	@echo '  make clean                             remove $(AXV_BUILD)'
	@echo
	@echo 'BACKEND: svm (default), vmx, vhe, nvhe, riscv; check: all, too.  KERNEL: 6.1 (not riscv), 6.12, 7.2,'
	@echo 'and debug, which is built here with KASAN, lockdep and their like (10 minutes, once).'
	@echo 'ENGINE, for all but lint: qemu (default for svm), bochs (a second SVM: 6.1, no shell).'
	@echo 'MACHINE, with riscv: virt (default), aia (IMSIC), nosstc, nov (no vectors), qemu7 (QEMU 7.2).'
	@echo 'MACHINE, with vhe and nvhe: virt (default), gicv2, max, ...: "$(RIG) help" has all.'
	@echo 'demo, shell and bench use the first kernel that the backend has; check uses all,'
	@echo "or those of a list: KERNEL='6.12 7.2'."

demo:
	@$(RIG) demo $(WHICH) $(if $(CPUS),--cpus '$(CPUS)')

check:
	@$(RIG) check $(WHERE) $(foreach kernel,$(KERNEL),--kernel '$(kernel)') $(if $(TEST),--test '$(TEST)')

check-all:
	@$(RIG) check --backend all --matrix $(if $(TEST),--test '$(TEST)')

coverage:
	@$(RIG) coverage --backend '$(BACKEND)' $(if $(TEST),--test '$(TEST)')

shell:
	@$(RIG) shell $(WHICH)

bench:
	@$(RIG) bench $(WHICH) $(foreach row,$(ROW),--row '$(row)') $(if $(LIMITS),--limits) $(if $(TWICE),--twice) $(if $(PROFILE),--profile)

dkms:
	@$(RIG) dkms $(WHERE)

lint:
	@$(RIG) lint

fetch:
	@$(RIG) fetch $(WHERE)

# Built in a copy: the source tree stays as it is.
modules:
	@test -e '$(KDIR)/Makefile' || { \
		echo 'error: no kernel headers in $(KDIR); install linux-headers-$(shell uname -r), or say KDIR=' >&2; exit 1; }
	@mkdir -p '$(STAGE)'
	@cp -ru Kbuild drivers include '$(STAGE)/'
	$(MAKE) -C '$(KDIR)' M='$(STAGE)' modules
	@echo 'built $(STAGE)/drivers/virt/axvcpu/axvcpu.ko'

tools:
	@set -e; for dir in lib axrun examples bench selftests; do \
		test ! -e tools/$$dir/Makefile || \
		$(MAKE) -C tools/$$dir O='$(AXV_BUILD)/tools/'$$dir; \
	done

install: modules
	$(MAKE) -C '$(KDIR)' M='$(STAGE)' INSTALL_MOD_PATH='$(DESTDIR)' modules_install
	@# Packaged headers have no System.map, without which kbuild leaves depmod out.
	@test -n '$(DESTDIR)' || depmod -a "$$(cat '$(KDIR)/include/config/kernel.release')"
	install -d '$(DESTDIR)$(PREFIX)/include/linux' '$(DESTDIR)$(UDEVDIR)'
	install -m 644 include/uapi/linux/axvcpu*.h '$(DESTDIR)$(PREFIX)/include/linux/'
	install -m 644 tools/udev/60-axvcpu.rules '$(DESTDIR)$(UDEVDIR)/'

uninstall:
	rm -f '$(DESTDIR)'/lib/modules/*/updates/drivers/virt/axvcpu/axvcpu.ko* \
		'$(DESTDIR)'/lib/modules/*/extra/drivers/virt/axvcpu/axvcpu.ko* \
		'$(DESTDIR)$(PREFIX)'/include/linux/axvcpu*.h '$(DESTDIR)$(UDEVDIR)/60-axvcpu.rules'

clean:
	rm -rf '$(AXV_BUILD)'
