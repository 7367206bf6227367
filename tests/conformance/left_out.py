"""The requirements that no test proves, and why: whoever builds what is missing takes its row away."""

LEFT_OUT: dict[str, tuple[str, ...]] = {}
