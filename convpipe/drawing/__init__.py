"""The graph of stages as a picture: SVG in HTML, for a report's page and for notebooks."""
