# SPDX-License-Identifier: GPL-2.0
# The crossing alone: gates, traps, emulation, contract checks, watchdog. The driver (tests/vm/xpc)
# does what it is told; its wrappers are written by hand, so nothing but the runtime is under test.
# boot: --module xpct --module xpcto --link xpctdrv
# boot: --wrappers @BUILD@/kernel/@KERNEL@/tests/xpc/Module.symvers
# boot: --file @TOP@/tests/vm/xpc:/xpc
# timeout: 300
. /lib/nooks/guest.sh
. /xpc/guest.sh

check "the runtime loads" load nooks loop_ms=1200 max_failures=1000 backoff_ms=1
check "the driver loads" load xpctdrv

# good: what ordinary drivers do
good "arguments and result" 7 "$X_ADD" 3 4
good "interrupts on while in the driver" 6 "$X_SPIN" 5 100000
good "kernel memory can be read" 4660 "$X_LOAD" victim
good "stack arguments, both ways" 105031 "$X_ARGS" 1 2
good "every kind of store to a field" 1 "$X_FIELD"
good "a repeated store to a field" 1 "$X_REP"
good "a field with a check, good value" 0 "$X_STORE" checked 5
good "a downcall that sleeps" 50 "$X_SLEEP" 0 50
good "an upcall within a downcall" 18 "$X_NESTED" 0 9
good "preempt count folded at a downcall" 36 "$X_BALANCED"
good "interrupt flag carried out of a downcall" 1 "$X_IRQSAVE"
good "deferred calls" 10 "$X_DEFER" 10
check_equal "all of them were performed" "$LATER" 10/45
good "more deferred calls than fit" 200 "$X_DEFER" 200
check_equal "all of them were performed, in order" "$LATER" 200/19900
good "many downcalls in a loop are no endless loop" 20000 "$X_LOOP_CALLS" 0 20000
good "WARN in the driver" 11 "$X_WARN" 1
good "called with interrupts off" 7 "$X_ADD" 3 4 irqoff
good "called with preemption off" 7 "$X_ADD" 3 4 atomic

# a module that is loaded where another one was, next to the driver's data
for value in 111 222 333; do
	check "a neighbour comes" load xpcto value=$value
	good "the driver sees its memory as it is now" $value "$X_LOAD" \
		"0x$(awk '$3 == "xpcto_value" { print $1 }' /proc/kallsyms)"
	check "it goes" rmmod xpcto
done

# bad: each ends the driver, which is back afterwards; the report says what is expected
bad "store to kernel data" "no tracked object" "$X_STORE" victim 666
bad "store to kernel text" "no tracked object" "$X_STORE" text
bad "store to per-CPU data" "no tracked object" "$X_STORE" percpu
bad "store to the thread's kernel stack" "no tracked object" "$X_STORE8" stack
bad "store to the IDT" "no tracked object" "$X_STORE" idt
bad "store to NULL" "store to unmapped 0x8" "$X_NULL"
bad "store over the end of a field" "past a writable field" "$X_OVERLAP"
check_equal "what lies behind it is intact" "$AFTER" 0x0
bad "repeated store over the end of a field" "field not writable" "$X_REP_PAST"
check_equal "what lies behind it is intact" "$AFTER" 0x0
bad "store wider than a field" "past a writable field" "$X_STORE8" checked
bad "a field with a check, bad value" "refused by the field" "$X_STORE" checked 500
bad "jump to NULL" "jump to 0x0" "$X_JUMP" 0
bad "wild jump" "jump to 0x1234" "$X_JUMP" 0x1234
bad "jump into kernel text" "xpctdrv: FAILED" "$X_JUMP" text
bad "jump to data" "jump to" "$X_DATA_EXEC"
bad "BUG" "BUG at run" "$X_BUG"
bad "non-canonical address" "general protection fault" "$X_GP"
bad "division by zero" "divide error" "$X_DIVIDE"
bad "stack overflow" "stack overflow" "$X_OVERFLOW"
bad "endless loop" "endless loop: no progress" "$X_LOOP"
bad "endless loop, interrupts off" "endless loop with interrupts off" "$X_LOOP_CLI"
bad "endless loop of downcalls, interrupts off" "not preemptible" "$X_LOOP_CROSSING" 0 0 irqoff
bad "endless loop of downcalls, preemption off" "not preemptible" "$X_LOOP_CROSSING" 0 0 atomic
bad "endless loop, preemption off" "endless loop" "$X_LOOP" 0 0 atomic
bad "failure in an upcall within a downcall" "store to unmapped" "$X_NESTED" "$X_NULL"
bad "calls nested too deep" "nested too deep" "$X_NESTED" "$X_NESTED" "$X_NESTED"
bad "returns with interrupts off" "with interrupts off" "$X_LEAVE_CLI"
bad "returns with preemption off" "preempt count 0x1" "$X_LEAVE_PREEMPT"
bad "preempt count too low" "preempt count changed by -5" "$X_BAD_PC"
bad "sleeps with interrupts off" "may sleep, called with interrupts off" "$X_SLEEP_ATOMIC"
bad "a descriptor of its own making" "without a wrapper" "$X_BAD_GATE"
bad "downcall with the stack pointer in per-CPU data" "no tracked object" "$X_WILD_SP" percpu
good "still there" 7 "$X_ADD" 3 4

check "module_exit runs isolated" rmmod xpctdrv
check "the subsystem unloads" rmmod xpct
check "the runtime unloads" rmmod nooks
finish
