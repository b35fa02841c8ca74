"""Where in a picture digits may stand: candidates, and the door to whatever finds them."""
