# SPDX-License-Identifier: GPL-2.0
# An unmodified driver without DMA: ne2k-pci.ko, nearly all of it in its helper 8390.ko.
# boot: --peer --link ne2k-pci,8390 --device ne2k_pci,netdev=n0
# timeout: 300
. /lib/nooks/guest.sh

log_mark
check "nooks and ne2k-pci load" load ne2k-pci
check_equal "the domain is live" "$(nooks_value ne2k_pci state)" live
dev=$(netdev_of ne2k-pci)
check "it is bound to its device" test -n "$dev"
check "DHCP gives an address" dhcp "$dev"
check "ping reaches the host" ping -c 3 -W 5 10.0.2.2
check "a download of 5 MB arrives unchanged" download 5000000
check "an upload of 5 MB arrives unchanged" upload 5000000
check "audit passes" nooksctl audit ne2k_pci
check_equal "no failure was recorded" "$(nooks_value ne2k_pci failures)" 0
check "it unloads" rmmod ne2k-pci
check "the kernel log is clean" log_clean
finish
