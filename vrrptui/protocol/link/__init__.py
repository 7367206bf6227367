"""Below IP: the numbers in link headers, and the bytes of capture files. Imports nothing of ours."""
