"""Any payload as a VRRP message: read without an exception, and consistent. Half of them get a right checksum."""

from __future__ import annotations

from ipaddress import ip_address

from tests.fuzz.fuzzing import instrumented, run

with instrumented():
    from vrrptui.protocol.advert import IPV4_GROUP, IPV6_GROUP, PROTOCOL_AH, PROTOCOL_VRRP, Packet
    from vrrptui.protocol.checksum import ones_complement, pseudo_header
    from vrrptui.protocol.codec import decode
    from vrrptui.segment.group import HeardFrame
    from vrrptui.segment.segment import Segment

SENDERS = (
    (ip_address("10.0.0.2"), IPV4_GROUP),
    (ip_address("10.0.0.2"), ip_address("10.0.0.3")),
    (ip_address("fe80::2"), IPV6_GROUP),
)
SEEDS = (
    bytes.fromhex("00 ff 31336401006474d80a0000fe"),
    bytes.fromhex("00 ff 2133640100017f250a0000fe0000000000000000"),
    bytes.fromhex("02 ff 3133640100640000fe800000000000000000000000000033"),
    bytes.fromhex("08 ff 7004000000000000 00000000000000000000000000000000 2133640102010000 0a0000fe 0000000000000000"),
    bytes.fromhex("00 ff 21010007000000000123456789abcdef00112233445566778899aabbccddeeff00112233445566"),
)


def one(data: bytes) -> None:
    if len(data) < 2:
        return
    source, destination = SENDERS[data[0] % 3]
    message = data[2:]
    if data[0] & 4 and len(message) >= 8:
        sum_over = pseudo_header(source, destination, len(message)) if message[0] >> 4 == 3 else b""
        blank = message[:6] + b"\0\0" + message[8:]
        message = blank[:6] + ones_complement(sum_over + blank).to_bytes(2, "big") + blank[8:]
    packet = Packet(
        source=source,
        destination=destination,
        ttl=data[1],
        protocol=PROTOCOL_AH if data[0] & 8 else PROTOCOL_VRRP,
        payload=message,
        length=len(message) + (data[0] >> 6),
        header=bytes(20) if data[0] & 8 else b"",
    )
    advert = decode(packet)
    if not advert.problems:
        assert None not in (advert.version, advert.vrid, advert.priority, advert.interval_ns, advert.checksum)
        assert advert.count == len(advert.addresses)
    if advert.vrid is not None:
        segment = Segment()
        segment.hear(0, HeardFrame(advert=advert, interface="eth0"))
        segment.tick(10**12)


if __name__ == "__main__":
    run("adverts", one, SEEDS)
