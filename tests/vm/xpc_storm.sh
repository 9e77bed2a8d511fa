# SPDX-License-Identifier: GPL-2.0
# Crossings from threads, hard interrupts and tasklets on all CPUs at once, in a storm of NMIs;
# migration in the driver and in a downcall; CPUs that go and come back meanwhile.
# boot: --module xpct --link xpctdrv
# boot: --wrappers @BUILD@/kernel/@KERNEL@/tests/xpc/Module.symvers
# boot: --file @TOP@/tests/vm/xpc:/xpc
# timeout: 240
. /lib/nooks/guest.sh
. /xpc/guest.sh

# value KEY N: the N-th number after KEY in the answer
numbers() { echo "$ANSWER" | sed -n "s/.*$1 good \([0-9]*\) bad \([0-9]*\).*/\1 \2/p"; }
more() { [ "$(field "$1")" -gt "$2" ]; }
none_bad() {
	local what
	for what in thread "$@"; do
		set -- $(numbers "$what")
		[ "$1" -gt 100 ] && [ "$2" -eq 0 ] || return 1
	done
}

check "the runtime loads" load nooks max_failures=1000000 backoff_ms=1
check "the driver loads" load xpctdrv
log_mark

run storm 3 irq
note "$ANSWER"
check "every call from threads, interrupts and tasklets is right" none_bad hard soft
check "interrupts arrived in the driver" more interrupts_inside 100

run storm 6 irq nmi
note "$ANSWER"
check "the same in a storm of NMIs" none_bad hard soft
check "NMIs arrived in the driver" more nmis_inside 50

run migrate spin
note "$ANSWER"
check "a thread moves between CPUs while in the driver" more moved 2
run migrate sleep
note "$ANSWER"
check "and while in a downcall" more moved 2

if [ -e /sys/devices/system/cpu/cpu1/online ]; then
	echo "storm 10 irq nmi" >$XPCT &
	for i in 1 2 3; do
		sleep 1
		check "CPU 1 goes" sh -c "echo 0 >/sys/devices/system/cpu/cpu1/online"
		sleep 1
		check "CPU 1 comes back" sh -c "echo 1 >/sys/devices/system/cpu/cpu1/online"
	done
	wait
	ANSWER=$(cat $XPCT)
	note "$ANSWER"
	check "no call was wrong meanwhile" none_bad
	run storm 3 irq nmi
	check "the CPU that came back crosses" none_bad hard soft
fi
# slow NMI handlers and hrtimers are the emulator's
check "no trouble in the kernel log" log_clean
check "the driver never failed" test "$(nooks_value xpctdrv failures)" = 0

log_mark
run scribble 5
note "$ANSWER"
check "the driver overwrites the pages where its traps land" more scribbled 10
# (a general protection fault is one of the ways in which the driver fails)
kernel_trouble() { log_since "$KERNEL_TROUBLE" | grep -v "nooks: xpctdrv: FAILED"; }
check_fails "only the driver suffers" kernel_trouble
check "and is back" wait_for 20 xpctdrv_works

check "module_exit" rmmod xpctdrv
check "the runtime unloads" sh -c "rmmod xpct && rmmod nooks"
finish
