"""What compiled code needs around it: a cache on the disk, threads, a quick start."""
