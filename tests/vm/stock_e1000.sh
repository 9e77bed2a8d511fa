# SPDX-License-Identifier: GPL-2.0
# The distribution's own e1000.ko, not isolated, on a kernel without nooks: what the isolated
# driver is compared with, and a check that guest, device and user network are in order.
# boot: --native --module e1000 --device e1000,netdev=n0
# timeout: 120
. /lib/nooks/guest.sh

check "e1000.ko loads" load e1000
dev=$(netdev_of e1000)
check "it is bound to its device" test -n "$dev"
check "DHCP gives an address" dhcp "$dev"
check "ping reaches the host" ping -c 3 -W 5 10.0.2.2
check "it unloads" rmmod e1000
check "the kernel log is clean" log_clean
finish
