# SPDX-License-Identifier: GPL-2.0
# An unmodified driver with pools of coherent memory: e100.ko, mii.ko in its domain.
# boot: --peer --link e100,mii --device i82557b,netdev=n0
# timeout: 300
. /lib/nooks/guest.sh

log_mark
check "nooks and e100 load" load e100
check_equal "the domain is live" "$(nooks_value e100 state)" live
dev=$(netdev_of e100)
check "it is bound to its device" test -n "$dev"
check "DHCP gives an address" dhcp "$dev"
check "ping reaches the host" ping -c 3 -W 5 10.0.2.2
check "a download of 5 MB arrives unchanged" download 5000000
check "an upload of 5 MB arrives unchanged" upload 5000000
check "audit passes" nooksctl audit e100
check_equal "no failure was recorded" "$(nooks_value e100 failures)" 0
check "it unloads" rmmod e100
check "the kernel log is clean" log_clean
finish
