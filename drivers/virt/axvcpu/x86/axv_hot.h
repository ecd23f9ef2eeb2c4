/* SPDX-License-Identifier: GPL-2.0-only */
/* There may be more than one backend: run.c calls the one that was found by static calls. */
