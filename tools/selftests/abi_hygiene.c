// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is the same for every ioctl: which fd, which number, which size, which
 * address. A call that fails changes nothing.
 *
 * rig: timeout=240
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/requests.h"

/* Two pages: a legal argument in the first, nothing behind the second. */
static unsigned char *buffer(void)
{
	unsigned char *p = mmap(NULL, 3 * AXT_PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	ASSERT_EQ(munmap(p + 2 * AXT_PAGE, AXT_PAGE), 0);
	return p;
}

static void set_size(void *arg, uint32_t size)
{
	memcpy(arg, &size, sizeof(size));
}

/* ---- numbers ------------------------------------------------------------------- */

TEST_ROWS(wrong_fd, requests, nr_requests, NULL)
{
	const struct req *r = arg;
	struct req_state before;
	unsigned char *buf = buffer();
	struct axt g;
	int null;

	req_open(&g, r);
	req_fill(&g, r, buf);
	req_state(&g, &before);
	for (unsigned int kind = 0; kind < REQ_NR_KINDS; kind++) {
		if (kind == r->kind)
			continue;
		axt_context("kind %u", kind);
		EXPECT_EQ(ioctl(req_fd(&g, kind), r->cmd, r->size ? buf : NULL), -1);
		EXPECT_EQ(errno, ENOTTY);
	}
	req_unchanged(&g, &before);
	axt_context("another device");
	null = open("/dev/null", O_RDWR);
	EXPECT_EQ(ioctl(null, r->cmd, r->size ? buf : NULL), -1);
	EXPECT_EQ(errno, ENOTTY);
}

static bool is_known(enum req_kind kind, unsigned int cmd)
{
	for (size_t i = 0; i < nr_requests; i++)
		if (requests[i].kind == kind && requests[i].cmd == cmd)
			return true;
	return false;
}

/* Known, but not for this architecture. */
static bool is_foreign(unsigned int kind, unsigned int cmd)
{
	return kind == REQ_VCPU && (cmd == AXVCPU_SET_CPUID || cmd == AXVCPU_GET_CPUID);
}

/* Every number of our type, other types, and numbers that carry a size. */
TEST(unknown_numbers, NULL)
{
	static const unsigned int forms[] = {
		_IO(AXVCPU_IOC, 0), _IO(AXVCPU_IOC ^ 1, 0), _IO(0xAE, 0), _IO(0, 0),
		_IOW(AXVCPU_IOC, 0, uint64_t), _IOR(AXVCPU_IOC, 0, uint64_t),
		_IOWR(AXVCPU_IOC, 0, struct axvcpu_info),
	};
	static const struct req any = { .stage = AXT_READY };
	unsigned char *buf = buffer();
	struct req_state before;
	struct axt g;

	req_open(&g, &any);
	req_state(&g, &before);
	for (unsigned int kind = 0; kind < REQ_NR_KINDS; kind++) {
		for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
			for (unsigned int nr = 0; nr < 256; nr++) {
				unsigned int cmd = forms[i] | nr;
				int fd = req_fd(&g, kind);

				if (is_known(kind, cmd))
					continue;
				axt_context("kind %u request %#x", kind, cmd);
				/* FIOCLEX and the like are the VFS's own */
				if ((cmd >> 8 & 0xff) == 'T' || (cmd >> 8 & 0xff) == 'f' ||
				    (cmd >> 8 & 0xff) == 0)
					continue;
				set_size(buf, AXT_PAGE);
				EXPECT_EQ(ioctl(fd, cmd, buf), -1);
				EXPECT_EQ(errno, is_foreign(kind, cmd) ? EOPNOTSUPP : ENOTTY);
			}
		}
	}
	req_unchanged(&g, &before);
}

/* ---- sizes ------------------------------------------------------------------------ */

static void no_argument(const struct req *r)
{
	static const unsigned long args[] = { 1, 4096, ~0ul };
	unsigned char *buf = buffer();
	struct req_state before;
	struct axt g;

	req_open(&g, r);
	req_state(&g, &before);
	for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
		axt_context("argument %#lx", args[i]);
		EXPECT_ERR(EINVAL, req_call(&g, r, (void *)args[i]));
		req_unchanged(&g, &before);
	}
	EXPECT_ERR(EINVAL, req_call(&g, r, buf));
	req_unchanged(&g, &before);
	EXPECT_EQ(g.v.run->stop, 0);
	axt_context(NULL);
	EXPECT_OK(req_call(&g, r, NULL));
}

static void refused_sizes(const struct req *r)
{
	const uint32_t first = r->first ? r->first : r->size;
	const uint32_t small[] = { 0, 1, 3, 4, first - 1 };
	const uint32_t large[] = { AXT_PAGE + 1, 1 << 20, 1u << 31, ~0u };
	unsigned char *buf = buffer();
	struct req_state before;
	struct axt g;

	req_open(&g, r);
	req_fill(&g, r, buf);
	req_state(&g, &before);
	for (size_t i = 0; i < ARRAY_SIZE(small); i++) {
		axt_context("size %u", small[i]);
		if (small[i] >= first)
			continue;
		set_size(buf, small[i]);
		EXPECT_ERR(EINVAL, req_call(&g, r, buf));
	}
	for (size_t i = 0; i < ARRAY_SIZE(large); i++) {
		axt_context("size %u", large[i]);
		set_size(buf, large[i]);
		EXPECT_ERR(E2BIG, req_call(&g, r, buf));
	}
	for (size_t at = r->size; at < AXT_PAGE; at = at * 2 + 1) {
		axt_context("byte %zu of a page is set", at);
		set_size(buf, AXT_PAGE);
		buf[at] = 1;
		EXPECT_ERR(E2BIG, req_call(&g, r, buf));
		buf[at] = 0;
	}
	axt_context("refused sizes");
	req_unchanged(&g, &before);
	axt_close(&g);
}

/*
 * A newer caller's larger structure is as good as ours while it says no more, and so
 * is an older one's smaller one.
 */
static void larger_sizes(const struct req *r)
{
	const uint32_t first = r->first ? r->first : r->size;
	const uint32_t sizes[] = { first, r->size, r->size + 1, r->size + 8, AXT_PAGE };
	unsigned char *buf = buffer();
	struct axt g;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		axt_context("size %u", sizes[i]);
		req_open(&g, r);
		req_fill(&g, r, buf);
		set_size(buf, sizes[i]);
		EXPECT_OK(req_call(&g, r, buf));
		/* the size comes back as the caller knows it, the rest as it was */
		EXPECT_EQ(*(uint32_t *)buf, sizes[i]);
		for (size_t at = sizes[i] < r->size ? sizes[i] : r->size; at < AXT_PAGE; at++) {
			if (buf[at]) {
				EXPECT_EQ(at, 0);
				break;
			}
		}
		axt_close(&g);
	}
}

TEST_ROWS(size, requests, nr_requests, NULL)
{
	const struct req *r = arg;

	if (!r->size) {
		no_argument(r);
		return;
	}
	refused_sizes(r);
	larger_sizes(r);
}

/* ---- addresses ------------------------------------------------------------------------ */

static void refused_addresses(const struct req *r)
{
	unsigned char *buf = buffer();
	unsigned char *end = buf + 2 * AXT_PAGE;
	void *bad[] = {
		NULL, (void *)16, end, end - 2, end - 4, end - (r->size - 1),
		(void *)(1ul << 47), (void *)0xffff888000000000ul, (void *)-4096ul,
		(void *)-4ul,
	};
	unsigned char legal[AXT_PAGE];
	struct req_state before;
	struct axt g;

	req_open(&g, r);
	req_fill(&g, r, legal);
	req_state(&g, &before);
	/* as much of the argument as there is room for */
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		unsigned char *p = bad[i];

		axt_context("address %p", bad[i]);
		if (p >= buf && p < end)
			memcpy(p, legal, end - p);
		EXPECT_ERR(EFAULT, req_call(&g, r, bad[i]));
		req_unchanged(&g, &before);
	}
	axt_close(&g);
}

/* Read-only memory: nothing is done where a result could not be told. */
static void read_only(const struct req *r)
{
	unsigned char *buf = buffer();
	struct req_state before;
	struct axt g;

	axt_context("read-only argument");
	req_open(&g, r);
	req_fill(&g, r, buf);
	req_state(&g, &before);
	ASSERT_EQ(mprotect(buf, AXT_PAGE, PROT_READ), 0);
	EXPECT_ERR(r->out ? EFAULT : 0, req_call(&g, r, buf));
	if (r->out)
		req_unchanged(&g, &before);
	axt_close(&g);
}

/* An argument need not be aligned, and may end with its page. */
static void odd_addresses(const struct req *r)
{
	unsigned char *buf = buffer();
	unsigned char legal[AXT_PAGE];
	struct axt g;

	for (int odd = 0; odd < 2; odd++) {
		unsigned char *p = odd ? buf + 1 : buf + 2 * AXT_PAGE - r->size;

		axt_context(odd ? "odd address" : "end of memory");
		req_open(&g, r);
		req_fill(&g, r, legal);
		memcpy(p, legal, r->size);
		EXPECT_OK(req_call(&g, r, p));
		axt_close(&g);
	}
}

TEST_ROWS(address, requests, nr_with_argument, NULL)
{
	const struct req *r = arg;

	refused_addresses(r);
	read_only(r);
	odd_addresses(r);
}

/* ---- GET_INFO -------------------------------------------------------------------------- */

TEST(info, NULL)
{
	const struct axvcpu_info *i = &f->dev.info;
	static const char zeros[sizeof(i->reserved)];

	EXPECT_EQ(i->size, sizeof(*i));
	EXPECT_EQ(i->abi_version, AXVCPU_ABI_VERSION);
	EXPECT_EQ(i->arch, AXT_ARCH);
	EXPECT_EQ(i->why, AXVCPU_WHY_USABLE);
	EXPECT_NE(i->backend, AXVCPU_BACKEND_NONE);
	EXPECT_TRUE(i->backend_name[0] && memchr(i->backend_name, 0, sizeof(i->backend_name)));
	EXPECT_TRUE(memchr(i->why_text, 0, sizeof(i->why_text)));
	EXPECT_TRUE(i->page_sizes & AXT_PAGE);
	EXPECT_TRUE(i->gpa_bits >= 32 && i->gpa_bits <= 64);
	EXPECT_GE(i->stage2_levels, 3);
	EXPECT_GE(i->tags, 1);
	EXPECT_EQ(i->run_size % AXT_PAGE, 0);
	EXPECT_GE(i->run_size, sizeof(struct axvcpu_run));
	EXPECT_GE(i->fp_offset, sizeof(struct axvcpu_run));
	EXPECT_GE(i->fp_size, AXT_FP_SIZE);
	EXPECT_LE(i->fp_offset + i->fp_size, i->run_size);
	EXPECT_GE(i->max_vms, 1);
	EXPECT_GE(i->max_vcpus, 1);
	EXPECT_GE(i->max_maps, 1);
	EXPECT_GE(i->max_filter_ranges, 1);
	EXPECT_EQ(i->max_cpuid != 0, AXT_ARCH == AXVCPU_ARCH_X86);
	EXPECT_TRUE(!memcmp(i->reserved, zeros, sizeof(zeros)));
}
