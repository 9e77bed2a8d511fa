# SPDX-License-Identifier: GPL-2.0
# What the runtime tracks and undoes, under the real kernel: two modules in one domain, objects,
# heap, locks, strings, parameters; failures in every place of a driver's life; no leak.
# boot: --append log_buf_len=4M --module life --link lifedrv,lifemate
# boot: --wrappers @BUILD@/kernel/@KERNEL@/tests/life/Module.symvers
# timeout: 300
. /lib/nooks/guest.sh

D=/sys/kernel/debug/nooks
P=/sys/module/lifedrv/parameters
status() { sed -n "s/^ *\"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" $D/status | head -n 1; }
report() { sed "s/.*\"number\"/\"number\"/; s/.*\"$1\":\"\{0,1\}\([^\",]*\).*/\1/" $D/domains/lifedrv/report | tail -n 1; }
live() { [ "$(status state)" = live ]; }
life() { echo "$1" >/sys/kernel/debug/life/run; cat /sys/kernel/debug/life/run; }
result() { life "$1" | cut -d' ' -f1; }
clear() { echo >/sys/kernel/debug/life/clear; }

# contained "description" WHAT "pattern in the report": WHAT fails the driver, which comes back
contained() {
	local before
	before=$(status failures)
	clear
	check_equal "$1: the caller gets the failure value" "$(result "$2")" -5
	wait_for 10 live
	check_equal "$1: one failure" "$(($(status failures) - before))" 1
	report why >/tmp/why
	check "$1: the report says why" grep -q -- "$3" /tmp/why
	check_equal "$1: works again" "$(result lent)" 0
}

log_mark
check "nooks and the subsystem load" load life
echo 1000 >/sys/module/nooks/parameters/max_failures
echo 0 >/sys/module/nooks/parameters/backoff_ms
echo 300 >/sys/module/nooks/parameters/lock_ms
check "the helper loads" insmod /m/lifemate.ko
check "the driver loads, with parameters" insmod /m/lifedrv.ko text=hello numbers=7,8,9 own=5
check_equal "one domain" "$(grep -c '"state"' $D/status)" 1
check_equal "a call" "$(result runs)" 1
check_equal "a call into the helper" "$(result mate)" 42
check "the kept string is the kernel's copy" sh -c "echo lent >/sys/kernel/debug/life/run; grep -q 'name=lifedrv same' /sys/kernel/debug/life/run"
check_equal "string parameter" "$(cat $P/text)" hello
check_equal "the driver sees it" "$(life text | cut -d' ' -f2)" hello
check_equal "array parameter" "$(cat $P/numbers)" 7,8,9
check_equal "parameter with the driver's own operations" "$(cat $P/own)" 5
printf world >$P/text
check_equal "string parameter set later" "$(life text | cut -d' ' -f2)" world
result both >/tmp/both
check_equal "locks taken and released" "$(cat /tmp/both)" 0
check_equal "no failure so far" "$(status failures)" 0

contained "null" null "unmapped 0x8"
check_equal "a later call finds fresh data" "$(result data)" 42
check_equal "and again" "$(result data)" 43
contained "null again" null "unmapped 0x8"
check_equal "data is as before init" "$(result data)" 42
check_equal "the helper's, too" "$(result mate-sum)" 0
check_equal "a string set later is kept" "$(life text | cut -d' ' -f2)" world
contained "wild store in the helper" mate-wild "store to"
check_equal "things are acquired" "$(result things)" 0
contained "wrong release" put-wrong "thing 99 is not held"
check_equal "released newest first" "$(life lent | sed 's/.*released://')" " thing3 thing1 registration0"
check_equal "heap" "$(result heap)" 0
check_equal "memory is the driver's own to spoil" "$(result write-freed)" 0
contained "double free" double-free "freed already"
check_equal "heap is empty again" "$(status heap_allocations)" 0
contained "free of static data" free-wild "not memory of the driver"
contained "two locks held at a fault" locks "store to"
check "both were released" grep -q '"locks_released":\[{[^]]*spinlock[^]]*mutex' $D/domains/lifedrv/report
check_equal "and can be taken" "$(result both)" 0
contained "lock held on return" lock-left "returned with 1 lock held"
contained "RCU read side left open" rcu-left "returned with 1 lock held"
contained "lock taken twice" lock-twice "held by this thread"
contained "unlock of a free lock" unlock-free "not held"
contained "lock at a wild address" lock-wild "is no spinlock"
contained "lock never released" lock-stuck "deadlock"
contained "one byte past the lent ones" overrun "store to"
check "nothing was overrun" sh -c "! grep -q OVERRUN /sys/kernel/debug/life/run"
check "counts are as before" grep -q same /sys/kernel/debug/life/run

check_equal "a wild pointer where sysfs looks" "$(result text-wild)" 0
check_equal "is not followed" "$(cat $P/text)" world
check_equal "a wild count where sysfs looks" "$(result count-wild)" 0
check_equal "is not believed" "$(cat $P/numbers)" 7,8,9

echo sleep-long >/sys/kernel/debug/life/run &
pid=$!
usleep 300000
echo fail >$D/domains/lifedrv/control
check_equal "closed while a thread sleeps inside" "$(result lent)" -5
check "waits for it and recovers" wait_for 10 live
wait $pid
echo stop >$D/domains/lifedrv/control
check "stop" wait_for 10 sh -c "grep -q stopped $D/status"
check_equal "a stopped driver answers" "$(result lent)" -19
echo recover >$D/domains/lifedrv/control
check "recover" wait_for 10 live
check_equal "works" "$(result lent)" 0
echo 1 >/sys/kernel/debug/life/refuse
echo fail >$D/domains/lifedrv/control
check "a driver that does not start again is stopped" wait_for 10 sh -c "grep -q stopped $D/status"
check_equal "and says so" "$(report outcome)" "its initialisation returned -16"
echo 0 >/sys/kernel/debug/life/refuse
echo recover >$D/domains/lifedrv/control
check "it can be started later" wait_for 10 live
check "audit: nothing unexplained" grep -q '"ok":true' $D/domains/lifedrv/audit

# Failures at load and unload; the helper stays and shares the fate each time.
check "unload" rmmod lifedrv
check_fails "init fails" insmod /m/lifedrv.ko fail_init=1
check_fails "a fault in init" insmod /m/lifedrv.ko fail_init=2
wait_for 10 live
check_fails "init fails and leaves an object behind" insmod /m/lifedrv.ko fail_init=3
wait_for 10 live
check_fails "a fault in init after registering" insmod /m/lifedrv.ko fail_init=4
check "the helper's domain comes back" wait_for 10 live
check_equal "nothing is registered" "$(result lent)" -19
check "loads" insmod /m/lifedrv.ko fail_init=5
check_equal "works" "$(result mate)" 42
check "unloads in spite of a fault in exit" rmmod lifedrv
wait_for 10 live
check "unload both" rmmod lifemate
check_equal "no domain is left" "$(grep -c '"state"' $D/status)" 0

# No leak: the second round of as many failures, loads and unloads takes nothing more.
failed() { sed -n 's/.*"failures": \([0-9]*\).*/\1/p' $D/status | head -n 1; }
round() {
	local i
	insmod /m/lifemate.ko
	insmod /m/lifedrv.ko
	for i in $(seq 100); do
		result things >/dev/null
		result heap >/dev/null
		result locks >/dev/null
		wait_for 10 live
	done
	check "at least 100 failures, each recovered" test "$(failed)" -ge 100
	rmmod lifedrv
	rmmod lifemate
	for i in $(seq 20); do
		insmod /m/lifemate.ko
		insmod /m/lifedrv.ko
		rmmod lifedrv
		rmmod lifemate
	done
	sleep 1
}
used() { awk '/^(SUnreclaim|VmallocUsed|PageTables|Percpu):/ { n += $2 } END { print n }' /proc/meminfo; }
round
first=$(used)
round
second=$(used)
note "kernel memory: $first kB, then $second kB"
check "200 failures and 42 loads leak nothing" test $((second - first)) -lt 256
check "the kernel log is clean" log_clean
finish
