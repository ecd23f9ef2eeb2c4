/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guests that may execute anything, where the CPU must not meet one instruction:
 * with AXT_FLAW_SREG it dies of MOV to a segment register that there is not. It is
 * not enough to keep that out of the code such a guest begins with: what the guest
 * pushes and stores is code too when it gets there.
 *
 * So a page of its memory can there be either written or executed, and is looked
 * through whenever it becomes one to be executed. Elsewhere nothing of this is done.
 */
#ifndef AXV_SELFTEST_X86_SREG_H
#define AXV_SELFTEST_X86_SREG_H

#include "axvtest.h"

/* After the test has written to the guest's memory, before the guest is entered. */
void x86_sreg_guard(struct axt *f);

/* Was the exit for that? Then enter again; the command is given. */
bool x86_sreg_exit(struct axt *f);

#endif /* AXV_SELFTEST_X86_SREG_H */
