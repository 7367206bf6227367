"""The lab's network: a bridge, and a veth pair from it to each host's namespace."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pyroute2 import IPRoute

from vrrptui.lab.namespaces import inside, new_network

BRIDGE = "switch"
PREFIX_LENGTH = 24


@dataclass(frozen=True, slots=True)
class Host:
    """A host with one interface, eth0, connected to the bridge."""

    name: str
    address: str
    namespace: int  # file descriptor

    @property
    def port(self) -> str:
        """The name of the interface at the bridge's end of the veth pair."""
        return f"to-{self.name}"


class Network:
    """The hosts connected to one bridge, which is in the namespace in which this object was created."""

    def __init__(self, addresses: dict[str, str]) -> None:
        self._switch = IPRoute()
        self._up("lo")
        self._switch.link("add", ifname=BRIDGE, kind="bridge", br_mcast_snooping=0)
        self._up(BRIDGE)
        self.hosts = {name: self._attach(name, address) for name, address in addresses.items()}

    def _attach(self, name: str, address: str) -> Host:
        host = Host(name, address, new_network())
        self._switch.link("add", ifname=host.port, kind="veth", peer={"ifname": "eth0", "net_ns_fd": host.namespace})
        self._switch.link("set", index=self.index(host.port), master=self.index(BRIDGE), state="up")
        with inside(host.namespace), IPRoute() as router:
            eth0 = router.link_lookup(ifname="eth0")[0]
            router.addr("add", index=eth0, address=address, prefixlen=PREFIX_LENGTH)
            router.link("set", index=eth0, state="up")
            router.link("set", index=router.link_lookup(ifname="lo")[0], state="up")
        return host

    def plug(self, name: str, plugged: bool) -> None:
        """Connect or disconnect a host."""
        index = self.index(self.hosts[name].port)
        self._switch.link("set", index=index, state="up" if plugged else "down")

    def close(self) -> None:
        """Close the descriptors; the kernel removes the network when no process is left in it."""
        self._switch.close()
        for host in self.hosts.values():
            os.close(host.namespace)

    def index(self, name: str) -> int:
        """Return the index of a port, or of the bridge."""
        return int(self._switch.link_lookup(ifname=name)[0])

    def _up(self, name: str) -> None:
        self._switch.link("set", index=self.index(name), state="up")
