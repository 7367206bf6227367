"""The requirements that no test proves both ways, and why. Remove an id when a test for it exists."""

# The reason, a sentence for the page: the ids it holds for.
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "a virtual router uses one version; an upgrade is done router by router, and an advert of the other version is "
    "refused and reported, by the router and by every observer": (
        *(f"9568-8.4.2-{number}" for number in range(1, 8)),
        "5798-8.4.2-1",
    ),
    "keys are set in the configuration; there is no key exchange protocol": ("2338-5.3.6.3-5",),
    "authentication is set for each virtual router, as keepalived has it, not for a whole interface": ("2338-5.3.6-2",),
    "router advertisements are sent by a daemon such as radvd, which a notify script can start and stop": (
        "9568-6.4.2-3",
        "9568-6.4.3-4",
        "9568-8.2.3-1",
        "9568-8.2.3-2",
    ),
    "the kernel forwards and redirects: from the virtual MAC's device with `use_vmac`, and without it "
    "from the interface's own address": (
        "9568-8.1.1-1",
        "9568-8.1.1-2",
        "9568-8.2.1-1",
        "9568-8.2.1-2",
        "9568-8.2.2-3",
        "9568-8.2.2-4",
    ),
    "with `no_accept` packets to a virtual address are dropped in the input hook, which the missing answer shows; the "
    "kernel decides that it does not forward them": ("9568-8.3.1-1", "3768-8.4-1"),
    "vrrptui runs no proxy ARP; the kernel's own is the administrator's responsibility": ("9568-8.1.3-1",),
    "advice to the operator of the network, not a behaviour of the program: reach a router by an address of its own, "
    "protect the link with the functions of the switch, never reuse a password that is sent in clear, "
    "spread the priorities (priorities that are too close are found, see 9568-8.3.2-4)": (
        "9568-8.1.2-6",
        "9568-9-1",
        "2338-10-1",
        "5798-8.3.2-1",
    ),
    "this medium is no longer in use": ("3768-9.1-1", "3768-9.2-1", "3768-9.2-2", "5798-A-1"),
}
