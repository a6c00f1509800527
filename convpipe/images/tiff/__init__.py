"""What a TIFF is made of: directories, pages, planes, strips and tiles, samples, tags."""
