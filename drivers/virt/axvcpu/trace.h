/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM axvcpu

#if !defined(AXVCPU_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define AXVCPU_TRACE_H

#include <linux/tracepoint.h>

/* kinds of axvcpu_inject: enum axvcpu_event, and */
#define AXV_TRACE_INTERRUPT	16

TRACE_EVENT(axvcpu_entry,
	TP_PROTO(u32 id, u64 pc),
	TP_ARGS(id, pc),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, pc)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->pc = pc;
	),
	TP_printk("vcpu %u pc 0x%llx", __entry->id, __entry->pc)
);

TRACE_EVENT(axvcpu_exit,
	TP_PROTO(u32 id, u64 code, u64 pc),
	TP_ARGS(id, code, pc),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, code)
		__field(u64, pc)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->code = code;
		__entry->pc = pc;
	),
	TP_printk("vcpu %u hardware 0x%llx pc 0x%llx", __entry->id, __entry->code, __entry->pc)
);

TRACE_EVENT(axvcpu_fault,
	TP_PROTO(u32 id, u64 gpa, u32 access, int result),
	TP_ARGS(id, gpa, access, result),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u64, gpa)
		__field(u32, access)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->gpa = gpa;
		__entry->access = access;
		__entry->result = result;
	),
	TP_printk("vcpu %u gpa 0x%llx access %s -> %s", __entry->id, __entry->gpa,
		  __print_flags(__entry->access, "|", { 1, "r" }, { 2, "w" }, { 4, "x" }),
		  __print_symbolic(__entry->result, { 0, "ok" }, { 1, "hole" },
				   { 2, "prot" }, { 3, "backing" }))
);

TRACE_EVENT(axvcpu_map,
	TP_PROTO(u64 gpa, u64 hpa, u32 level, u32 attr),
	TP_ARGS(gpa, hpa, level, attr),
	TP_STRUCT__entry(
		__field(u64, gpa)
		__field(u64, hpa)
		__field(u32, level)
		__field(u32, attr)
	),
	TP_fast_assign(
		__entry->gpa = gpa;
		__entry->hpa = hpa;
		__entry->level = level;
		__entry->attr = attr;
	),
	TP_printk("gpa 0x%llx -> 0x%llx level %u attr 0x%x", __entry->gpa, __entry->hpa,
		  __entry->level, __entry->attr)
);

TRACE_EVENT(axvcpu_inject,
	TP_PROTO(u32 id, u32 kind, u32 vector, int result),
	TP_ARGS(id, kind, vector, result),
	TP_STRUCT__entry(
		__field(u32, id)
		__field(u32, kind)
		__field(u32, vector)
		__field(int, result)
	),
	TP_fast_assign(
		__entry->id = id;
		__entry->kind = kind;
		__entry->vector = vector;
		__entry->result = result;
	),
	TP_printk("vcpu %u %s vector %u -> %d", __entry->id,
		  __print_symbolic(__entry->kind, { 0, "exception" }, { 1, "nmi" },
				   { 2, "start" }, { AXV_TRACE_INTERRUPT, "interrupt" }),
		  __entry->vector, __entry->result)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
