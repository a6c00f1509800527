"""What travels beside the pixels, one module a kind; ``model`` gathers them and lets them follow geometry."""
