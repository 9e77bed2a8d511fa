# SPDX-License-Identifier: GPL-2.0
# An unmodified driver with I/O ports and descriptor rings: pcnet32.ko, mii.ko in its domain.
# boot: --peer --link pcnet32,mii --device pcnet,netdev=n0
# timeout: 300
. /lib/nooks/guest.sh

log_mark
check "nooks and pcnet32 load" load pcnet32
check_equal "the domain is live" "$(nooks_value pcnet32 state)" live
dev=$(netdev_of pcnet32)
check "it is bound to its device" test -n "$dev"
check "DHCP gives an address" dhcp "$dev"
check "ping reaches the host" ping -c 3 -W 5 10.0.2.2
check "a download of 5 MB arrives unchanged" download 5000000
check "an upload of 5 MB arrives unchanged" upload 5000000
check "audit passes" nooksctl audit pcnet32
check_equal "no failure was recorded" "$(nooks_value pcnet32 failures)" 0
check "it unloads" rmmod pcnet32
check "the kernel log is clean" log_clean
finish
