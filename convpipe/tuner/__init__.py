"""A local page on which a config is tuned: a session over its text, pictures of its stages, and a server."""
