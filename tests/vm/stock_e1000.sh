# SPDX-License-Identifier: GPL-2.0
# The distribution's own e1000.ko, not isolated, on a kernel without nooks: what the isolated
# driver is compared with, and a check that guest, device, user network and peer are in order.
# boot: --native --peer --module e1000 --device e1000,netdev=n0
# timeout: 120
. /lib/nooks/guest.sh

check "e1000.ko loads" load e1000
dev=$(netdev_of e1000)
check "it is bound to its device" test -n "$dev"
check "DHCP gives an address" dhcp "$dev"
check "ping reaches the host" ping -c 3 -W 5 10.0.2.2
check "a download of 20 MB arrives unchanged" download 20000000
check "an upload of 20 MB arrives unchanged" upload 20000000
check "a small upload arrives unchanged" upload 1
check "it unloads" rmmod e1000
check_fails "without it nothing is reached" download 1000
check "the kernel log is clean" log_clean
finish
