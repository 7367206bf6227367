"""Frames, live or from a file: pcap and pcapng, link layers, BPF, a cache of decoded frames.

`pcap` reads files, `frame_cache` decodes, `other_protocols` reads ARP, NDP, IGMP, MLD and HSRP. Imports nothing else of
the engine.
"""
