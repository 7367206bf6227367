"""What frames are and say, live or from a file: pcap and pcapng, link layers, BPF, equal frames decoded once.

`pcap` reads files, `frame_cache` decodes, `other_protocols` reads ARP, NDP, IGMP, MLD and HSRP.
Imports nothing else of the engine.
"""
