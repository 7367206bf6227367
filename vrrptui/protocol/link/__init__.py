"""Link layer: the numbers in link headers, and the bytes of capture files. Imports no other part of vrrptui."""
