# SPDX-License-Identifier: GPL-2.0
# Where the page tables could not protect, the runtime says why and what to do; `none` loads, and
# the same machine with global pages off is accepted.
# boot: --append pti=off --module xpct --link xpctdrv
# boot: --wrappers @BUILD@/kernel/@KERNEL@/tests/xpc/Module.symvers
# boot: --file @TOP@/tests/vm/xpc:/xpc
# timeout: 100
. /lib/nooks/guest.sh
. /xpc/guest.sh

log_mark
check_fails "the runtime does not load without PTI" load nooks
check "it names the remedy" log_since "boot with pti=on"
check_fails "an unknown backend is refused" load nooks backend=magic
check "backend none loads" load nooks backend=none max_failures=1000
check "the driver loads" load xpctdrv

good "upcall and downcall" 105031 "$X_ARGS" 1 2
good "an upcall within a downcall" 18 "$X_NESTED" 0 9
bad "traps are contained: NULL" "store to unmapped 0x8" "$X_NULL"
bad "traps are contained: jump to NULL" "jump to 0x0" "$X_JUMP" 0
bad "the contract is checked" "with interrupts off" "$X_LEAVE_CLI"
bad "only wrappers can be called" "without a wrapper" "$X_BAD_GATE"
run storm 3 irq nmi
note "$ANSWER"
check "crossings in interrupts and NMIs" sh -c "echo '$ANSWER' | grep -q 'thread good [0-9]* bad 0 hard good [0-9]* bad 0 soft good [0-9]* bad 0'"
check "unload" sh -c "rmmod xpctdrv && rmmod xpct && rmmod nooks"
finish
