# SPDX-License-Identifier: GPL-2.0
# A second unmodified driver behind the same wrappers: 8139cp.ko with its helper mii.ko in one domain.
# boot: --peer --link 8139cp,mii --device rtl8139,netdev=n0
# timeout: 300
. /lib/nooks/guest.sh

log_mark
check "nooks, mii and 8139cp load" load 8139cp
check_equal "the domain is live" "$(nooks_value 8139cp state)" live
dev=$(netdev_of 8139cp)
check "it is bound to its device" test -n "$dev"
check "DHCP gives an address" dhcp "$dev"
check "ping reaches the host" ping -c 3 -W 5 10.0.2.2
check "a download of 10 MB arrives unchanged" download 10000000
check "an upload of 10 MB arrives unchanged" upload 10000000
check "audit passes" nooksctl audit 8139cp
check_equal "no failure was recorded" "$(nooks_value 8139cp failures)" 0
check "it unloads" rmmod 8139cp
check "the kernel log is clean" log_clean
finish
