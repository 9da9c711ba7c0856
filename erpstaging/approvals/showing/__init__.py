"""From the domain to the page: rows and objects become the presenters that templates read."""
