"""Where in a picture digits stand: a network proposes places, their ink is cut out there, both networks judge it."""
