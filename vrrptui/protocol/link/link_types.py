"""The link types of the pcap format and the numbers in link headers, such as ethertypes."""

from __future__ import annotations

ETHERNET = 1
RAW_IP = 101  # no link header
RAW_IP_NUMBERS = (12, 14, RAW_IP, 228, 229)  # two obsolete numbers, any family, IPv4, IPv6
FRAME_RELAY = 107
LINUX_COOKED = 113  # LINUX_SLL, from tcpdump -i any
LINUX_COOKED_2 = 276
NLPID_IPV4, NLPID_IPV6 = 0xCC, 0x8E  # in a frame of Frame Relay (RFC 2427 §3)
UNNUMBERED_INFORMATION = 0x03  # the control byte before the NLPID
MAX_Q922_BYTES = 4  # maximum length of a Frame Relay address, whose last byte is odd

ETHERNET_HEADER_BYTES = 14
ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_IPV6 = 0x86DD
ETHERTYPES_VLAN = (0x8100, 0x88A8, 0x9100)
VLAN_ID_MASK = 0x0FFF
