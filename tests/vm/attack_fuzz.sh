# SPDX-License-Identifier: GPL-2.0
# Random wild stores by an isolated driver, none of which may get through. Each refused one ends the
# driver, which is back within milliseconds. FUZZ_WRITES says how many (10000), FUZZ_SECONDS the
# longest time to spend on them.
# host: tests/vm/attack/build-class @KERNEL@
# boot: --append log_buf_len=8M --module victim --module nooks_attack --link attack
# boot: --wrappers @BUILD@/kernel/@KERNEL@/tests/attack_class/Module.symvers
# boot: --file @TOP@/tests/vm/attack:/attack
# timeout: 420
. /lib/nooks/guest.sh
. /attack/guest.sh

WRITES=${FUZZ_WRITES:-10000}
check "the victim subsystem loads" load victim
check "its driver is loaded into a domain" load attack
check "its driver answers" alive
echo 1000000 >/sys/module/nooks/parameters/max_failures
echo 0 >/sys/module/nooks/parameters/backoff_ms
log_mark
dmesg -n 1		# thousands of reports would take longer than the stores
echo "random-stores $WRITES ${FUZZ_SECONDS:-300}" >$V/run
dmesg -n 8
note "$(cat $V/result)"
check_equal "$WRITES stores were made" "$(result writes)" "$WRITES"
check_equal "none of them got through" "$(result through)" 0
check_equal "none of them went unnoticed" "$(result unnoticed)" 0
check_equal "refused and to its own memory is all there is" \
	$(($(result refused) + $(result own))) "$(result writes)"
check "the driver is alive" alive
check "the kernel log is clean" sh -c '! dmesg | grep -v nooks: | grep -E "$0"' "$KERNEL_TROUBLE"
check "the driver unloads" rmmod attack
finish
