# SPDX-License-Identifier: GPL-2.0
# An unmodified driver of managed resources (devm_*, pcim_*): tulip.ko.
# boot: --peer --link tulip --device tulip,netdev=n0
# timeout: 300
. /lib/nooks/guest.sh

log_mark
check "nooks and tulip load" load tulip
check_equal "the domain is live" "$(nooks_value tulip state)" live
dev=$(netdev_of tulip)
check "it is bound to its device" test -n "$dev"
check "DHCP gives an address" dhcp "$dev"
check "ping reaches the host" ping -c 3 -W 5 10.0.2.2
check "a download of 5 MB arrives unchanged" download 5000000
check "an upload of 5 MB arrives unchanged" upload 5000000
check "audit passes" nooksctl audit tulip
check_equal "no failure was recorded" "$(nooks_value tulip failures)" 0
check "it unloads" rmmod tulip
check "the kernel log is clean" log_clean
finish
