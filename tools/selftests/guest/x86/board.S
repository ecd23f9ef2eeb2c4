/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A 32-bit kernel for axrun's board "pc": axrun_pc.c. It is loaded at 1 MiB, moves
 * itself down to where it is linked, and says on the serial port what it finds:
 * what the loader told, or, as a flat file, what the interrupt controllers do.
 */
#include "common.h"

#define LOADED		0x100000
#define AT(label)	(label - GUEST_CODE + LOADED)

#define MB_MAGIC	0x1badb002
/* modules aligned, a memory map, addresses below */
#define MB_FLAGS	0x10003

#define LAPIC		0xfee00000
#define IOAPIC		0xfec00000
#define UART		0x3f8
#define PIN_PIT		2
#define PIN_UART	4
#define LEVEL		0x8000
#define MASKED		0x10000

/* milliseconds of the power management timer: time in which nothing is to come */
#define QUIET		(50 * 3580)

/* vectors: the 8259's IRQ 0 and those of the I/O APIC */
#define V_PIC		0x20
#define V_LEVEL		0x40
#define V_COUNT		0x41
#define V_SELF		0x42

/* where the others start */
#define AP_PAGE		3

#define MODE_FLAT	0
#define MODE_MULTIBOOT	1
#define MODE_PVH	2

	.code32
	xor	%ebp, %ebp
	jmp	move

	.balign	4
header:	.long	MB_MAGIC, MB_FLAGS, -(MB_MAGIC + MB_FLAGS)
	.long	AT(header), LOADED, 0, 0, AT(multiboot)

multiboot:
	mov	$MODE_MULTIBOOT, %ebp
	jmp	move

	entry	pvh
	mov	$MODE_PVH, %ebp

/* anywhere: everything at its place before the first absolute address */
move:	mov	%eax, %edx
	cld
	call	1f
1:	pop	%esi
	sub	$(1b - GUEST_CODE), %esi
	mov	$GUEST_CODE, %edi
	mov	$(image_end - GUEST_CODE), %ecx
	rep movsb
	mov	$main, %eax
	jmp	*%eax

main:	mov	$GUEST_STACK, %esp
	lgdt	gdtr
	ljmp	$GUEST_CS, $1f
1:	mov	$GUEST_DS, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	lidt	idtr
	cmp	$MODE_MULTIBOOT, %ebp
	je	tell_multiboot
	cmp	$MODE_PVH, %ebp
	je	tell_pvh
	jmp	controllers

off:	mov	$0x604, %dx
	mov	$0x2000, %eax
	out	%ax, %dx
1:	hlt
	jmp	1b

/* ---- the serial port: name, then numbers, then end -------------------------------- */

/* al */
putc:	push	%edx
	mov	$UART, %dx
	out	%al, %dx
	pop	%edx
	ret

/* the string at esi */
puts:	lodsb
	test	%al, %al
	jz	1f
	call	putc
	jmp	puts
1:	ret

/* a blank and eax */
put:	push	%ecx
	push	%eax
	mov	$' ', %al
	call	putc
	pop	%eax
	mov	$8, %ecx
1:	rol	$4, %eax
	push	%eax
	and	$15, %al
	cmp	$10, %al
	sbb	$0x69, %al
	das
	call	putc
	pop	%eax
	loop	1b
	pop	%ecx
	ret

.macro say text
	mov	$9f, %esi
	call	puts
	.subsection 1
9:	.asciz	"\text"
	.previous
.endm

.macro end
	mov	$'\n', %al
	call	putc
.endm

/* ---- what the loader told ------------------------------------------------------------ */

/* edx: EAX at the entry; ebx: the information */
tell_multiboot:
	say	"magic"
	mov	%edx, %eax
	call	put
	end
	say	"flags"
	mov	(%ebx), %eax
	call	put
	end
	say	"memory"
	mov	4(%ebx), %eax
	call	put
	mov	8(%ebx), %eax
	call	put
	end
	say	"map"
	mov	44(%ebx), %ecx
	mov	48(%ebx), %edi
1:	mov	4(%edi), %eax
	call	put
	mov	12(%edi), %eax
	call	put
	mov	20(%edi), %eax
	call	put
	sub	(%edi), %ecx
	add	(%edi), %edi
	add	$4, %edi
	sub	$4, %ecx
	ja	1b
	end
	say	"cmdline "
	mov	16(%ebx), %esi
	call	puts
	end
	mov	24(%ebx), %edi
	mov	(%edi), %esi
	mov	4(%edi), %ecx
	sub	%esi, %ecx
	jmp	tell_module

tell_pvh:
	say	"magic"
	mov	(%ebx), %eax
	call	put
	end
	say	"version"
	mov	4(%ebx), %eax
	call	put
	end
	say	"map"
	mov	40(%ebx), %edi
	mov	48(%ebx), %ecx
1:	mov	(%edi), %eax
	call	put
	mov	8(%edi), %eax
	call	put
	mov	16(%edi), %eax
	call	put
	add	$24, %edi
	loop	1b
	end
	say	"rsdp "
	mov	32(%ebx), %esi
	mov	$3, %ecx
1:	lodsb
	call	putc
	loop	1b
	end
	say	"cmdline "
	mov	24(%ebx), %esi
	call	puts
	end
	mov	16(%ebx), %edi
	mov	(%edi), %esi
	mov	8(%edi), %ecx

/* ecx bytes at esi */
tell_module:
	push	%esi
	say	"module "
	pop	%esi
1:	lodsb
	call	putc
	loop	1b
	end
	jmp	off

/* ---- interrupt controllers -------------------------------------------------------------- */

.macro gate vector, handler
	mov	$\handler, %eax
	mov	$GUEST_IDT + 8 * \vector, %edi
	mov	%ax, (%edi)
	movw	$GUEST_CS, 2(%edi)
	movw	$0x8e00, 4(%edi)
	shr	$16, %eax
	mov	%ax, 6(%edi)
.endm

/* a redirection entry: to APIC 0 */
.macro route pin, low
	movl	$0x11 + 2 * \pin, IOAPIC
	movl	$0, IOAPIC + 0x10
	movl	$0x10 + 2 * \pin, IOAPIC
	movl	$\low, IOAPIC + 0x10
.endm

/* the interrupt of the serial port: its transmitter is always empty */
.macro uart_on
	mov	$UART + 1, %dx
	mov	$2, %al
	out	%al, %dx
.endm

.macro uart_off
	mov	$UART + 1, %dx
	xor	%eax, %eax
	out	%al, %dx
.endm

/* Until there have been so many, and none more in a while; show says how many. */
.macro expect nr
	sti
1:	pause
	cmpl	$\nr, count
	jb	1b
	call	quiet
	cli
	mov	count, %eax
	mov	%eax, got
	movl	$0, count
.endm

/* Not while the serial port has its interrupt on: what is said makes more of them. */
.macro show
	mov	got, %eax
	call	put
.endm

quiet:	mov	$0x608, %dx
	in	%dx, %eax
	mov	%eax, %ecx
1:	in	%dx, %eax
	sub	%ecx, %eax
	cmp	$QUIET, %eax
	jb	1b
	ret

/* The PIT: 1 kHz. */
pit_on:	mov	$0x34, %al
	out	%al, $0x43
	mov	$1193 & 0xff, %al
	out	%al, $0x40
	mov	$1193 >> 8, %al
	out	%al, $0x40
	ret

controllers:
	gate	V_PIC, pic_tick
	gate	V_LEVEL, level_tick
	gate	V_COUNT, tick
	gate	V_SELF, tick
	/* OUT2 lets the serial port's interrupt through */
	mov	$UART + 4, %dx
	mov	$8, %al
	out	%al, %dx

	call	processors

	/* Virtual wire: the 8259 at LINT0, as firmware leaves it. */
	mov	$0x11, %al
	out	%al, $0x20
	out	%al, $0xa0
	mov	$V_PIC, %al
	out	%al, $0x21
	mov	$V_PIC + 8, %al
	out	%al, $0xa1
	mov	$4, %al
	out	%al, $0x21
	mov	$2, %al
	out	%al, $0xa1
	mov	$1, %al
	out	%al, $0x21
	out	%al, $0xa1
	mov	$0xfe, %al
	out	%al, $0x21
	mov	$0xff, %al
	out	%al, $0xa1
	say	"lint0"
	mov	LAPIC + 0x350, %eax
	call	put
	call	pit_on
	sti
1:	pause
	cmpl	$5, count
	jb	1b
	/* what was on its way has come when the mask is read back */
	orl	$MASKED, LAPIC + 0x350
	call	quiet
	movl	$0, count
	call	quiet
	mov	count, %eax
	call	put
	andl	$~MASKED, LAPIC + 0x350
1:	pause
	cmpl	$5, count
	jb	1b
	cli
	orl	$MASKED, LAPIC + 0x350
	mov	$0xff, %al
	out	%al, $0x21
	movl	$0, count
	end

	/* The same ticks by the I/O APIC. */
	say	"pit"
	route	PIN_PIT, V_COUNT
	sti
1:	pause
	cmpl	$5, count
	jb	1b
	cli
	route	PIN_PIT, MASKED
	/* mode 4 without a gate's edge: it ends after one more */
	mov	$0x38, %al
	out	%al, $0x43
	sti
	call	quiet
	cli
	movl	$0, count
	end

	say	"level"
	call	level_thrice
	end

	/* An edge is one, though the line stays up. */
	say	"edge"
	route	PIN_UART, V_COUNT
	uart_on
	expect	1
	call	uart_read
	uart_off
	show
	uart_on
	expect	1
	call	uart_read
	uart_off
	show
	/* masked it is lost */
	route	PIN_UART, V_COUNT + MASKED
	uart_on
	route	PIN_UART, V_COUNT
	expect	0
	call	uart_read
	uart_off
	show
	route	PIN_UART, MASKED
	end

	say	"x2apic"
	mov	$0x1b, %ecx
	rdmsr
	or	$0xc00, %eax
	wrmsr
	movl	$1, x2
	mov	$0x802, %ecx
	rdmsr
	call	put
	mov	$0x83f, %ecx
	mov	$V_SELF, %eax
	xor	%edx, %edx
	wrmsr
	expect	1
	show
	call	level_thrice
	end
	jmp	off

/* The serial port's interrupt, level-triggered, which comes until it is read. */
level_thrice:
	movl	$3, reads
	route	PIN_UART, V_LEVEL + LEVEL
	uart_on
	expect	3
	uart_off
	route	PIN_UART, MASKED
	show
	ret

uart_read:
	mov	$UART + 2, %dx
	in	%dx, %al
	ret

.macro eoi
	push	%edx
	xor	%eax, %eax
	cmpl	$0, x2
	jne	8f
	mov	%eax, LAPIC + 0xb0
	jmp	9f
8:	push	%ecx
	xor	%edx, %edx
	mov	$0x80b, %ecx
	wrmsr
	pop	%ecx
9:	pop	%edx
.endm

level_tick:
	push	%eax
	push	%edx
	incl	count
	decl	reads
	jnz	1f
	call	uart_read
1:	pop	%edx
	eoi
	pop	%eax
	iret

tick:	push	%eax
	incl	count
	eoi
	pop	%eax
	iret

pic_tick:
	push	%eax
	incl	count
	mov	$0x20, %al
	out	%al, $0x20
	pop	%eax
	iret

/* ---- the other processors ------------------------------------------------------------------ */

processors:
	say	"processors"
	/* all but this one: INIT, and a start at AP_PAGE */
	movl	$0xc4500, LAPIC + 0x300
	call	quiet
	movl	$0xc4600 + AP_PAGE, LAPIC + 0x300
1:	pause
	cmpl	$3, aps
	jb	1b
	/* a second start is for nobody */
	movl	$0xc4600 + AP_PAGE, LAPIC + 0x300
	call	quiet
	mov	aps, %eax
	call	put
	mov	ids, %eax
	call	put
	/* CPUID: processors of the package */
	mov	$1, %eax
	cpuid
	shr	$16, %ebx
	mov	%ebx, %eax
	call	put
	end
	ret

	.org	AP_PAGE * 4096 - GUEST_CODE
	.code16
	xor	%ax, %ax
	mov	%ax, %ds
	mov	$1, %eax
	cpuid
	shr	$24, %ebx
	lock bts %ebx, ids
	lock incl aps
1:	hlt
	jmp	1b

	.code32
	.balign	8
gdt:	.quad	0, 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr:	.word	. - gdt - 1
	.long	gdt
	.balign	4
idtr:	.word	8 * 256 - 1
	.long	GUEST_IDT
	.balign	4
count:	.long	0
got:	.long	0
reads:	.long	0
x2:	.long	0
aps:	.long	0
ids:	.long	0

	.subsection 2
image_end:
	.previous
