# SPDX-License-Identifier: GPL-2.0
# The distribution's e1000.ko isolated: everything it imports is wrapped, it carries checked traffic
# both ways, nothing it may write is unexplained, it unloads and loads again without a trace.
# boot: --peer --link e1000 --device e1000,netdev=n0
# timeout: 400
. /lib/nooks/guest.sh

log_mark
check "nooks and the linked driver load" load e1000
check_equal "the domain is live" "$(nooks_value e1000 state)" live
# linking fails if a called import has no wrapper; the rest of its 154 imports are data and what the linker settles
check_equal "no call of an import goes past its wrapper" "$(linked_value e1000 direct)" 0
check "at least 100 functions are wrapped" test "$(linked_value e1000 wrapped)" -ge 100
dev=$(netdev_of e1000)
check "it is bound to its device" test -n "$dev"
check "DHCP gives an address" dhcp "$dev"
check "ping reaches the host" ping -c 3 -W 5 10.0.2.2
check "audit passes" nooksctl audit e1000
before=$(nooks_value e1000 downcalls)
check "a download of 20 MB arrives unchanged" download 20000000
check "an upload of 20 MB arrives unchanged" upload 20000000
after=$(nooks_value e1000 downcalls)
check "the traffic went through the domain's gates" test "$after" -gt "$((before + 1000))"
download 30000000 >/tmp/parallel 2>&1 &
pid=$!
check "audit passes under traffic" nooksctl audit e1000
wait $pid
check "which arrives unchanged" test "$(cut -d' ' -f1 /tmp/parallel)" = 30000000
check_equal "no failure was recorded" "$(nooks_value e1000 failures)" 0
for i in 1 2 3; do
	check "down and up again, round $i" sh -c ". /lib/nooks/guest.sh >/dev/null; ifconfig $dev down && dhcp $dev && ping -c 1 -W 5 10.0.2.2"
done
for i in 1 2 3; do
	check "it unloads, round $i" rmmod e1000
	check "it loads again, round $i" load e1000
	wait_for 10 netdev_of e1000
	dev=$(netdev_of e1000)
	check "and works, round $i" sh -c ". /lib/nooks/guest.sh >/dev/null; dhcp $dev && download 1000000"
done
check "it unloads" rmmod e1000
check "the kernel log is clean" log_clean
finish
