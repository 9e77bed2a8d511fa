# SPDX-License-Identifier: GPL-2.0
# The attack suite: a driver that attacks the kernel, in a domain. attack/table lists the attacks
# and what must become of them; attack_native*.sh are the negative controls.
# host: tests/vm/attack/build-class @KERNEL@
# boot: --append log_buf_len=8M --module victim --module nooks_attack --link attack
# boot: --wrappers @BUILD@/kernel/@KERNEL@/tests/attack_class/Module.symvers
# boot: --file @TOP@/tests/vm/attack:/attack
# timeout: 600
. /lib/nooks/guest.sh
. /attack/guest.sh

check "the victim subsystem loads" load victim
check "its driver is loaded into a domain" load attack
check "its driver answers" alive
# they fail more often than a driver may
echo 1000000 >/sys/module/nooks/parameters/max_failures
echo 0 >/sys/module/nooks/parameters/backoff_ms
# ... and loops should not take long to notice
echo 2000 >/sys/module/nooks/parameters/loop_ms
rows /attack/table isolated "$ATTACKS"
check "the driver unloads" rmmod attack
check "the wrappers unload" rmmod nooks_attack
finish
