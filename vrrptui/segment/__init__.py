"""What is heard on a segment: groups, masters, what is wrong. Pure: time is an argument, protocol the only import."""
