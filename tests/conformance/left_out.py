"""The requirements that no test proves both ways, and why: whoever builds what is missing takes its id away."""

# The reason, a sentence for the page: the ids it holds for.
LEFT_OUT: dict[str, tuple[str, ...]] = {
    "a virtual router speaks one version; an upgrade is made router by router, and an advert of the other version is "
    "refused and named, here and by every observer": (
        *(f"9568-8.4.2-{number}" for number in range(1, 8)),
        "5798-8.4.2-1",
    ),
    "keys are set by hand, in the configuration; there is no key protocol": ("2338-5.3.6.3-5",),
    "authentication is set for each virtual router, as keepalived has it, not for a whole interface": ("2338-5.3.6-2",),
    "router advertisements are the business of a daemon made for them, such as radvd, which a notify script can start "
    "and stop": ("9568-6.4.2-3", "9568-6.4.3-4", "9568-8.2.3-1", "9568-8.2.3-2"),
    "what a host forwards and redirects is the kernel's: from the virtual MAC's device with `use_vmac`, and without it "
    "from the interface's own address": (
        "9568-8.1.1-1",
        "9568-8.1.1-2",
        "9568-8.2.1-1",
        "9568-8.2.1-2",
        "9568-8.2.2-3",
        "9568-8.2.2-4",
    ),
    "with `no_accept` what is sent to a virtual address dies in the input hook, seen by its silence; that the kernel "
    "forwards it nowhere is the kernel's": ("9568-8.3.1-1", "3768-8.4-1"),
    "no proxy ARP is run here; what the kernel does with its own is the administrator's": ("9568-8.1.3-1",),
    "advice to whoever runs the network, not a behaviour of the program: reach a router by an address of its own, "
    "protect the link by what the switch offers, never reuse a password that is sent in clear, spread the priorities "
    "(priorities that are too close are found, see 9568-8.3.2-4)": (
        "9568-8.1.2-6",
        "9568-9-1",
        "2338-10-1",
        "5798-8.3.2-1",
    ),
    "there is no such medium any more": ("3768-9.1-1", "3768-9.2-1", "3768-9.2-2", "5798-A-1"),
}
