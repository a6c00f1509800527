"""One module a format, beside the registry of what each can hold; ``images.tiff`` has the parts of a TIFF."""
