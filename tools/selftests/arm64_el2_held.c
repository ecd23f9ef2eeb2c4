// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where EL2 cannot be had the module loads, touches nothing, and says who has it and what
 * to do: KVM, which took it at boot, may take it any time, or keeps it from the kernel
 * itself; or there is none. KVM goes on as if nobody had asked.
 *
 * rig: timeout=120 arch=arm64 machine=kvm,late,pkvm,noel2
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/file.h"
#include "axvtest.h"

#define KVM		"/dev/kvm"

DECLARE_GUEST(of_kvm);

asm("	.pushsection .rodata\n"
	"guest_of_kvm_start:\n"
	"	str	x1, [x1]\n"
	"guest_of_kvm_end:\n"
	"	.popsection");

TEST_UNUSABLE_TOO;

static void need_refusal(struct axt *f)
{
	if (f->dev.info.why == AXVCPU_WHY_USABLE)
		axt_skip("nobody else has EL2");
}

TEST(says_why, NULL)
{
	char cmdline[4096] = "";

	need_refusal(f);
	axt_diag("%s", f->dev.info.why_text);
	EXPECT_EQ(f->dev.info.backend, AXVCPU_BACKEND_NONE);
	if (access(KVM, F_OK)) {
		EXPECT_EQ(f->dev.info.why, AXVCPU_WHY_NO_HARDWARE);
		EXPECT_TRUE(strstr(f->dev.info.why_text, "EL2"));
		EXPECT_ERR(ENODEV, axv_vm_create(&f->dev, 0));
		return;
	}
	EXPECT_EQ(f->dev.info.why, AXVCPU_WHY_HELD);
	EXPECT_TRUE(strstr(f->dev.info.why_text, "KVM"));
	EXPECT_TRUE(strstr(f->dev.info.why_text, "kvm-arm.mode=none"));
	EXPECT_ERR(EBUSY, axv_vm_create(&f->dev, 0));
	/* It is not because of the remedy. */
	ASSERT_GE(file_read("/proc/cmdline", cmdline, sizeof(cmdline)), 1);
	EXPECT_TRUE(!strstr(cmdline, "kvm-arm.mode=none"));
}

/* Its vCPU runs up to an access to what is not there. */
TEST(kvm_goes_on, NULL)
{
	struct kvm_userspace_memory_region mem = { .memory_size = AXT_PAGE };
	struct kvm_vcpu_init init;
	struct kvm_one_reg reg;
	uint64_t value = 0x10000000;
	struct kvm_run *run;
	int kvm, vm, v, size;
	void *page;

	need_refusal(f);
	kvm = open(KVM, O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		axt_skip("there is no KVM");
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	ASSERT_GE(vm, 0);
	page = mmap(NULL, AXT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_TRUE(page != MAP_FAILED);
	memcpy(page, guest_of_kvm_start, guest_of_kvm_end - guest_of_kvm_start);
	mem.userspace_addr = (uintptr_t)page;
	ASSERT_EQ(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &mem), 0);
	v = ioctl(vm, KVM_CREATE_VCPU, 0);
	ASSERT_GE(v, 0);
	ASSERT_EQ(ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init), 0);
	ASSERT_EQ(ioctl(v, KVM_ARM_VCPU_INIT, &init), 0);
	reg.id = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |
		 KVM_REG_ARM_CORE_REG(regs.regs[1]);
	reg.addr = (uintptr_t)&value;
	ASSERT_EQ(ioctl(v, KVM_SET_ONE_REG, &reg), 0);
	size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, v, 0);
	ASSERT_TRUE(run != MAP_FAILED);
	ASSERT_EQ(ioctl(v, KVM_RUN, 0), 0);
	EXPECT_EQ(run->exit_reason, KVM_EXIT_MMIO);
	EXPECT_EQ(run->mmio.phys_addr, value);
	munmap(run, size);
	close(v);
	close(vm);
	close(kvm);
}
