// SPDX-License-Identifier: GPL-2.0-only
/* The runner of storm.h. */
#include <time.h>

#include "common/storm.h"

uint64_t storm_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

/* false: the runner must end */
static bool take_exit(struct storm *s)
{
	volatile struct axvcpu_exit *x = &s->v->run->exit;
	char text[200];

	switch (x->reason) {
	case AXVCPU_EXIT_STOPPED:
		if (storm_add(&s->stopped, 1) >= storm_get(&s->asked)) {
			EXPECT_LE(s->stopped, s->asked);
			return false;
		}
		EXPECT_EQ(x->stopped.cause, AXVCPU_STOPPED_KICK);
		return !storm_get(&s->end) || s->v->run->stop;
	case AXT_EXIT_SYNC:
		s->synced++;
		axv_fulfil(s->v, 0);
		return EXPECT_EQ(axt_synced(x), s->synced & 0xff);
	default:
		axt_fail(__FILE__, __LINE__, "exit: %s",
			 axv_exit_str(&s->v->run->exit, text, sizeof(text)));
		return false;
	}
}

static long runner(void *arg)
{
	struct storm *s = arg;
	int r = axv_bind(s->v);

	while (!r) {
		r = axv_run(s->v);
		if (r == -EINTR) {
			s->interrupted++;
			r = 0;
			if (EXPECT_EQ(s->v->run->exit.reason, AXVCPU_EXIT_NOTHING))
				continue;
		}
		if (r || !take_exit(s))
			break;
	}
	return r ? r : axv_unbind(s->v);
}

void storm_start(struct storm *s)
{
	axt_thread_start(&s->thread, runner, s);
	ASSERT_TRUE(WAIT_UNTIL(axv_get_state(s->v, NULL) >= AXVCPU_STATE_RUNNING));
}

void storm_end(struct storm *s)
{
	storm_set(&s->quiet, 1);
	storm_set(&s->end, 1);
	storm_add(&s->asked, 1);
	EXPECT_OK(axv_kick(s->v));
	EXPECT_OK(axt_thread_join(&s->thread));
	EXPECT_STATE(s->v, FREE);
}
