/* SPDX-License-Identifier: GPL-2.0-only */
#define rcu_access_pointer(p)	(p)
