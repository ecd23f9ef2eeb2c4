// SPDX-License-Identifier: GPL-2.0-only
/* Text for the emulator's plugin. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "channel.h"

void channel_text(char kind, const char *text, uint64_t bytes)
{
	uint64_t word, n;

	channel_word((uint8_t)kind | bytes << 8);
	while (bytes) {
		word = 0;
		n = bytes < sizeof(word) ? bytes : sizeof(word);
		memcpy(&word, text, n);
		channel_word(word);
		text += n;
		bytes -= n;
	}
}

void channel_symbols(void)
{
	static char text[1 << 16];
	ssize_t n;
	int fd = open("/proc/kallsyms", O_RDONLY);

	if (fd < 0)
		fail("no /proc/kallsyms");
	while ((n = read(fd, text, sizeof(text))) > 0)
		channel_text(CHANNEL_SYMBOLS, text, n);
	close(fd);
}
