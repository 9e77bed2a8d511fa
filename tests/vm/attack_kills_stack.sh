# SPDX-License-Identifier: GPL-2.0
# The negative control of stack overflows: the same driver, not isolated, ends the machine.
# boot: --native --module victim --module attack
# timeout: 60
# expect: crash (stack guard page|Kernel panic)
. /lib/nooks/guest.sh

load victim
load attack
echo "stack-overflow - process" >/sys/kernel/debug/victim/run
finish
