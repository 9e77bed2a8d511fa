# SPDX-License-Identifier: GPL-2.0
# The negative control of endless loops with interrupts off: the same driver, not isolated, takes its
# processor away for good. Nothing in the stock kernel ends it; its own detector says so.
# boot: --native --module victim --module attack
# timeout: 90
# expect: crash (RCU Stall|rcu: INFO)
. /lib/nooks/guest.sh

load victim
load attack
echo 5 >/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout
echo 1 >/proc/sys/kernel/panic_on_rcu_stall
echo "loop-irqs-off - process" >/sys/kernel/debug/victim/run &
sleep 60
finish
