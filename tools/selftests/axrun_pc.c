// SPDX-License-Identifier: GPL-2.0-only
/*
 * axrun's board "pc": what it tells 32-bit kernels, by multiboot and by a PVH entry, and
 * what its interrupt controllers and the local APICs in the kernel are together. The
 * guest says on its serial port what it finds (guest/x86/board.S).
 *
 * rig: arch=x86 timeout=300
 */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "axvtest.h"

DECLARE_GUEST(board);
DECLARE_GUEST_SYM(board, pvh);

#define LOADED		0x100000u
/* of an ELF file: behind where a multiboot header would be looked for */
#define ELF_OFFSET	0x4000u
#define NOTES_OFFSET	0x1000u
#define NOTE_ENTRY	18u

#define CMDLINE		"one two=three"
#define MODULE		"contents of the module"

/* beside this program's directory, where the rig has it */
static const char *axrun(void)
{
	static char path[256];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 20);
	char *slash;

	ASSERT_GE(len, 1l);
	path[len] = '\0';
	slash = strrchr(path, '/');
	strcpy(slash, "/../axrun");
	if (access(path, X_OK))
		axt_skip("there is no axrun beside the tests");
	return path;
}

static const char *put_file(const char *name, const void *data, size_t len)
{
	const char *path = axt_format("/tmp/%s-%d", name, (int)getpid());
	int fd = ASSERT_OK(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));

	ASSERT_EQ(write(fd, data, len), (ssize_t)len);
	close(fd);
	return path;
}

static const char *put_guest(void)
{
	return put_file("guest", guest_board_start, guest_board_end - guest_board_start);
}

/* Run axrun with those arguments, NULL at the end: what the guest says, without CRs. */
static const char *run(const char *const *args)
{
	static char said[4096];
	const char *argv[24] = { axrun(), "--mem", "64M" };
	size_t len = 0, nr = 3;
	int out[2], status;
	pid_t pid;

	while (*args)
		argv[nr++] = *args++;
	ASSERT_OK(pipe(out));
	pid = ASSERT_OK(fork());
	if (!pid) {
		/* a case that takes too long is killed */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(0);
		open("/dev/null", O_RDONLY);
		dup2(out[1], 1);
		close(out[0]);
		close(out[1]);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(out[1]);
	while (len < sizeof(said) - 1 && read(out[0], said + len, 1) == 1)
		if (said[len] != '\r')
			len++;
	said[len] = '\0';
	close(out[0]);
	ASSERT_EQ(waitpid(pid, &status, 0), pid);
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(WEXITSTATUS(status), 0);
	return said;
}

static void compare(const char *said, const char *want)
{
	if (!strcmp(said, want))
		return;
	axt_fail(__FILE__, __LINE__, "the guest says something else");
	axt_diag("said:\n%s", said);
	axt_diag("wanted:\n%s", want);
}

/* 64 MiB, and the holes of a PC */
#define RAM_MAP								\
	"map 00000000 0009FC00 00000001 0009FC00 00000400 00000002"	\
	" 000E0000 00020000 00000002 00100000 03F00000 00000001\n"

TEST_TIMEOUT(multiboot, NULL, 120)
{
	const char *module = put_file("module", MODULE, strlen(MODULE));
	const char *guest = put_guest();

	compare(run((const char *[]) { "--kernel", guest, "--append", CMDLINE, "--initrd", module,
				       NULL }),
		"magic 2BADB002\n"
		"flags 0000024D\n"
		"memory 0000027F 0000FC00\n"
		RAM_MAP
		"cmdline " CMDLINE "\n"
		"module " MODULE "\n");
	unlink(guest);
	unlink(module);
}

/* An ELF file around the guest, and a note that names its entry. */
static const char *put_elf(uint64_t entry)
{
	size_t len = guest_board_end - guest_board_start;
	unsigned char *file = calloc(1, ELF_OFFSET + len);
	Elf64_Ehdr *h = (void *)file;
	Elf64_Phdr *p = (void *)(h + 1);
	Elf64_Nhdr *n = (void *)(file + NOTES_OFFSET);
	const char *path;

	ASSERT_TRUE(file);
	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_ident[EI_DATA] = ELFDATA2LSB;
	h->e_type = ET_EXEC;
	h->e_machine = EM_X86_64;
	h->e_phoff = sizeof(*h);
	h->e_phentsize = sizeof(*p);
	h->e_phnum = 2;
	p[0] = (Elf64_Phdr) { .p_type = PT_LOAD, .p_offset = ELF_OFFSET, .p_paddr = LOADED,
			      .p_filesz = len, .p_memsz = len };
	p[1] = (Elf64_Phdr) { .p_type = PT_NOTE, .p_offset = NOTES_OFFSET, .p_filesz = 24 };
	*n = (Elf64_Nhdr) { .n_namesz = 4, .n_descsz = 8, .n_type = NOTE_ENTRY };
	memcpy(n + 1, "Xen", 4);
	memcpy((char *)(n + 1) + 4, &entry, 8);
	memcpy(file + ELF_OFFSET, guest_board_start, len);
	path = put_file("elf", file, ELF_OFFSET + len);
	free(file);
	return path;
}

TEST_TIMEOUT(pvh, NULL, 120)
{
	const char *module = put_file("module", MODULE, strlen(MODULE));
	const char *guest = put_elf(GUEST_SYM(board, pvh) - GUEST_CODE + LOADED);

	compare(run((const char *[]) { "--kernel", guest, "--append", CMDLINE, "--initrd", module,
				       NULL }),
		"magic 336EC578\n"
		"version 00000001\n"
		RAM_MAP
		"rsdp RSD\n"
		"cmdline " CMDLINE "\n"
		"module " MODULE "\n");
	unlink(guest);
	unlink(module);
}

/*
 * Started processors and their ids; ticks of the 8259 through LINT0, none of them where
 * that is masked; the I/O APIC's edges and levels, in xAPIC and in x2APIC mode.
 */
TEST_TIMEOUT(controllers, NULL, 240)
{
	const char *guest;

	if (!(f->dev.info.arch_features & AXVCPU_X86_FEAT_LOCAL_APIC))
		axt_skip("there are no local APICs in this kernel module");
	guest = put_guest();
	compare(run((const char *[]) { "--flat", axt_format("%s@0x100000", guest), "--cpus", "4",
				       NULL }),
		"processors 00000003 0000000E 00000004\n"
		"lint0 00000700 00000000\n"
		"pit\n"
		"level 00000003\n"
		"edge 00000001 00000001 00000000\n"
		"x2apic 00000000 00000001 00000003\n");
	unlink(guest);
}
